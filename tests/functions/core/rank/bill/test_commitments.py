"""Netting: what a Savings Plan or a reservation pays for is not saved until it ends, at the boundaries and whatever the numbers are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from functions.core.model import Coverable
from functions.core.money import Savings
from functions.core.rank.bill.commitments import NOT_NETTED, Commitments, warnings, without_rows
from functions.core.store import unit_objects
from tests.functions import sweeps

INSTANCE = sweeps.unit("ec2:instance")
M5 = Coverable("AmazonEC2", "m5", 70.08)


def finding(savings: Savings | None = None, coverable: Coverable | None = M5, **more: Any) -> dict[str, Any]:
    """As JSON, as a scan wrote it: an m5.large that does nothing."""
    made = sweeps.finding("i-1", savings or sweeps.saving(70.08), of=INSTANCE, coverable=coverable, **more)
    read: dict[str, Any] = from_json(unit_objects.FINDING.dump_json(made))
    return read


def net(one: dict[str, Any], *rows: dict[str, Any], **bill: Any) -> tuple[float, float, float]:
    Commitments(sweeps.bill(rows, **bill)).net(one)
    return money(one)


def money(one: dict[str, Any]) -> tuple[float, float, float]:
    return one["savings"]["low"], one["savings"]["likely"], one["savings"]["high"]


def test_an_instance_that_a_plan_pays_for_saves_nothing_until_the_plan_ends_and_says_why() -> None:
    one = finding()
    assert net(one, sweeps.coverage(plan_hours=720)) == (0, 0, 70.08)
    assert one["note"] == (
        "Savings Plan …1234 (EC2 Instance) pays for all of the m5 hours of this account in us-east-1 until 2027-03-01: "
        "until then it likely saves nothing, then it saves $70.08."
    )
    assert one["savings"]["formula"] == "70.08 GiB × $1 − all of $70.08 covered by Savings Plan …1234 (EC2 Instance) until 2027-03-01"


def databases(engines: list[tuple[str, str, float, float]], on_demand: float, **more: Any) -> dict[str, Any]:
    """Hours of db.m5: those of `engines`, reserved and all, and what ran on demand or by plans."""
    named = [{"engine": one[0], "deployment": one[1], "reserved_hours": one[2], "hours": one[3]} for one in engines]
    reserved = sum(one[2] for one in engines)
    return sweeps.coverage(
        "db.m5", service="AmazonRDS", reserved_hours=reserved, on_demand_hours=on_demand, engines=named, why="reservation …0ab1", **more
    )


@pytest.mark.parametrize(
    ("engine", "deployment", "likely"),
    [
        ("mysql", "single-az", 0.0),
        ("mysql", "multi-az", 100.0),  # reservations are for one deployment
        ("postgresql", "single-az", 100.0),  # and for one engine
        ("mariadb", "single-az", 100.0),  # that had no hours at all
        ("", "", 50.0),  # a finding that does not say: the family's share, as before
    ],
)
def test_a_reservation_pays_for_one_engine_and_deployment(engine: str, deployment: str, likely: float) -> None:
    row = databases(
        [("mysql", "single-az", 720.0, 720.0), ("mysql", "multi-az", 0.0, 360.0), ("postgresql", "single-az", 0.0, 360.0)], 720.0
    )
    one = finding(sweeps.saving(100), Coverable("AmazonRDS", "db.m5", 100.0, engine, deployment))
    assert net(one, row) == ((0.0 if likely < 100 else 100.0), likely, 100.0)
    if engine == "mysql" and deployment == "single-az":
        assert "reservation …0ab1 pays for all of the db.m5 mysql single-az hours of this account" in one["note"]


def test_where_the_bill_does_not_tell_engines_apart_the_familys_share_counts() -> None:
    one = finding(sweeps.saving(100), Coverable("AmazonRDS", "db.m5", 100.0, "postgresql", "single-az"))
    assert net(one, databases([], 720.0, plan_hours=720.0)) == (0.0, 50.0, 100.0)


def test_a_plan_pays_for_any_engine_and_shares_what_no_reservation_paid_for() -> None:
    row = databases([("mysql", "single-az", 720.0, 1_440.0), ("postgresql", "single-az", 0.0, 720.0)], 1_080.0, plan_hours=360.0)
    mysql, postgresql = (
        finding(sweeps.saving(100), Coverable("AmazonRDS", "db.m5", 100.0, name, "single-az")) for name in ("mysql", "postgresql")
    )
    assert net(mysql, row)[1] == pytest.approx(100 * (1 - (0.5 + 0.5 * 0.25)))
    assert net(postgresql, row)[1] == pytest.approx(100 * (1 - 0.25))


@pytest.mark.parametrize(
    ("service", "family"),
    [("AWSLambda", "duration.x86"), ("AWSLambda", "provisioned-concurrency.arm"), ("AmazonRDS", "aurora.serverless-v2")],
)
def test_what_plans_pay_for_by_another_measure_than_instances_is_netted_too(service: str, family: str) -> None:
    one = finding(sweeps.saving(40), Coverable(service, family, 40.0))
    row = sweeps.coverage(
        family, service=service, plan_hours=300.0, on_demand_hours=100.0, instances=False, why="Savings Plan …5678 (Compute)"
    )
    assert net(one, row) == (0.0, 10.0, 40.0)
    assert f"pays for 75 % of the {family} usage of this account" in one["note"]


@pytest.mark.parametrize(
    ("end", "likely"),
    [("2027-02-28", 0.0), ("2027-03-01", 0.0), ("2027-03-02", 70.08)],
)
def test_a_plan_counts_up_to_its_last_day(end: str, likely: float) -> None:
    """`end` is the day of the sweep: the bill's window ends before it."""
    assert net(finding(), sweeps.coverage(plan_hours=720), end=end)[1] == likely


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        (0.0, (70.08, 70.08, 70.08)),
        (0.004, (70.08, 70.08, 70.08)),
        (0.005, (70.08, 70.08, 70.08)),
        (0.006, (0.0, 69.6595, 70.08)),
        (0.5, (0.0, 35.04, 70.08)),
        (0.994, (0.0, 0.4205, 70.08)),
        (0.995, (0.0, 0.0, 70.08)),
        (1.0, (0.0, 0.0, 70.08)),
    ],
)
@pytest.mark.parametrize("by", ["plan_hours", "reserved_hours"])
def test_the_covered_share_is_taken_off_what_is_likely(covered: float, by: str, expected: tuple[float, float, float]) -> None:
    hours: dict[str, Any] = {by: 1000 * covered, "on_demand_hours": 1000 - 1000 * covered}
    assert net(finding(), sweeps.coverage(**hours)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("covered", "words"), [(0.0051, "1 %"), (0.72, "72 %"), (0.994, "99 %"), (0.9949, "99 %"), (0.996, "all")])
def test_not_quite_all_is_never_called_all(covered: float, words: str) -> None:
    one = finding()
    net(one, sweeps.coverage(plan_hours=covered, on_demand_hours=1 - covered))
    assert f"− {words} of $70.08 covered by" in one["savings"]["formula"]
    assert f"pays for {words} of the m5 hours" in one["note"]


def test_only_the_compute_in_a_saving_is_taken_off() -> None:
    """A database: its storage is saved in any case, less its final snapshot."""
    one = finding(sweeps.saving(141.44, low=131.94), Coverable("AmazonRDS", "db.m5", 129.94))
    row = sweeps.coverage("db.m5", service="AmazonRDS", reserved_hours=720, why="Reservation …0ab1", ends="2027-06-30")
    assert net(one, row) == (2.0, 11.5, 141.44)
    assert "until then it likely saves $11.50 a month, then it saves $141.44." in one["note"]


@pytest.mark.parametrize(
    "other",
    [
        {"account": "999988887777"},
        {"region": "eu-west-1"},
        {"family": "m6i"},
        {"service": "AmazonRDS"},
    ],
)
def test_a_commitment_elsewhere_takes_nothing(other: dict[str, Any]) -> None:
    one = finding()
    before = finding()
    assert net(one, {**sweeps.coverage(plan_hours=720), **other}) == (70.08, 70.08, 70.08)
    assert one == before


@pytest.mark.parametrize(
    "untouched",
    [
        finding(coverable=None),
        {name: value for name, value in finding().items() if name != "coverable"},  # of a scan before this
        finding(sweeps.UNPRICED),
        finding(sweeps.saving(0, high=70.08)),  # to come: nothing likely is saved now
    ],
)
def test_what_has_no_compute_or_no_number_stays_as_it_is(untouched: dict[str, Any]) -> None:
    before = from_json(unit_objects.FINDING.dump_json(unit_objects.FINDING.validate_python(untouched)))
    Commitments(sweeps.bill([sweeps.coverage(plan_hours=720)])).net(untouched)
    assert from_json(unit_objects.FINDING.dump_json(unit_objects.FINDING.validate_python(untouched))) == before


def test_without_a_bill_nothing_is_taken_off() -> None:
    one = finding()
    assert not Commitments(sweeps.NO_BILL).net(one)
    assert list(Commitments(sweeps.NO_BILL).netted([one])) == [finding()]


def test_a_pool_without_hours_takes_nothing() -> None:
    assert net(finding(), sweeps.coverage()) == (70.08, 70.08, 70.08)


def test_a_plan_that_is_not_bound_to_the_family_is_not_attributable_and_the_range_says_so() -> None:
    one = finding()
    row = sweeps.coverage(plan_hours=360, on_demand_hours=360, bound=False, why="Savings Plan …5678 (Compute)")
    assert net(one, row) == (0.0, 35.04, 70.08)
    assert "50 %" in one["note"]
    assert "not attributable to one instance" in one["note"]
    assert "elsewhere" in one["note"]


def test_an_end_that_nobody_tells_is_said() -> None:
    one = finding()
    net(one, sweeps.coverage(plan_hours=720, ends=None))
    assert money(one) == (0, 0, 70.08)
    assert "until an end that is not known here" in one["note"]


def test_a_note_that_is_there_stays() -> None:
    one = finding()
    one["note"] = "Change the launch template."
    net(one, sweeps.coverage(plan_hours=720))
    assert one["note"].startswith("Change the launch template. Savings Plan")


USD = st.floats(0, 1e5).map(lambda value: round(value, 4))
HOURS = st.floats(0, 1e5)


@given(likely=USD, compute=USD, low=st.floats(0, 1), high=USD, plan=HOURS, reserved=HOURS, on_demand=HOURS, more=HOURS)
def test_more_coverage_never_raises_a_saving_and_the_range_stays_a_range(
    likely: float, compute: float, low: float, high: float, plan: float, reserved: float, on_demand: float, more: float
) -> None:
    saving = sweeps.saving(likely, low=round(low * likely, 4), high=likely + high)
    coverable = Coverable("AmazonEC2", "m5", compute)
    nets = []
    for extra in (0.0, more):
        row = sweeps.coverage(plan_hours=plan + extra, reserved_hours=reserved, on_demand_hours=on_demand)
        nets.append(net(finding(saving, coverable), row))
    for least, middle, most in nets:
        assert 0 <= least <= middle <= most
    assert nets[1][1] <= nets[0][1] + 1e-4
    assert nets[0][1] <= likely
    assert nets[0][2] == likely + high


@given(count=st.integers(1, 60), covered=st.integers(0, 60), each=st.floats(1, 5_000), wasted=st.integers(1, 60))
def test_a_pools_savings_are_never_more_than_what_is_paid_on_demand_in_it(count: int, covered: int, each: float, wasted: int) -> None:
    """`count` equal instances, so many of them covered, some or all of them waste."""
    covered, wasted = min(covered, count), min(wasted, count)
    row = sweeps.coverage(plan_hours=730.0 * covered, on_demand_hours=730.0 * (count - covered))
    each = round(each, 4)
    likely = sum(net(finding(sweeps.saving(each), Coverable("AmazonEC2", "m5", each)), row)[1] for _ in range(wasted))
    assert likely <= each * (count - covered) + 1e-4 * wasted


def test_findings_of_a_resource_keep_their_order_where_nothing_is_covered() -> None:
    found = [finding(), finding(counted_by="other")]
    assert list(Commitments(sweeps.bill([sweeps.coverage("c5", plan_hours=1)])).netted(found)) == [finding(), finding(counted_by="other")]


@pytest.mark.parametrize(
    ("saved", "headline"),
    [(0.0, "ec2-idle-instance"), (0.01, "ec2-other"), (60.0, "ec2-other")],
)
def test_the_best_action_on_a_resource_is_chosen_again_by_what_it_saves_net(saved: float, headline: str) -> None:
    idle = finding(check="ec2-idle-instance")
    other = finding(sweeps.saving(saved), None, check="ec2-other", counted_by=idle["finding_id"])
    next_one = finding(sweeps.saving(3.0), None, check="ec2-next")
    found = list(Commitments(sweeps.bill([sweeps.coverage(plan_hours=1)])).netted([idle, other, next_one]))
    first, second, third = found
    assert first["check_id"] == headline
    assert (first["headline"], first["counted_by"]) == (True, None)
    assert (second["headline"], second["counted_by"]) == (False, first["finding_id"])
    assert third["headline"]
    assert {one["check_id"] for one in found} == {"ec2-idle-instance", "ec2-other", "ec2-next"}


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        ({}, None),
        ({"regions": "AccessDenied"}, None),
        (
            {"reservations": "AccessDenied: no"},
            "Cost Explorer did not report the reservations (AccessDenied: no): a commitment may already pay",
        ),
        ({"plan_covered": "no", "savings_plans": "no"}, "did not report what Savings Plans paid for and the Savings Plans (no)"),
    ],
)
def test_a_bill_without_what_netting_rests_on_is_said(refused: dict[str, str], words: str | None) -> None:
    said = warnings(sweeps.bill([], refused=refused))
    assert len(said) == (words is not None)
    assert words is None or words in said[0]


def test_no_bill_needs_no_second_warning() -> None:
    assert warnings({"status": "none", "reason": "AccessDenied"}) == []


OTHERS = [f"{number:012}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("bill", "unseen"),
    [
        ({"accounts": [sweeps.ACCOUNT, *OTHERS], "without_rows": OTHERS}, OTHERS),
        ({"accounts": [sweeps.ACCOUNT, *OTHERS], "without_rows": []}, []),
        ({"accounts": [sweeps.ACCOUNT, *OTHERS], "by_account": [{"account": sweeps.ACCOUNT}]}, OTHERS),  # of the version before
        ({}, []),
        ({"status": "none", "accounts": OTHERS}, []),
    ],
)
def test_the_accounts_that_the_bill_has_no_row_of(bill: dict[str, Any], unseen: list[str]) -> None:
    assert without_rows(sweeps.bill([], **bill)) == unseen


def test_where_the_bill_has_no_rows_nothing_is_netted_and_that_is_said() -> None:
    unseen = {"accounts": [sweeps.ACCOUNT, *OTHERS], "without_rows": [sweeps.ACCOUNT]}
    one = finding()
    assert net(one, **unseen) == (70.08, 70.08, 70.08)
    assert one["note"] == NOT_NETTED
    bill = sweeps.bill([], **unseen)
    (through,) = Commitments(bill).netted([finding()])
    assert through["note"] == NOT_NETTED
    plain = finding(coverable=None)
    Commitments(bill).net(plain)
    assert plain["note"] == ""


@pytest.mark.parametrize(
    ("unseen", "words"),
    [
        (OTHERS[:1], f"The bill has no rows of 1 of 6 accounts ({OTHERS[0]}): savings there are at list prices, neither netted"),
        (OTHERS, f"The bill has no rows of 5 of 6 accounts ({OTHERS[0]}, {OTHERS[1]}, {OTHERS[2]} and 2 more): savings there"),
    ],
)
def test_a_warning_names_the_accounts_and_the_way_out(unseen: list[str], words: str) -> None:
    (said,) = warnings(sweeps.bill([], accounts=[sweeps.ACCOUNT, *OTHERS], without_rows=unseen))
    assert said.startswith(words)
    assert said.endswith("set billing_account to the payer.")
    assert len(said) < 360, "the mail cuts what is longer"
    assert warnings(sweeps.bill([], accounts=[sweeps.ACCOUNT, *OTHERS], without_rows=unseen), [sweeps.ACCOUNT]) == []
    (of_one,) = warnings(sweeps.bill([], accounts=[sweeps.ACCOUNT, *OTHERS], without_rows=unseen), unseen[:1])
    assert f"1 of 6 accounts ({unseen[0]})" in of_one


def test_a_bill_in_another_currency_is_said_and_not_mixed_with_dollars() -> None:
    (said,) = warnings(sweeps.bill([], currency="CNY"))
    assert said.startswith("The bill is in CNY. Savings are at list prices in USD")
    assert warnings(sweeps.bill([], currency="USD")) == []
