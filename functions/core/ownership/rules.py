"""Who manages resources of AWS: their tags and principals, the nearest manager first, with the source of each. `managers` reads them."""

from __future__ import annotations

from functions.core.ownership import kubernetes
from functions.core.ownership.rule import INSTANCE, LOAD_BALANCER, VOLUME, WHOLE, Part, Rule

BY_ITSELF = "it deletes it when its retention ends."

# AWS Backup refuses to have its recovery points deleted through EC2; Data Lifecycle Manager deletes its own.
# https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html
# https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-ami-policy.html
_BACKUP = Rule(
    "aws:backup:*",
    "AWS Backup",
    ("aws backup delete-recovery-point --region {region} --backup-vault-name VAULT --recovery-point-arn {arn}",),
    advice=BY_ITSELF,
    expires=True,
)
_LIFECYCLE, _LIFECYCLE_TOO = (
    Rule(key, "Data Lifecycle Manager", ("aws dlm get-lifecycle-policies --region {region}",), advice=BY_ITSELF, expires=True)
    for key in ("aws:dlm:*", "dlm:managed")
)


def _replication(key: str, who: str, cli: str, disconnect: str) -> Rule:
    """Servers, volumes and snapshots of a staging area.

    https://docs.aws.amazon.com/drs/latest/userguide/replication-server-settings.html
    """
    server = "--region {region} --source-server-id SERVER"
    return Rule(
        key,
        who,
        (f"aws {cli} describe-source-servers --region {{region}}", f"aws {cli} {disconnect} {server}"),
        (f"aws {cli} update-replication-configuration {server} --replication-server-instance-type TYPE",),
        undo="Set the old type again. A source server that was disconnected has to be replicated anew.",
        advice="what it replicates with comes and goes with its source servers.",
        expires=True,
    )


RULES: tuple[Rule, ...] = (
    _BACKUP,
    _LIFECYCLE,
    _LIFECYCLE_TOO,
    _replication("AWSElasticDisasterRecoveryManaged", "AWS Elastic Disaster Recovery", "drs", "disconnect-source-server"),
    _replication("AWSApplicationMigrationServiceManaged", "AWS Application Migration Service", "mgn", "disconnect-from-service"),
    *kubernetes.OBJECTS,
    # https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
    Rule(
        "eks:nodegroup-name",
        "Amazon EKS (managed node group {group})",
        (
            (
                "aws eks update-nodegroup-config --region {region} --cluster-name {cluster} --nodegroup-name {group}"
                " --scaling-config desiredSize=COUNT"
            ),
        ),
        ("aws eks describe-nodegroup --region {region} --cluster-name {cluster} --nodegroup-name {group}",),
        {"group": WHOLE, "cluster": Part("eks:cluster-name")},
        on=INSTANCE,
        advice="change the size of the node group; its types stay, so another type needs another node group in its place.",
    ),
    # https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/applications-tagging-resources.html
    Rule(
        "elasticbeanstalk:environment-name",
        "AWS Elastic Beanstalk (environment {environment})",
        (
            "aws elasticbeanstalk describe-environment-resources --region {region} --environment-name {environment}",
            "aws elasticbeanstalk terminate-environment --region {region} --environment-name {environment}",
        ),
        (
            (
                "aws elasticbeanstalk update-environment --region {region} --environment-name {environment}"
                " --option-settings Namespace=aws:ec2:instances,OptionName=InstanceTypes,Value=TYPE"
            ),
        ),
        {"environment": WHOLE},
        on=INSTANCE + LOAD_BALANCER,
        undo="Rebuild the environment with aws elasticbeanstalk rebuild-environment, or set the old type again.",
    ),
    # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-tags.html
    Rule(
        "aws:elasticmapreduce:job-flow-id",
        "Amazon EMR (cluster {cluster})",
        (
            "aws emr describe-cluster --region {region} --cluster-id {cluster}",
            (
                "aws emr modify-instance-groups --region {region} --cluster-id {cluster}"
                " --instance-groups InstanceGroupId=GROUP,InstanceCount=COUNT"
            ),
        ),
        ("aws emr describe-cluster --region {region} --cluster-id {cluster}",),
        {"cluster": WHOLE},
        on=INSTANCE,
        advice="change the size of its instance groups; their types stay, so the next cluster gets another type.",
    ),
    # https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
    Rule(
        "AWSBatchServiceTag",
        "AWS Batch",
        (
            "aws batch describe-compute-environments --region {region}",
            "aws batch update-compute-environment --region {region} --compute-environment NAME --compute-resources minvCpus=0",
        ),
        ("aws batch update-compute-environment --region {region} --compute-environment NAME --compute-resources instanceTypes=TYPE",),
        on=INSTANCE,
    ),
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
    Rule(
        "aws:autoscaling:groupName",
        "Auto Scaling group {group}",
        (
            (
                "aws autoscaling terminate-instance-in-auto-scaling-group --region {region} --instance-id {id}"
                " --should-decrement-desired-capacity"
            ),
        ),
        (
            "aws autoscaling describe-auto-scaling-groups --region {region} --auto-scaling-group-names {group}",
            (
                "aws ec2 create-launch-template-version --region {region} --launch-template-id TEMPLATE --source-version VERSION"
                " --launch-template-data InstanceType=TYPE"
            ),
            "aws autoscaling start-instance-refresh --region {region} --auto-scaling-group-name {group}",
        ),
        {"group": WHOLE},
        on=INSTANCE,
        undo="Raise the desired capacity, or set the old version of the launch template. What was on a terminated instance is gone.",
        advice="change the launch template of the group, or its size, not the instance; a stopped one may wait in its warm pool.",
    ),
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EBSTagSpecification.html
    *(
        Rule(
            key,
            "Amazon ECS",
            (
                "aws ecs list-clusters --region {region}",
                "aws ecs update-service --region {region} --cluster CLUSTER --service SERVICE --desired-count COUNT",
            ),
            on=INSTANCE + VOLUME,
        )
        for key in ("aws:ecs:clusterName", "AmazonECSManaged", "AmazonECSCreated")
    ),
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-spot-fleets.html
    Rule(
        "aws:ec2spot:fleet-request-id",
        "Spot Fleet {fleet}",
        ("aws ec2 modify-spot-fleet-request --region {region} --spot-fleet-request-id {fleet} --target-capacity COUNT",),
        ("aws ec2 describe-spot-fleet-requests --region {region} --spot-fleet-request-ids {fleet}",),
        {"fleet": WHOLE},
        on=INSTANCE,
        advice="it replaces what is stopped: change its target capacity; its types stay, so other types need another request.",
    ),
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-ec2-fleet.html
    Rule(
        "aws:ec2:fleet-id",
        "EC2 Fleet {fleet}",
        (
            "aws ec2 describe-fleets --region {region} --fleet-ids {fleet}",
            "aws ec2 modify-fleet --region {region} --fleet-id {fleet} --target-capacity-specification TotalTargetCapacity=COUNT",
        ),
        ("aws ec2 describe-fleets --region {region} --fleet-ids {fleet}",),
        {"fleet": WHOLE},
        on=INSTANCE,
        advice="one that maintains its capacity replaces what is stopped: change its target capacity or its launch templates.",
    ),
    # https://docs.aws.amazon.com/cloud9/latest/user-guide/move-environment.html: its instance may be changed by hand.
    Rule(
        "aws:cloud9:environment",
        "AWS Cloud9 (environment {environment})",
        ("aws cloud9 delete-environment --region {region} --environment-id {environment}",),
        parts={"environment": WHOLE},
        on=INSTANCE,
        undo="None: the environment's files go with it.",
        advice="it stops its instance when nobody works there; an environment that nobody needs is deleted there.",
    ),
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Integrating.AutoScaling.html
    Rule(
        "application-autoscaling:resourceId",
        "Aurora Auto Scaling ({cluster})",
        (
            (
                "aws application-autoscaling register-scalable-target --region {region} --service-namespace rds --resource-id {cluster}"
                " --scalable-dimension rds:cluster:ReadReplicaCount --min-capacity COUNT --max-capacity COUNT"
            ),
        ),
        parts={"cluster": WHOLE},
        on=("db:",),
        advice="it adds and removes readers as the cluster's policy says.",
    ),
    *kubernetes.CLUSTER,
    # https://docs.aws.amazon.com/servicecatalog/latest/adminguide/autotags.html
    Rule(
        "aws:servicecatalog:provisionedProductArn",
        "AWS Service Catalog (product {product})",
        parts={"product": Part(index=-1)},
        advice="change it there for good.",
        beside=True,
    ),
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
    Rule(
        "aws:cloudformation:stack-name",
        "CloudFormation (stack {stack})",
        parts={"stack": WHOLE},
        advice="change its template for good; what is done by hand is drift.",
        beside=True,
    ),
)

OPERATORS: dict[str, Rule] = {
    "backup.amazonaws.com": _BACKUP,
    "dlm.amazonaws.com": _LIFECYCLE,
    "eks.amazonaws.com": Rule(
        "",
        "Amazon EKS (Auto Mode)",
        ("kubectl edit nodepool {pool}",),
        ("kubectl edit nodepool {pool}",),
        {"pool": Part("karpenter.sh/nodepool")},
        advice="AWS lets nobody else change it: change the node pool.",
    ),
    "ecs.amazonaws.com": Rule(
        "",
        "Amazon ECS (Managed Instances)",
        ("aws ecs describe-capacity-providers --region {region}",),
        ("aws ecs describe-capacity-providers --region {region}",),
        advice="AWS lets nobody else change it: change its capacity provider, or what runs there.",
    ),
    "lambda.amazonaws.com": Rule(
        "",
        "AWS Lambda (Managed Instances)",
        ("aws lambda list-capacity-providers --region {region}",),
        ("aws lambda list-capacity-providers --region {region}",),
        advice="AWS lets nobody else change it: change its capacity provider.",
    ),
    "": Rule("", "{principal}", (), (), {"principal": WHOLE}, advice="AWS lets nobody else change it: change it there."),
}
"""By the principal in `Operator` of AWS's reply; "" for any other.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-managed-instances.html
"""
