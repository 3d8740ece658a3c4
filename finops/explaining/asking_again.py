"""With whose credentials a resource is looked at again, what is to be tried, and what that asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from finops.ending import Ending, ExitCode, aws_mistakes
from finops.explaining import rescan
from finops.explaining.declared import find as find_check
from finops.explaining.rescan import Said, WhatIf
from finops.local.profile import open_profile
from finops.sweeping import deployed
from functions.core import registry
from functions.core.aws.clients import Aws
from functions.core.aws.sessions import Session
from functions.core.errors import FinOpsError, InvalidInput
from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.report.counts import plural
from functions.core.store.written_text import decoded
from functions.core.tuning.file import parse

PARTS = 6
"""Of an ARN: arn:partition:service:region:account:resource."""
FREE = "not asked, because of --free"
BOOK = "Prices are of the book that comes with this version; a sweep may use refreshed ones, and rates of the bill."


def parts(arn: str) -> tuple[str, str, str]:
    """An ARN's resource type, region and account, these "" where it names none. Ending (bad input) where no check looks at it."""
    kind = registry.type_of(arn)
    if not kind:
        types = sorted({one.resource_type for one in registry.collectors() if one.arns})
        raise Ending(ExitCode.BAD_INPUT, f"{arn!r} is the ARN of nothing that is looked at: there are {', '.join(types)}")
    named = arn.split(":", PARTS - 1)
    return kind, named[3], named[4]


def what_if(given: Sequence[str], file: Path | None) -> WhatIf:
    """From "check-id.threshold=number", each, and a file as config/checks.toml. Ending (bad input) with what is wrong."""
    thresholds: dict[str, float] = {}
    for one in given:
        key, _, value = one.partition("=")
        check_id, _, _ = key.partition(".")
        find_check(check_id)
        try:
            thresholds[key] = float(value)
            registry.validate_overrides({key: thresholds[key]})
        except ValueError as wrong:
            said = str(wrong).removeprefix("thresholds: ") if value and key in thresholds else f"{value!r} is no number"
            raise Ending(ExitCode.BAD_INPUT, f"--set {one}: {said}") from None
    try:
        rules = parse(decoded(file.read_bytes(), str(file)), str(file)) if file else []
    except OSError as error:
        raise Ending(ExitCode.BAD_INPUT, f"cannot read {file}: {error.strerror}") from None
    except InvalidInput as wrong:
        raise Ending(ExitCode.BAD_INPUT, str(wrong)) from None
    return WhatIf(tuple(rules), thresholds)


def account_of(profile: str, region: str, account: str, arn: str) -> Aws:
    """What asks AWS, as a scan does. Ending (bad input) where the credentials do not work, or are another account's."""
    if profile:
        opened = open_profile(profile, [region] if region else ())
        session, own, usual = opened.session, opened.account, opened.region
    else:
        session, own = _of_this_shell()
        usual = session.region_name or ""
    if account and account != own:
        whose = f"profile {profile} is" if profile else "current credentials are"
        raise Ending(
            ExitCode.BAD_INPUT, f"{arn} is of account {account}, the {whose} of {own}: name a profile of that account with --profile"
        )
    if not (region or usual):
        raise Ending(ExitCode.BAD_INPUT, f"{arn} names no region: say where it is with --region")
    return Aws(own, region or usual, session, datetime.now(UTC))


def _of_this_shell() -> tuple[Session, str]:
    with aws_mistakes("the current credentials cannot be used"):
        session = deployed.own_session()
        account: str = session.client("sts", region_name=session.region_name or "us-east-1").get_caller_identity()["Account"]
    return session, account


def explain(aws: Aws, kind: str, arn: str, tried: WhatIf, *, free: bool) -> tuple[Resource, list[Said]]:
    """The resource, and what each check of its type says of it. Ending where it is not there, or cannot be looked at."""
    aws.unpaid = FREE if free else ""
    doing = f"{kind} in {aws.region} cannot be looked at"
    try:
        with aws_mistakes(doing, ExitCode.FAILED):
            resource = rescan.find(aws, kind, arn)
            return resource, rescan.judged(aws, kind, resource, Prices(aws.region), tried)
    except FinOpsError as stopped:
        raise Ending(ExitCode.FAILED, f"{doing}: {stopped}") from None


def footer(aws: Aws, tried: WhatIf) -> Iterator[str]:
    """What was compared with, and what was asked."""
    if tried.rules or tried.thresholds:
        yield "A what-if: nothing that is deployed was changed."
    else:
        yield "Compared with the defaults of this version: --checks FILE and --set CHECK.THRESHOLD=NUMBER try others."
    if aws.refused is not None:
        yield f"Denied, and gone on without: {aws.refused}"
    usd = Prices(aws.region).monthly("AmazonCloudWatch", "GetMetricData", aws.meter.metrics / 1_000, "thousand metrics").usd or 0.0
    metrics = f", {plural(aws.meter.metrics, 'metric')} of CloudWatch (about ${usd:.5f})" if aws.meter.metrics else ""
    yield f"Asked: {plural(sum(aws.meter.calls.values()), 'request')}{metrics}, read-only. {BOOK}"
