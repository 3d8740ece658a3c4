"""What a place cannot have of the settings: refused with its key where somebody set it, left off where it is only the default.

A place is a region, and with it its partition: functions/core/aws/partitions.py knows what each of those does without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cdk_app.settings.settings import DeploymentSettings, InvalidContext
from cdk_app.settings.vpc import BEDROCK, home_only
from functions.core.advice import model_ids
from functions.core.aws import partitions
from functions.core.aws.partitions import Feature

WAY_OUT = "leave it out, and give the subnets a way out, such as a NAT gateway"
BEHIND = {BEDROCK: Feature.BEDROCK, "ce": Feature.BILL, "email": Feature.MAIL, "pricing.api": Feature.PRICES}
"""What an endpoint of the private network leads to."""


@dataclass(slots=True, frozen=True)
class Unfit:
    """A setting that cannot be, why, and what there is `instead` of its default. `item`: the one of a list that it is about."""

    key: str
    reason: str
    instead: Any = None
    item: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.key}: {self.reason}"


def fitted(settings: DeploymentSettings, region: str) -> DeploymentSettings:
    """The settings as they are deployed in a region: without the defaults that it cannot have. InvalidContext names what was set."""
    of = partitions.partition(region)
    if of not in partitions.LACKS:
        raise InvalidContext(f"{region} is of the partition {of}; the analyzer can be deployed in: {', '.join(partitions.LACKS)}")
    found = unfit(settings, region)
    refused = [one.sentence for one in found if one.key.partition(".")[0] in settings.model_fields_set]
    if refused:
        raise InvalidContext('context "finops": ' + "; ".join(refused))
    return settings.model_copy(update={one.key: one.instead for one in found})


def left_off(settings: DeploymentSettings, region: str) -> list[str]:
    """Each default that is not deployed there, with the reason. `settings`: before they are fitted."""
    return [one.sentence for one in unfit(settings, region)]


def unfit(settings: DeploymentSettings, region: str) -> list[Unfit]:
    """All that cannot be there, set or not."""
    return list(_unfit(settings, region, partitions.partition(region)))


def _unfit(settings: DeploymentSettings, region: str, of: str) -> Iterator[Unfit]:
    def lacks(feature: Feature) -> str:
        return partitions.lacks(region, feature)

    if settings.max_advice_groups:
        yield from _advice(settings, lacks(Feature.BEDROCK), of)
    if settings.prices_schedule and (reason := lacks(Feature.PRICES)):
        yield Unfit("prices_schedule", f"{reason}; set it to null")
    if settings.billing_account and (reason := lacks(Feature.BILL)):
        yield Unfit("billing_account", reason)
    if settings.schedule_input.get("skip_regions_without_spend") and (reason := lacks(Feature.BILL)):
        yield Unfit("schedule_input.skip_regions_without_spend", reason)
    if settings.email_from and (reason := lacks(Feature.MAIL)):
        yield Unfit("email_from", f"{reason}; people can subscribe to the topic instead")
    if settings.member_ous and (reason := lacks(Feature.ORGANIZED_STACK_SETS)):
        yield Unfit("member_ous", f"{reason}; deploy the role in each account: make deploy ARGS=--member")
    home = partitions.home(region)
    for name in settings.vpc.endpoints if settings.vpc else ():
        if name in BEHIND and (reason := lacks(BEHIND[name])):
            yield Unfit("vpc.endpoints", f"{name!r}: {reason}; leave it out", item=name)
        elif name in home_only() and region != home:
            reason = f"{name!r} is asked in {home}, and a VPC in {region} can have no endpoint for it: {WAY_OUT}"
            yield Unfit("vpc.endpoints", reason, item=name)


def _advice(settings: DeploymentSettings, no_bedrock: str, of: str) -> Iterator[Unfit]:
    """Who chose neither a model nor how much is asked of it gets the rules' advice where the default model cannot be called."""
    scope, _ = model_ids.split(settings.bedrock_model_id)
    chosen = "bedrock_model_id" in settings.model_fields_set
    if no_bedrock:
        yield Unfit("bedrock_model_id" if chosen else "max_advice_groups", f"{no_bedrock}: advice is written by rule, set it to 0", 0)
    elif scope and model_ids.partition(scope) != of:
        reason = f"{settings.bedrock_model_id} is an inference profile of the partition {model_ids.partition(scope)}, and this is {of}: "
        way = "set bedrock_model_id to one of `aws bedrock list-inference-profiles` or `list-foundation-models`"
        yield Unfit("bedrock_model_id" if chosen else "max_advice_groups", f"{reason}{way}", 0)
