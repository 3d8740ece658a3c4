"""Kubernetes: what its controllers and drivers make in AWS, and their tags, with the source of each."""

from __future__ import annotations

from functions.core.ownership.rule import INSTANCE, LOAD_BALANCER, SNAPSHOT, TARGET_GROUP, VOLUME, WHOLE, Part, Rule

_CONTROLLERS = {
    "service.k8s.aws": "Service",
    "ingress.k8s.aws": "Ingress",
    "gateway.k8s.aws.alb": "Gateway",
    "gateway.k8s.aws.nlb": "Gateway",
}
"""What the AWS Load Balancer Controller puts before its tags, by the kind of object that it makes something for.

https://github.com/kubernetes-sigs/aws-load-balancer-controller (pkg/deploy/tracking/provider.go)
"""
DATA_IS_GONE = "None where the claim's reclaim policy is Delete: the data goes with it. Take a snapshot first."


def _namespaced(value: str) -> bool:
    return value.count("/") == 1


def _made_for(key: str, kind: str) -> Rule:
    """A load balancer that a controller made for an object of Kubernetes, whose tag says "namespace/name"."""
    return Rule(
        key,
        f"Kubernetes ({kind} {{namespace}}/{{name}})",
        (f"kubectl -n {{namespace}} delete {kind.lower()} {{name}}",),
        parts={"namespace": Part(index=0), "name": Part(index=1)},
        only=_namespaced,
        on=LOAD_BALANCER,
        undo=f"None: create another {kind}. The DNS name of its load balancer will be different.",
        advice=f"delete the {kind}, not what was made for it: the controller makes it again.",
    )


OBJECTS: tuple[Rule, ...] = (
    # https://github.com/vmware-tanzu/velero-plugin-for-aws
    Rule(
        "velero.io/backup",
        "Velero (backup {backup})",
        ("velero backup delete {backup}",),
        parts={"backup": WHOLE},
        on=SNAPSHOT,
        undo="None: a deleted backup is gone.",
        advice="delete the backup, not its snapshot: by hand the backup is broken.",
    ),
    # https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/tagging.md
    Rule(
        "CSIVolumeSnapshotName",
        "Kubernetes (volume snapshot {content})",
        (
            (
                "kubectl get volumesnapshotcontents -o custom-columns=HANDLE:.status.snapshotHandle,"
                "NAMESPACE:.spec.volumeSnapshotRef.namespace,SNAPSHOT:.spec.volumeSnapshotRef.name | grep -e {id}"
            ),
            "kubectl -n NAMESPACE delete volumesnapshot SNAPSHOT",
        ),
        parts={"content": WHOLE},
        on=SNAPSHOT,
        undo="None: a deleted snapshot is gone.",
        advice="delete the VolumeSnapshot, not what was made for it: by hand nothing can be restored from it.",
    ),
    Rule(
        "kubernetes.io/created-for/pvc/name",
        "Kubernetes (claim {namespace}/{claim})",
        ("kubectl -n {namespace} delete pvc {claim}",),
        parts={"claim": WHOLE, "namespace": Part("kubernetes.io/created-for/pvc/namespace")},
        on=VOLUME,
        undo=DATA_IS_GONE,
        advice="delete the claim, not the volume. Only a volume whose claim and PersistentVolume are gone may be deleted by hand.",
    ),
    *(
        Rule(
            key,
            "Kubernetes (persistent volume {volume})",
            ("kubectl get pv {volume}", "kubectl -n NAMESPACE delete pvc CLAIM"),
            parts={"volume": WHOLE},
            on=VOLUME,
            undo=DATA_IS_GONE,
            advice="delete its claim, not the volume. Only a volume whose claim and PersistentVolume are gone may be deleted by hand.",
        )
        for key in ("kubernetes.io/created-for/pv/name", "CSIVolumeName")
    ),
    *(
        Rule(
            f"{controller}/resource",
            "Kubernetes (target group of {resource})",
            ("kubectl get targetgroupbindings -A -o yaml | grep -n -e {arn}", "kubectl -n NAMESPACE delete targetgroupbinding BINDING"),
            parts={"resource": WHOLE},
            only=lambda value: value != "LoadBalancer",
            on=TARGET_GROUP,
        )
        for controller in _CONTROLLERS
    ),
    *(_made_for(f"{controller}/stack", kind) for controller, kind in _CONTROLLERS.items()),
    # https://github.com/kubernetes/cloud-provider-aws/blob/master/pkg/providers/v1/aws_loadbalancer.go
    _made_for("kubernetes.io/service-name", "Service"),
    Rule(
        "ingress.k8s.aws/stack",
        "Kubernetes (Ingress group {group})",
        ("kubectl get ingresses -A -o yaml | grep -n -e {group}", "kubectl -n NAMESPACE delete ingress NAME"),
        parts={"group": WHOLE},
        on=LOAD_BALANCER,
    ),
    Rule(
        "elbv2.k8s.aws/cluster",
        "Kubernetes (load balancer controller of cluster {cluster})",
        ("kubectl get services,ingresses -A", "kubectl -n NAMESPACE delete ingress NAME"),
        parts={"cluster": WHOLE},
        on=LOAD_BALANCER,
    ),
    Rule(
        "ebs.csi.aws.com/cluster",
        "Kubernetes (EBS CSI driver)",
        ("kubectl get pv,volumesnapshotcontents -o yaml | grep -n -e {id}",),
        on=(*VOLUME, *SNAPSHOT),
    ),
    # https://karpenter.sh/docs/concepts/nodepools/ and, for what it was before, https://karpenter.sh/v0.31/concepts/provisioners/
    *(
        Rule(
            f"karpenter.sh/{tag}",
            f"Karpenter ({kind} {{pool}})",
            (f"kubectl edit {kind} {{pool}}",),
            (f"kubectl edit {kind} {{pool}}",),
            {"pool": WHOLE},
            on=INSTANCE,
            advice=f"change the {kind}: it replaces a node that is stopped, and chooses the types.",
        )
        for tag, kind in (("nodepool", "nodepool"), ("provisioner-name", "provisioner"))
    ),
)

CLUSTER: tuple[Rule, ...] = (
    # "shared" would mean that the cluster only uses it. https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    Rule(
        "kubernetes.io/cluster/*",
        "Kubernetes (cluster {name})",
        ("kubectl get nodes,pv,services -A -o yaml | grep -n -e {id}",),
        only=lambda value: value == "owned",
        named_by_key=True,
    ),
    # https://cluster-api-aws.sigs.k8s.io/topics/bring-your-own-aws-infrastructure
    Rule(
        "sigs.k8s.io/cluster-api-provider-aws/cluster/*",
        "Kubernetes (cluster {name}, by Cluster API)",
        ("kubectl get machines -A -o yaml | grep -n -e {id}",),
        only=lambda value: value == "owned",
        named_by_key=True,
    ),
)
"""What says only of which cluster it is: whoever is nearer comes first."""
