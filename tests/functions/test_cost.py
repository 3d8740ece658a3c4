"""Cost as the state machine calls it: the bill in the bucket, a small answer, and never an error for what Cost Explorer refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from finops.embedded.cost_explorer.ledger import Ledger
from finops.embedded.cost_explorer.requests import Refused
from functions import cost
from functions.core.aws import sessions
from functions.core.aws.clients import Aws
from functions.core.costs import explorer, gathering
from functions.core.errors import Denied, Throttled
from functions.core.settings import settings
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from tests.billed_account import NOT_MOTO, PLAN, RESERVED, CostExplorer, committed, spend
from tests.functions.lambda_world import ACCOUNT, BUCKET, ENVIRONMENT, REGION, TABLE, Context, forget, own_clients
from tests.state_table import KEYS

RUN = "20261124T193000Z-abcdef"
FOLDER = RunFolder(Bucket(None, ""), RUN)  # only for its keys
NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
PLANNED = {"run_id": RUN, "as_of": NOW.isoformat(), "started": NOW.isoformat(), "bucket": BUCKET, "units": 3, "analysis_period_days": None}
"""Plan's output, as far as it matters here."""


@pytest.fixture
def ce(monkeypatch: pytest.MonkeyPatch) -> Iterator[CostExplorer]:
    """The own account's Cost Explorer, on the day of the ledger, and a scope of the own account in the bucket."""
    made = CostExplorer(ledger=Ledger((*spend(ACCOUNT), *committed(ACCOUNT)), (PLAN,), (RESERVED,)))
    describe, client = gathering.asker, Aws.client

    def on_that_day(*given: Any) -> gathering.Asker:
        asker = describe(*given)
        asker.clock = lambda: NOW
        return asker

    def answered(of: Aws, service: str) -> Any:
        new = service not in of.clients
        found = client(of, service)
        if new and service == "ce":
            made.answer_for(found)
        return found

    monkeypatch.setattr(gathering, "asker", on_that_day)
    monkeypatch.setattr(Aws, "client", answered)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    forget()
    own_clients()
    with mock_aws(config=NOT_MOTO):
        s3().create_bucket(Bucket=BUCKET)
        sessions.own_client("dynamodb").create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **KEYS)
        scope(ACCOUNT)
        yield made
    forget()


def s3() -> Any:
    return sessions.own_client("s3", REGION)


def scope(*accounts: str) -> None:
    content = {"accounts": list(accounts), "regions": [REGION], "resource_types": ["ebs:volume"]}
    s3().put_object(Bucket=BUCKET, Key=FOLDER.scope, Body=json.dumps(content).encode())


def bill() -> Any:
    return Bucket(s3(), BUCKET).need_json(FOLDER.bill)


def handle(**planned: Any) -> Any:
    return cost.handler({**PLANNED, **planned}, Context())


def test_the_bill_is_in_the_bucket_and_the_next_sweep_asks_nothing(ce: CostExplorer) -> None:
    assert handle() == {"status": "ok", "reason": "", "requests": 11, "cached": 0, "export": ""}
    first = bill()
    assert handle() == {"status": "ok", "reason": "", "requests": 0, "cached": 11, "export": ""}
    assert {**bill(), "requests": 11, "cached": 0} == first
    assert (first["start"], first["end"], first["days"], first["accounts"]) == ("2026-10-25", "2026-11-24", 30, [ACCOUNT])
    assert first["unblended"] == pytest.approx(30 * (2.4 + 1.0 + 0.5 + 24 + 7.2))  # no credit
    assert [one["arn"] for one in first["savings_plans"]] == [PLAN.arn]
    assert [one["id"] for one in first["reservations"]] == [RESERVED.id]
    assert len(ce.asked) == 11


@pytest.mark.parametrize(
    ("asked", "days"),
    [({"as_of": "2027-12-01T00:00:00+00:00"}, 30), ({"analysis_period_days": 7}, 7), ({"as_of": "2026-11-24T23:59:59+00:00"}, 30)],
)
def test_a_sweep_as_of_the_future_is_billed_until_today(ce: CostExplorer, asked: dict[str, Any], days: int) -> None:
    assert handle(**asked)["status"] == "ok"
    assert (bill()["end"], bill()["days"]) == ("2026-11-24", days)
    assert {body["TimePeriod"]["End"] for _, body in ce.asked} == {"2026-11-24"}


def refuse(ce: CostExplorer, code: str, message: str) -> None:
    def fail(operation: str) -> None:
        raise Refused(code, message)

    ce.fail = fail


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "User not enabled for cost explorer access"),
        ("AccessDeniedException", "is not authorized to perform: ce:GetCostAndUsage"),
        ("DataUnavailableException", "Data is not available."),
        ("ValidationException", "Start date (and hour) should be before end date (and hour)"),
    ],
)
def test_what_is_refused_is_no_bill_and_no_error(ce: CostExplorer, code: str, message: str) -> None:
    refuse(ce, code, message)
    answer = handle()
    assert (answer["status"], answer["requests"], answer["cached"]) == ("none", 1, 0)
    assert f"ce:GetCostAndUsage: {code}: {message}" in answer["reason"]
    assert handle() == {**answer, "requests": 0}
    there = bill()
    assert set(there) == {"status", "reason", "accounts", "start", "end", "days", "requests", "cached"}
    assert (there["status"], there["reason"], there["start"]) == ("none", answer["reason"], "2026-10-25")


def test_days_that_cost_explorer_does_not_have_are_no_bill(ce: CostExplorer) -> None:
    answer = handle(as_of="2020-01-01T00:00:00+00:00")
    assert answer == {"status": "none", "reason": answer["reason"], "requests": 0, "cached": 0, "export": ""}
    assert "begins with 2025-10-01" in answer["reason"]
    assert bill()["reason"] == answer["reason"]
    assert ce.asked == []


def test_a_billing_account_that_does_not_trust_us_is_no_bill(ce: CostExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> Any:
        raise Denied("sts:AssumeRole", "AccessDenied: not trusted")

    monkeypatch.setattr(gathering, "reader_session", denied)
    assert handle() == {"status": "none", "reason": "sts:AssumeRole: AccessDenied: not trusted", "requests": 0, "cached": 0, "export": ""}


def test_a_slow_down_is_for_the_state_machine_and_what_it_took_is_metered(ce: CostExplorer) -> None:
    refuse(ce, "LimitExceededException", "You made too many calls")
    with pytest.raises(Throttled):
        handle()
    (key,) = Bucket(s3(), BUCKET).keys(FOLDER.meters)
    assert Bucket(s3(), BUCKET).need_json(key)["calls"]["ce:GetCostAndUsage"] == 5
    ce.fail = lambda operation: None
    assert handle()["status"] == "ok"


def test_what_it_takes_is_metered(ce: CostExplorer) -> None:
    handle()
    (key,) = Bucket(s3(), BUCKET).keys(FOLDER.meters)
    calls = Bucket(s3(), BUCKET).need_json(key)["calls"]
    asked = {call: number for call, number in calls.items() if call.startswith("ce:")}
    assert asked == {
        "ce:GetCostAndUsage": 6,
        "ce:GetReservationCoverage": 1,
        "ce:GetReservationUtilization": 3,
        "ce:GetSavingsPlansUtilizationDetails": 1,
    }
    assert set(asked) == set(explorer.IAM)
    assert {call for call in calls if call.startswith("dynamodb:")} == {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
    }


def test_many_accounts_come_from_the_scope(ce: CostExplorer) -> None:
    many = [f"{number:012}" for number in range(499)]
    scope(*many, ACCOUNT)
    answer = handle()
    assert answer == {"status": "ok", "reason": "", "requests": 16, "cached": 0, "export": ""}
    assert len(bill()["accounts"]) == 500
    assert len(json.dumps(answer)) < 2048


def free(monkeypatch: pytest.MonkeyPatch, yes: bool) -> None:
    monkeypatch.setenv("PAID_REQUESTS", "false" if yes else "true")
    settings.cache_clear()


def test_a_sweep_that_is_to_be_free_has_no_bill_and_leaves_no_trace(ce: CostExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "Cost Explorer was not asked, because each request costs money and this sweep was to be free"
    none = {"status": "none", "reason": reason, "requests": 0, "cached": 0}
    free(monkeypatch, True)
    assert handle() == {**none, "export": ""}
    assert cost.handler({"probe": [ACCOUNT]}, Context()) == none
    there = bill()
    assert (there["status"], there["reason"], there["accounts"], there["end"]) == ("none", reason, [ACCOUNT], "2026-11-24")
    assert ce.asked == []
    assert sessions.own_client("dynamodb").scan(TableName=TABLE)["Items"] == [], "nothing is remembered as a refusal"
    free(monkeypatch, False)
    assert handle() == {"status": "ok", "reason": "", "requests": 11, "cached": 0, "export": ""}


def test_a_sweep_that_is_to_be_free_does_not_use_what_another_has_paid_for(ce: CostExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    handle()
    free(monkeypatch, True)
    assert (handle()["status"], bill()["cached"]) == ("none", 0)
    free(monkeypatch, False)
    assert handle() == {"status": "ok", "reason": "", "requests": 0, "cached": 11, "export": ""}, "and leaves it as it was"


def test_asked_whether_cost_explorer_answers_it_asks_what_the_next_sweep_needs(ce: CostExplorer) -> None:
    assert cost.handler({"probe": [ACCOUNT]}, Context()) == {"status": "ok", "reason": "", "requests": 1, "cached": 0}
    assert cost.handler({"probe": [ACCOUNT]}, Context()) == {"status": "ok", "reason": "", "requests": 0, "cached": 1}
    assert handle() == {"status": "ok", "reason": "", "requests": 10, "cached": 1, "export": ""}


def test_asked_whether_cost_explorer_answers_it_says_what_was_refused(ce: CostExplorer) -> None:
    refuse(ce, "AccessDeniedException", "User not enabled for cost explorer access")
    answer = cost.handler({"probe": [ACCOUNT]}, Context())
    assert (answer["status"], explorer.NOT_ENABLED in answer["reason"].lower()) == ("none", True)


def test_asked_whether_cost_explorer_answers_it_names_accounts_that_it_does_not_see(ce: CostExplorer) -> None:
    others = [f"{number:012}" for number in range(1, 10)]
    answer = cost.handler({"probe": [ACCOUNT, *others]}, Context())
    assert (answer["status"], answer["without_rows_found"], answer["without_rows"]) == ("ok", 9, others[:3])
    scope(ACCOUNT, *others)
    handle()
    assert bill()["without_rows"] == others
