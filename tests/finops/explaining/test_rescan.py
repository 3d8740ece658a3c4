"""One resource looked at again: what each check of its type compares, and why it is silent. Every type, in moto's AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from finops.ending import Ending, ExitCode
from finops.explaining import rescan
from finops.explaining.rescan import DISABLED, FOUND, SILENT, WITHHELD, Said, WhatIf
from functions.core import registry
from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.limits import Threshold
from functions.core.model import Action, InsufficientData, Resource, Unit, Waste
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Check, Collector
from functions.core.scan import cloudwatch
from functions.core.scan.unit import scan
from functions.core.tuning.rule import Rule
from functions.core.usage import Series, Usage
from tests import test_iam_drift
from tests.functions import seeds
from tests.functions.core.check_samples import DAYS, DENSE, NOW, check, plain, resource
from tests.functions.paged import ACCOUNT, REGION

session = test_iam_drift.session
HUB = {"cost-optimization-hub:recommendation"}
"""Its resources are other types'."""
US = Prices("us-east-1")
NINE = 9


def aws_of(session: boto3.Session, days: float = 120) -> Aws:
    return Aws(ACCOUNT, REGION, session, datetime.now(UTC) + timedelta(days=days))


@pytest.mark.parametrize("resource_type", sorted(set(registry.resource_types()) - HUB))
def test_whatever_is_there_is_found_by_its_arn_and_every_check_of_its_type_says_something(
    session: boto3.Session, resource_type: str
) -> None:
    """And it says the same as a sweep: tracing changes no verdict."""
    seeds.of(resource_type).seed(session)
    collector, checks = registry.load(resource_type)
    listed = list(collector(aws_of(session)))
    assert {registry.type_of(one.arn) for one in listed} == {resource_type}
    aws = aws_of(session)
    found = rescan.find(aws, resource_type, listed[0].arn)
    said = rescan.judged(aws, resource_type, found, Prices(aws.region), WhatIf())
    assert [one.check.id for one in said] == [check.id for check in checks]
    assert all(one.why for one in said)
    assert [one.why for one in said if "stumbled" in one.why] == []
    assert json.loads(json.dumps([one.as_json() for one in said]))
    assert list(rescan.lines(found, resource_type, said))
    swept: list[Any] = []
    unit = Unit(unit_id="u", account=aws.account, region=aws.region, resource_type=resource_type, function="f")
    outcome = scan(unit, replace(aws_of(session), as_of=aws.as_of), Prices(aws.region), swept.append)
    ours = {(one.finding.check_id, one.finding.savings.likely) for one in said if one.finding}
    assert ours == {(one.check_id, one.savings.likely) for one in swept if one.resource_arn == found.arn}
    if len(listed) == 1:
        assert {one.check.id for one in said if one.outcome == WITHHELD} == set(outcome.insufficient)


def test_what_is_not_listed_is_bad_input(session: boto3.Session) -> None:
    with pytest.raises(Ending, match=r"no ebs:volume arn:aws:ec2:.*:volume/vol-1 is listed in .*: it may be gone") as ended:
        rescan.find(aws_of(session), "ebs:volume", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1")
    assert ended.value.code is ExitCode.BAD_INPUT


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What made-up checks say of a made-up resource; CloudWatch answers with `usage`, or raises it."""

    def ask(
        checks: list[Check[Resource]], of: Resource | None = None, usage: Usage | Exception | None = None, tried: WhatIf | None = None
    ) -> dict[str, Said]:
        def fetch(aws: Aws, wanted: list[tuple[Resource, Any, float]]) -> None:
            if isinstance(usage, Exception):
                raise usage
            for one, metric, _ in wanted:
                if usage is not None and metric in usage:
                    one.usage = Usage({metric: usage[metric]})
                elif usage is not None and metric in usage.unknown:
                    one.usage = Usage({}, usage.unknown)

        monkeypatch.setattr(cloudwatch, "fetch", fetch)
        monkeypatch.setattr(registry, "load", lambda kind: (Collector("test:thing", (), lambda aws: iter(())), tuple(checks)))
        aws = Aws("111122223333", "us-east-1", boto3.Session("testing", "testing"), NOW)
        return {one.check.id: one for one in rescan.judged(aws, "test:thing", of or resource("r"), US, tried or WhatIf())}

    return ask


def made(name: str, verdict: Any, **more: Any) -> Check[Resource]:
    return plain(name, Savings(1, 1, 1, "1"), judge=lambda resource, limits, prices: verdict(limits), command="", **more)


LIMIT: Mapping[str, Threshold] = {"max_use": Threshold(5, "little")}


def waste(likely: float) -> Waste:
    return Waste(savings=Savings(likely, likely, likely, "1 × $1"), evidence={})


def test_why_a_check_without_metrics_says_nothing(said: Any) -> None:
    answers = said(
        [
            made("found", lambda limits: waste(3.0)),
            made("second", lambda limits: waste(2.0)),
            made("worthless", lambda limits: waste(0.0)),
            made("above", lambda limits: waste(1.0) if limits.max_use >= NINE else None, thresholds=LIMIT),
            made("other", lambda limits: None),
            made("unclear", lambda limits: InsufficientData("nobody says")),
            made("broken", lambda limits: 1 / 0),
        ]
    )
    assert {name: (one.outcome, one.why) for name, one in answers.items() if name not in ("broken", "found", "second")} == {
        "worthless": (SILENT, "it would save nothing: 1 × $1"),
        "above": (SILENT, "9 ≤ 5 (max_use, default) is false decided it"),
        "other": (SILENT, "what AWS says of it is not what the check looks for"),
        "unclear": (WITHHELD, "nobody says"),
    }
    assert (answers["found"].outcome, answers["found"].why) == (FOUND, "$3.00 a month: 1 × $1")
    assert answers["second"].why == "$2.00 a month: 1 × $1; counted by the better finding on it"
    assert answers["broken"].why.startswith("the check stumbled: broken of r: ZeroDivisionError")


def test_a_tag_that_keeps_it_is_named(said: Any) -> None:
    kept = resource("r")
    kept.tags = {"team:Do-Not-Delete": "yes"}
    answers = said([made("delete", lambda limits: waste(3.0)), made("look", lambda limits: waste(3.0), action=Action.REVIEW)], kept)
    assert (answers["delete"].outcome, answers["delete"].why) == (WITHHELD, "its tag team:Do-Not-Delete keeps it")
    assert answers["look"].outcome == FOUND


def dense(count: int) -> Usage:
    return Usage({DENSE: Series([1.0] * count, [NOW - timedelta(days=DAYS - day) for day in range(count)], DAYS, 86_400)})


@pytest.mark.parametrize(
    ("candidates", "usage", "outcome", "why"),
    [
        (("r",), dense(10), FOUND, "$1.00 a month: 1"),
        ((), dense(10), SILENT, "no candidate: what AWS says of it is not what the check looks for"),
        (("r",), dense(8), WITHHELD, "too little data: Load has 8 of 10 datapoints, 90% are needed"),
        (("r",), Usage({}, {DENSE: "InternalError"}), WITHHELD, "its metrics are not to be had: Load: InternalError"),
        (("r",), Denied("cloudwatch:GetMetricData", "no"), WITHHELD, "its metrics are not to be had: Load: cloudwatch:GetMetricData: no"),
    ],
)
def test_why_a_check_with_metrics_says_nothing(said: Any, candidates: tuple[str, ...], usage: Any, outcome: str, why: str) -> None:
    (one,) = said([check("c", DENSE, DAYS, candidates)[0]], usage=usage).values()
    assert (one.outcome, one.why) == (outcome, why)


def test_a_candidate_that_cannot_be_judged_says_why(said: Any) -> None:
    group = replace(check("c", DENSE, DAYS, ())[0], candidate=lambda resource, limits: InsufficientData("a group's"))
    (one,) = said([group]).values()
    assert (one.outcome, one.why) == (WITHHELD, "a group's")


def test_a_first_metric_that_settles_it_is_what_decided(said: Any) -> None:
    busy = replace(
        check("c", DENSE, DAYS, ("r",))[0],
        thresholds={**LIMIT, "window_days": Threshold(DAYS, "d"), "min_datapoints": Threshold(0.9, "n")},
        metrics=(DENSE, replace(DENSE, name="More")),
        goes_on=lambda resource, limits: resource.usage[DENSE].maximum > limits.max_use,
    )
    (one,) = said([busy], usage=dense(10)).values()
    assert (one.outcome, one.why) == (SILENT, "1 > 5 (max_use, default) is false decided it")
    assert one.metrics == ["Load (Maximum): 10 of 10 datapoints, at most 1, 10 in all", "More: not asked for"]


def test_what_is_tried_changes_the_verdict_and_says_so(said: Any) -> None:
    above = [made("above", lambda limits: waste(1.0) if limits.max_use >= NINE else None, thresholds=LIMIT)]
    tagged = resource("r")
    tagged.tags = {"env": "dev"}

    def rule(**more: Any) -> Rule:
        return Rule(check_id="above", where="f: check 1", **more)

    assert said(above, tagged, tried=WhatIf(thresholds={"above.max_use": 9}))["above"].outcome == FOUND
    one = said(above, tagged, tried=WhatIf([rule(tag="env=dev", thresholds={"max_use": 20})]))["above"]
    assert (one.outcome, [rescan.worded(of, one.limits) for of in one.comparisons]) == (FOUND, ["9 ≤ 20 (max_use, f: check 1) is true"])
    assert one.finding.evidence["changed_thresholds"] == "max_use 20 instead of 5 (f: check 1)"
    assert said(above, tagged, tried=WhatIf([rule(tag="env=prod", thresholds={"max_use": 20})]))["above"].outcome == SILENT
    one = said(above, tagged, tried=WhatIf([rule(account="111122223333", enabled=False)], {"above.max_use": 9}))["above"]
    assert (one.outcome, one.why) == (DISABLED, "switched off by f: check 1")
    one = said(above, tagged, tried=WhatIf([rule(tag="env", thresholds={"max_use": 1})], {"above.max_use": 9}))["above"]
    assert one.outcome == FOUND, "--set is above the file"


def test_what_is_made_of_a_threshold_says_of_which_number(said: Any) -> None:
    half = [made("half", lambda limits: None if limits.max_use / 100 * 40 < NINE else waste(1), thresholds=LIMIT)]
    assert said(half)["half"].why == "9 > 2, made of 5 (max_use, default) is true decided it"
