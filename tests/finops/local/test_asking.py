"""What is said before anything is asked that AWS bills, and what counts as a yes."""

from __future__ import annotations

import io
from collections.abc import Mapping

import boto3
import pytest
from rich.console import Console

from cdk_app.settings import settings as deployment
from finops.ending import Ending, ExitCode
from finops.local import asking
from finops.local.asking import Requests
from finops.local.profile import Profile
from finops.readiness.reaching import Reached
from finops.sweeping import estimate_model
from finops.sweeping.run import Screen
from functions.core import registry

OWN, OTHER = "111122223333", "444455556666"
ARN = f"arn:aws:iam::{OWN}:user/ann"
EVERYTHING = registry.resource_types()
ONE = {OWN: ["us-east-1"]}


def profile(region: str = "us-east-1") -> Profile:
    return Profile("audit", boto3.Session("x", "x", region_name=region), OWN, ARN, region)


def requests(regions: Mapping[str, list[str]] = ONE, types: tuple[str, ...] = ("ebs:volume",), resources: int = 0) -> Requests:
    return Requests(Reached(regions, [], {}, ""), types, resources)


@pytest.mark.parametrize(
    ("regions", "types", "units", "listings", "bill"),
    [
        (ONE, ("ebs:volume",), 1, 1 + 1, 11),
        (ONE, ("ebs:volume", "ec2:instance"), 2, 1 + 2, 11),
        ({OWN: ["us-east-1", "eu-west-1"], OTHER: ["us-east-1"]}, ("ebs:volume", "ec2:instance"), 6, 2 + 6, 14),
        ({OWN: ["us-east-1"], OTHER: []}, ("ebs:volume",), 1, 2 + 1, 14),
    ],
)
def test_what_will_be_asked_follows_from_accounts_regions_and_types(
    regions: dict[str, list[str]], types: tuple[str, ...], units: int, listings: int, bill: int
) -> None:
    made = requests(regions, types)
    assert (made.units, made.listings, made.bill) == (units, listings, bill)


@pytest.mark.parametrize(("resources", "of"), [(0, asking.SAMPLE), (1, 1), (250, 250), (40_000, 40_000)])
@pytest.mark.parametrize("types", [("ebs:volume",), EVERYTHING])
def test_what_is_paid_for_is_what_estimate_cost_says(types: tuple[str, ...], resources: int, of: int) -> None:
    made = requests(types=types, resources=resources)
    predicted = estimate_model.predict(estimate_model.Scope(1, 1, types, of), deployment.parse({}), "us-east-1")
    assert (made.metrics, made.bill) == (predicted.metrics, predicted.cost_explorer)


@pytest.mark.parametrize("home", ["us-east-1", "eu-west-1", "ap-southeast-4"])
def test_a_request_of_cost_explorer_costs_a_cent_and_so_do_a_thousand_metrics(home: str) -> None:
    made = requests(resources=10_000)
    assert made.metrics > 5_000
    assert made.usd(home) == pytest.approx(0.01 * made.bill + 0.00001 * made.metrics)


def lines(made: Requests, *, free: bool = False) -> list[str]:
    return list(made.lines(profile(), free=free))


def test_it_is_said_who_asks_what_and_what_it_costs() -> None:
    made = requests()
    paid = f"Paid requests: 11 of Cost Explorer at most, and some {made.metrics} metrics of CloudWatch for each 1,000 resources; "
    assert lines(made) == [
        f"Read as {ARN} (profile audit); nothing is created, changed or sent in AWS.",
        f"1 account ({OWN}) in us-east-1, 1 resource type: 1 unit, at least 2 free requests.",
        f"{paid}together about $0.12.",
    ]


def test_requests_about_buckets_are_paid_for_too() -> None:
    """At list prices of $0.005 for a thousand listings, and $0.0004 for a thousand of the others."""
    made, without = requests(types=("s3:bucket",), resources=1_000), requests()
    listings, others = made.of_buckets
    assert without.of_buckets == (0, 0)
    assert (listings > 500, others) == (True, 3_000)
    assert made.usd("us-east-1") == pytest.approx(0.01 * made.bill + 0.00001 * made.metrics + 0.000005 * listings + 0.0000004 * others)
    assert f"and {listings + others:,} requests about buckets for the 1,000 resources seen last time; " in lines(made)[-1]
    assert "about buckets" not in lines(without)[-1]


def test_a_number_that_an_earlier_sweep_has_seen_is_said_as_one() -> None:
    assert "metrics of CloudWatch for the 12,345 resources seen last time; together about $0.20." in lines(requests(resources=12_345))[-1]


def test_few_accounts_and_regions_are_named_and_many_counted() -> None:
    regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
    three = {f"{number:012}": regions[:3] for number in range(3)}
    assert lines(requests(three))[1].startswith(
        "3 accounts (000000000000, 000000000001, 000000000002) in us-east-1 and us-east-2 and us-west-1, "
    )
    four = {f"{number:012}": regions for number in range(4)}
    assert lines(requests(four))[1].startswith("4 accounts in 4 regions, 1 resource type: 16 units, ")


def test_an_account_that_cannot_be_entered_is_named_before_it_is_missed() -> None:
    reached = Reached({**ONE, OTHER: ["us-east-1"]}, [], {OTHER: "sts:AssumeRole: AccessDenied: no"}, "")
    said = lines(Requests(reached, ("ebs:volume",)))
    assert said[2] == f"Account {OTHER} cannot be read, and will be named as not seen: sts:AssumeRole: AccessDenied: no"


def test_a_free_sweep_says_what_it_will_lack_and_no_price() -> None:
    said = lines(requests(), free=True)
    assert said[-1] == "No paid requests: there will be no bill, and no verdict that needs a metric."
    assert "$" not in " ".join(said)


# --- a yes ------------------------------------------------------------------------------------------------------------------------


def screen(*, person: bool, as_json: bool = False) -> Screen:
    return Screen(as_json, *(Console(file=io.StringIO(), force_terminal=person, width=200) for _ in range(2)))


def written(on: Screen) -> str:
    assert isinstance(on.beside.file, io.StringIO)
    return on.beside.file.getvalue()


@pytest.mark.parametrize("person", [False, True])
@pytest.mark.parametrize(("yes", "free"), [(True, False), (False, True), (True, True)])
def test_who_says_it_beforehand_is_not_asked(yes: bool, free: bool, person: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    on = screen(person=person)
    asking.allowed(requests(), profile(), on, yes=yes, free=free)
    assert f"Read as {ARN}" in written(on), "and told all the same"
    assert ("Paid requests:" in written(on)) is not free


@pytest.mark.parametrize(("person", "as_json"), [(False, False), (False, True), (True, True)])
def test_where_nobody_can_be_asked_nothing_is_paid_for(person: bool, as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(Ending, match=r"AWS bills some of these requests: allow it with --yes, or sweep with --free.*nothing was") as caught:
        asking.allowed(requests(), profile(), screen(person=person, as_json=as_json), yes=False, free=False)
    assert caught.value.code is ExitCode.BAD_INPUT


@pytest.mark.parametrize("typed", ["y\n", "Y\n", "perhaps\ny\n"])
def test_a_yes_is_one(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    on = screen(person=True)
    asking.allowed(requests(), profile(), on, yes=False, free=False)
    assert written(on).count("May it ask what is paid for? ") == typed.count("\n")


@pytest.mark.parametrize("typed", ["n\n", "N\n", "\n"])
def test_a_no_is_one_and_so_is_no_word(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(Ending, match=r"^not allowed: allow it with --yes, or sweep with --free, .*; nothing was scanned$") as caught:
        asking.allowed(requests(), profile(), screen(person=True), yes=False, free=False)
    assert caught.value.code is ExitCode.BAD_INPUT
