"""Which requests a bill takes, that a day's sweeps share their answers, and what is left when a part is refused."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Refused
from functions.core.aws.clients import Aws
from functions.core.costs import explorer, gathering, queries
from functions.core.costs.rows import NoBill, Window
from functions.core.errors import Denied
from functions.core.settings import parse
from tests import state_table
from tests.billed_account import ACCOUNT, OTHER, PLAN, RESERVED, UNSCANNED, committed, spend
from tests.functions.core.costs.asking import NOW, Deployment, deployment

PLAIN = Ledger(tuple(spend()))
BOTH = Ledger((*spend(), *committed()), (PLAN,), (RESERVED,))
SHARED = Ledger((*spend(), *spend(OTHER), *committed(OTHER)), (PLAN,), (RESERVED,))
MANY = [f"{number:012}" for number in range(25)]
COSTS, PLANS, RESERVATIONS = "GetCostAndUsage", "GetSavingsPlansUtilizationDetails", "GetReservationUtilization"
ENGINES = "GetReservationCoverage"
"""Asked only where a reservation paid for a database: for the engine and deployment."""


@pytest.mark.parametrize(
    ("ledger", "accounts", "requests"),
    [
        (PLAIN, [ACCOUNT], {COSTS: 6}),
        (BOTH, [ACCOUNT], {COSTS: 6, PLANS: 1, RESERVATIONS: 3, ENGINES: 1}),
        (PLAIN, [ACCOUNT, OTHER], {COSTS: 7}),
        (SHARED, [ACCOUNT, OTHER], {COSTS: 9, PLANS: 1, RESERVATIONS: 3, ENGINES: 1}),
        (PLAIN, MANY, {COSTS: 9}),
    ],
    ids=["one", "one, committed", "two", "two, committed", "many"],
)
def test_a_bill_takes_the_fewest_requests_and_a_day_of_sweeps_no_more(
    ledger: Ledger, accounts: list[str], requests: dict[str, int]
) -> None:
    """48 half-hourly sweeps of one UTC day: at least 96 % fewer than without the cache, by the counter that goes into the bill."""
    with deployment(ledger=ledger) as world:
        world.now = datetime.fromisoformat("2026-11-24T00:00+00:00")
        counted, kept, answers = [], [], []
        for _ in range(48):
            got, asker = world.sweep(*accounts)
            counted.append(asker.requests)
            kept.append(asker.cached)
            answers.append(got)
            world.now += timedelta(minutes=30)
        assert world.explorer.requests == requests
    each = sum(requests.values())
    assert counted == [each, *[0] * 47]
    assert kept == [0, *[each] * 47]
    assert 1 - sum(counted) / (48 * each) >= 0.96
    assert all(one == answers[0] for one in answers)


def test_the_next_day_is_asked_about_anew() -> None:
    with deployment() as world:
        world.now = datetime.fromisoformat("2026-11-23T23:30+00:00")
        first, _ = world.sweep()
        world.now += timedelta(minutes=30)
        second, asker = world.sweep()
    assert (first.window.end, second.window.end) == (datetime(2026, 11, 23).date(), datetime(2026, 11, 24).date())  # noqa: DTZ001
    assert asker.requests == 6


def test_nothing_is_asked_for_when_all_is_kept_not_even_a_role() -> None:
    with deployment() as world:
        world.sweep()
        assert world.connected == 1
        _, asker = world.sweep()
        assert (world.connected, asker.requests, asker.cached) == (1, 0, 6)


def test_another_billing_accounts_answers_are_another_ones() -> None:
    with deployment() as world:
        world.sweep()
        asker = world.asker("999999999999")
        gathering.gather(asker, world.sweep()[0].window, [ACCOUNT])
        assert asker.requests == 6


def test_two_sweeps_at_once_ask_once() -> None:
    """The second sweep looks while the first one waits for Cost Explorer: it waits, and gets the same answers."""
    with deployment() as world:
        world.dynamodb = state_table.OneByOne(world.dynamodb)
        asked, go, answered = threading.Event(), threading.Event(), threading.Event()

        def before() -> None:
            asked.set()
            assert go.wait(60)

        world.explorer.before = before
        bills: list[Any] = []

        def sweep() -> None:
            bills.append(world.sweep())
            answered.set()

        def sleep(seconds: float) -> None:
            """It has found no answer, and the lease taken."""
            go.set()
            answered.wait(0.01)

        first = threading.Thread(target=sweep)
        first.start()
        assert asked.wait(60)
        second = world.asker()
        second.cache._sleep = sleep
        answers = gathering.gather(second, _window(world), [ACCOUNT])
        first.join(60)
        assert world.explorer.requests == {COSTS: 6}
        assert answers == bills[0][0]
        assert second.requests + bills[0][1].requests == 6


def _window(world: Deployment) -> Window:
    return queries.window(world.now, world.now, None)


def test_the_rows_of_one_account_are_told_apart() -> None:
    with deployment(ledger=BOTH) as world:
        got, _ = world.sweep()
    assert got.refused == {}
    assert {row.keys for row in got.usage} == {(ACCOUNT, "USW2-BoxUsage:m5.large"), (ACCOUNT, "EU-EBS:VolumeUsage.gp3")}
    assert {row.keys for row in got.plan_covered} == {(ACCOUNT, "USW2-BoxUsage:c5.large")}
    assert sum(row.quantity for row in got.plan_covered) == 30 * 48
    assert {row.keys for row in got.reserved} == {(ACCOUNT, "USW2-InstanceUsage:db.r5.large")}
    assert [one.arn for one in got.savings_plans] == [PLAN.arn]
    assert [one.id for one in got.reservations] == ["sub-1"]
    assert {row.keys for row in got.daily} > {(UNSCANNED, ACCOUNT)}
    assert (got.accounts, got.before) == ((), ())


def test_one_account_and_several_tell_the_same_of_it() -> None:
    """The one query of a single account, and the three of several: the same hours and dollars."""

    def sums(rows: Any) -> dict[tuple[str, ...], list[float]]:
        found: dict[tuple[str, ...], list[float]] = {}
        for row in rows:
            of = found.setdefault(row.keys, [0.0, 0.0, 0.0])
            for index, amount in enumerate((row.unblended, row.amortized, row.quantity)):
                of[index] += amount
        return {keys: [round(amount, 6) for amount in of] for keys, of in found.items()}

    with deployment(ledger=BOTH) as world:
        one, _ = world.sweep(ACCOUNT)
        several, _ = world.sweep(ACCOUNT, OTHER)
    for name in ("daily", "regions", "usage", "plan_covered", "reserved"):
        assert sums(getattr(one, name)) == sums(getattr(several, name)), name
    assert (one.savings_plans, one.reservations) == (several.savings_plans, several.reservations)


def test_many_accounts_are_told_by_month() -> None:
    with deployment(ledger=SHARED) as world:
        got, _ = world.sweep(*MANY[:-2], ACCOUNT, OTHER)
    assert {len(row.keys) for row in got.daily} == {1}
    services = {"Amazon Elastic Compute Cloud - Compute", "EC2 - Other", UNSCANNED}
    assert {row.keys for row in got.accounts if row.keys[1] == ACCOUNT} == {(service, ACCOUNT) for service in services}
    assert {row.period_start for row in got.accounts} == {got.window.start, got.window.end.replace(day=1)}
    assert {row.period_end for row in got.before} == {got.window.start, got.window.start.replace(day=1)}
    assert sum(row.amortized for row in got.accounts) == pytest.approx(
        sum(row.amortized for row in got.daily if row.period_start >= got.window.start)
    )


def test_a_plan_that_nothing_uses_is_asked_about_for_its_fee() -> None:
    fee = [row for row in committed() if row.record_type == "SavingsPlanRecurringFee"]
    with deployment(ledger=Ledger((*spend(), *fee), (PLAN,))) as world:
        got, _ = world.sweep()
    assert [one.utilization for one in got.savings_plans] == [0.0]


def test_evidence_of_a_plan_that_cannot_be_seen_is_no_plan() -> None:
    """A member account sees what a plan of another one pays for, and not the plan: AWS says DataUnavailableException then."""
    with deployment(ledger=Ledger((*spend(), *committed()))) as world:
        got, _ = world.sweep()
        again, asker = world.sweep()
    assert (got.savings_plans, got.refused, asker.requests) == ((), {}, 0)
    assert got.plan_covered
    assert again == got


def refusing(*operations: str, code: str = "AccessDeniedException", message: str = "no") -> Any:
    def fail(operation: str) -> None:
        if operation in operations:
            raise Refused(code, message)

    return fail


@pytest.mark.parametrize("code", ["AccessDeniedException", "DataUnavailableException", "ValidationException"])
def test_without_costs_there_is_no_bill_and_one_request(code: str) -> None:
    with deployment(fail=refusing(COSTS, code=code)) as world:
        for _ in range(2):
            with pytest.raises(NoBill, match=code):
                world.sweep()
        assert world.explorer.requests == {COSTS: 1}
        world.now += timedelta(seconds=1800)
        world.explorer.fail = lambda operation: None
        got, asker = world.sweep()
    assert (bool(got.daily), asker.requests) == (True, 6)


def test_a_part_that_is_refused_is_named_and_the_rest_is_there() -> None:
    with deployment(ledger=BOTH, fail=refusing(PLANS)) as world:
        got, _ = world.sweep()
        _, asker = world.sweep()
        assert asker.requests == 0
        world.explorer.fail = lambda operation: None
        world.now += timedelta(seconds=1800)
        mended, asker = world.sweep()
    assert got.refused == {"savings_plans": "ce:GetSavingsPlansUtilizationDetails: AccessDeniedException: no"}
    assert (got.savings_plans, bool(got.plan_covered), len(got.reservations)) == ((), True, 1)
    assert (len(mended.savings_plans), mended.refused, asker.requests) == (1, {}, 1)


def test_a_billing_account_that_cannot_be_reached_is_no_bill() -> None:
    def denied() -> Any:
        raise Denied("sts:AssumeRole", "AccessDenied: not trusted")

    with deployment() as world:
        asker = world.asker()
        asker.connect = denied
        with pytest.raises(NoBill, match="sts:AssumeRole"):
            gathering.gather(asker, _window(world), [ACCOUNT])
        assert asker.requests == 0


def test_rows_of_another_shape_are_asked_for_anew() -> None:
    """The right checksum and version, and rows that are none: a mistake of an earlier deployment."""
    with deployment() as world:
        asker = world.asker()
        query = queries.daily(_window(world), [ACCOUNT])
        asker.cache._keep(query.digest(ACCOUNT), "daily", 3600, b'[{"keys": ["a"], "unblended": "much"}]')
        assert len(asker.rows(query)) == 84 * 3
        assert asker.requests == 1


def test_what_was_called_is_what_was_declared() -> None:
    with deployment(ledger=BOTH) as world:
        _, asker = world.sweep()
    assert asker.aws is not None
    assert set(asker.aws.meter.calls) == set(explorer.IAM)


@pytest.mark.parametrize(("billing", "asked"), [("", "123456789012"), ("999999999999", "999999999999")])
def test_the_settings_say_whose_cost_explorer_is_asked(monkeypatch: pytest.MonkeyPatch, billing: str, asked: str) -> None:
    settings = {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": "eu-west-1", "S3_BUCKET_NAME": "bucket", "STATE_TABLE_NAME": "table"}
    monkeypatch.setattr(gathering, "own_client", lambda *_: None)
    assumed = []
    monkeypatch.setattr(gathering, "reader_session", lambda *given: assumed.append(given))
    asker = gathering.asker(parse({**settings, "BILLING_ACCOUNT": billing, "COST_CACHE_TTL_MINUTES": "5"}), "run-1", 10)
    aws = asker.connect()
    assert (asker.billing_account, asker.short_seconds) == (asked, 300)
    assert (aws.account, aws.region) == (asked, "us-east-1")
    assert assumed == [(asked, "123456789012", "FinOpsAnalyzerReader", None, "run-1")]
    assert asker.clock() - NOW is not None


@pytest.mark.parametrize(("region", "asked"), [("cn-north-1", "cn-northwest-1"), ("eusc-de-east-1", "eusc-de-east-1")])
def test_another_partitions_cost_explorer_is_asked_where_that_partition_has_it(
    monkeypatch: pytest.MonkeyPatch, region: str, asked: str
) -> None:
    assert _asker(monkeypatch, region).connect().region == asked


def test_in_govcloud_there_is_no_bill_and_the_report_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asker = _asker(monkeypatch, "us-gov-west-1")
    with pytest.raises(NoBill, match="does not exist in GovCloud: an account's bill is in the standard account"):
        asker.connect()


def _asker(monkeypatch: pytest.MonkeyPatch, region: str) -> gathering.Asker:
    settings = {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": region, "S3_BUCKET_NAME": "bucket", "STATE_TABLE_NAME": "table"}
    monkeypatch.setattr(gathering, "own_client", lambda *_: None)
    monkeypatch.setattr(gathering, "reader_session", lambda *_: None)
    return gathering.asker(parse(settings), "run-1", 10)


def test_every_question_about_costs_goes_to_the_billing_view() -> None:
    view = "arn:aws:billing::111122223333:billingview/billing-group-abc"
    asked: list[dict[str, Any]] = []
    with deployment(ledger=PLAIN) as deployed:
        asker = deployed.asker()
        asker.view, connect = view, asker.connect

        def connected() -> Aws:
            aws = connect()
            events = aws.client("ce").meta.events
            events.register("provide-client-params.ce.GetCostAndUsage", lambda params, **_: asked.append(dict(params)))
            return aws

        asker.connect = connected
        gathering.gather(asker, queries.window(NOW, NOW, 30), [ACCOUNT])
    assert len(asked) > 3
    assert {one.get("BillingViewArn") for one in asked} == {view}
