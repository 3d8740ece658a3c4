"""What AWS itself recommends: what is found here too, what AWS alone says, and what is no finding or counts nothing.

What AWS alone says is about resources of services that are not scanned: nothing has to be made for it but the recommendation.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from finops.fleet.recipes.ebs import volume
from finops.fleet.register import recipe
from finops.fleet.rules import DAY, Moment, always, older_than
from finops.fleet.scope import Scope

RECOMMENDATION = "cost-optimization-hub:recommendation"
CHECK = "cost-optimization-hub-"
REFRESHED = timedelta(hours=20)
"""So long before the fleet's own moment AWS looked last, where nothing else is said."""
FRESH_DAYS = 7
ELSEWHERE = "eu-central-1"
"""A region that the sample fleet is not in."""


def while_fresh(moment: Moment) -> bool:
    """Found until AWS's last look is too old; for a sweep of before it, it is yet to come."""
    return moment.as_of - (moment.measured_until - REFRESHED) <= FRESH_DAYS * DAY


def recommend(scope: Scope, arn: str, action: str, kind: str, dice: Random, usd: float = 0, **other: Any) -> None:
    """A recommendation for a resource, as AWS lists it. `other`: members that are otherwise."""
    monthly = usd or round(dice.uniform(4, 60), 2)
    item = {
        "recommendationId": f"rec-{arn}",
        "accountId": scope.account,
        "region": scope.region,
        "resourceId": arn,
        "resourceArn": arn,
        "currentResourceType": kind,
        "recommendedResourceType": kind,
        "estimatedMonthlySavings": monthly,
        "estimatedSavingsPercentage": 50.0,
        "estimatedMonthlyCost": 2 * monthly,
        "currencyCode": "USD",
        "implementationEffort": "Low",
        "restartNeeded": False,
        "actionType": action,
        "rollbackPossible": True,
        "lastRefreshTimestamp": (scope.as_of - REFRESHED).timestamp(),
        "recommendationLookbackPeriodInDays": 14,
        "source": "ComputeOptimizer",
        "tags": [{"key": "team", "value": "data"}],
        **other,
    }
    pricing = {"estimatedCostBeforeDiscounts": 2.5 * monthly, "estimatedCostAfterDiscounts": 2 * monthly}
    details = {f"{kind[0].lower()}{kind[1:]}": {"costCalculation": {"pricing": pricing}}}
    scope.recommended.append((item, {"currentResourceDetails": details, "costCalculationLookbackPeriodInDays": 14}))


def alone(scope: Scope, name: str, dice: Random, action: str, kind: str, resource: str, near: str, **other: Any) -> str:
    """A recommendation that AWS alone has; its resource's ARN. Another action of AWS's (`near`) is not found of it."""
    service, _, what = resource.partition(":")
    arn = scope.arn(service, f"{what}{name}")
    recommend(scope, arn, action, kind, dice, **other)
    scope.book.count(RECOMMENDATION)
    scope.book.near_miss(arn, CHECK + near)
    return arn


@recipe({volume.VOLUME: 1, RECOMMENDATION: 1}, weight=2)
def aws_finds_volume_too(scope: Scope, name: str, dice: Random) -> None:
    """Attached to nothing, here and for AWS: two findings, one saving."""
    arn = volume.arn(scope, volume.create(scope, "gp3", 500, name, dice))
    recommend(scope, arn, "Delete", "EbsVolume", dice, usd=33.0)
    scope.book.count(RECOMMENDATION)
    scope.book.plant(arn, "ebs-unattached-volume", older_than(7))
    scope.book.plant(arn, f"{CHECK}delete", while_fresh)
    scope.book.near_miss(arn, f"{CHECK}rightsize")


@recipe({volume.VOLUME: 1, RECOMMENDATION: 1})
def aws_finds_volume_otherwise(scope: Scope, name: str, dice: Random) -> None:
    """An old kind that nobody uses: here it is to be deleted or changed, for AWS to be smaller. Only the largest counts."""
    arn = volume.arn(scope, volume.create(scope, "gp2", 200, name, dice))
    recommend(scope, arn, "Rightsize", "EbsVolume", dice, usd=3.0)
    scope.book.count(RECOMMENDATION)
    scope.book.plant(arn, "ebs-unattached-volume", older_than(7))
    scope.book.plant(arn, "ebs-gp2-to-gp3", always)
    scope.book.plant(arn, f"{CHECK}rightsize", while_fresh)
    scope.book.near_miss(arn, f"{CHECK}delete")


@recipe({RECOMMENDATION: 1}, weight=1)
def aws_alone_deletes(scope: Scope, name: str, dice: Random) -> None:
    """An idle endpoint of a model."""
    arn = alone(scope, name, dice, "Delete", "SageMakerEndpoint", "sagemaker:endpoint/", "stop")
    scope.book.plant(arn, f"{CHECK}delete", while_fresh)


@recipe({RECOMMENDATION: 1}, weight=1)
def aws_alone_stops(scope: Scope, name: str, dice: Random) -> None:
    """An idle desktop; AWS calls the effort by a word that it may add."""
    arn = alone(scope, name, dice, "Stop", "WorkSpaces", "workspaces:workspace/ws-", "delete", implementationEffort="VeryHigh")
    scope.book.plant(arn, f"{CHECK}stop", while_fresh)


@recipe({RECOMMENDATION: 1}, weight=1)
def aws_alone_rightsizes(scope: Scope, name: str, dice: Random) -> None:
    """A service of containers that is too large."""
    arn = alone(scope, name, dice, "Rightsize", "EcsService", "ecs:service/sample/", "upgrade")
    scope.book.plant(arn, f"{CHECK}rightsize", while_fresh)


@recipe({RECOMMENDATION: 1}, weight=1)
def aws_alone_upgrades(scope: Scope, name: str, dice: Random) -> None:
    """A cluster of an old kind."""
    arn = alone(scope, name, dice, "Upgrade", "ElastiCacheCluster", "elasticache:cluster:", "scale-in")
    scope.book.plant(arn, f"{CHECK}upgrade", while_fresh)


@recipe({RECOMMENDATION: 1}, weight=1)
def aws_alone_moves_to_graviton(scope: Scope, name: str, dice: Random) -> None:
    """A cluster that Graviton would serve."""
    arn = alone(scope, name, dice, "MigrateToGraviton", "MemoryDBCluster", "memorydb:cluster/", "other")
    scope.book.plant(arn, f"{CHECK}migrate-to-graviton", while_fresh)


@recipe({RECOMMENDATION: 1}, weight=1)
def aws_alone_scales_in(scope: Scope, name: str, dice: Random) -> None:
    """A group with more instances than it needs."""
    group = "autoscaling:autoScalingGroup:0:autoScalingGroupName/"
    arn = alone(scope, name, dice, "ScaleIn", "Ec2AutoScalingGroup", group, "migrate-to-graviton")
    scope.book.plant(arn, f"{CHECK}scale-in", while_fresh)


@recipe({RECOMMENDATION: 1})
def aws_alone_has_new_action(scope: Scope, name: str, dice: Random) -> None:
    """An action, and a kind of resource, that are newer than this."""
    arn = alone(scope, name, dice, "Hibernate", "QuantumComputer", "braket:computer/", "stop")
    scope.book.plant(arn, f"{CHECK}other", while_fresh)


@recipe({RECOMMENDATION: 1})
def aws_alone_in_other_money(scope: Scope, name: str, dice: Random) -> None:
    """Not in US dollars: found, and not counted."""
    arn = alone(scope, name, dice, "Delete", "NatGateway", "ec2:natgateway/nat-", "stop", currencyCode="EUR")
    scope.book.plant(arn, f"{CHECK}delete", while_fresh)


@recipe({RECOMMENDATION: 1})
def aws_looked_long_ago(scope: Scope, name: str, dice: Random) -> None:
    """Before the fleet was made: there, and not judged."""
    looked = (scope.as_of - 90 * DAY).timestamp()
    alone(scope, name, dice, "Delete", "DynamoDBTable", "dynamodb:table/", "delete", lastRefreshTimestamp=looked)


@recipe({RECOMMENDATION: 1})
def aws_says_more_than_is_wanted(scope: Scope, name: str, dice: Random) -> None:
    """Beside one that is found: one in a region that is not swept, and a commitment to buy, neither of which is a resource here."""
    arn = alone(scope, name, dice, "Upgrade", "RdsDbInstanceStorage", "rds:db:elsewhere-", "rightsize")
    scope.book.plant(arn, f"{CHECK}upgrade", while_fresh)
    far = arn.replace(scope.region, ELSEWHERE)
    recommend(scope, far, "Delete", "EbsVolume", dice, region=ELSEWHERE)
    scope.book.near_miss(far, f"{CHECK}delete")
    bought = scope.arn("savingsplans", f"savingsplan/{name}")
    recommend(scope, bought, "PurchaseSavingsPlans", "ComputeSavingsPlans", dice, source="CostExplorer")
    scope.book.near_miss(bought, f"{CHECK}other")
