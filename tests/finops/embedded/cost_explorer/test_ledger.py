"""The ledger: what it is as lines, whose it is, and how a row counts its days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from finops.embedded.cost_explorer.ledger import Ledger, Reservation, Row, SavingsPlan, read

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 11)
ROW = Row(FIRST, "111111111111", "S3", "TimedStorage", unblended=1.5, amortized=1.25, quantity=3.0, until=LAST, plan="arn:plan")
PLAN = SavingsPlan("arn:plan", "ComputeSavingsPlans", "111111111111", 0.5, FIRST, LAST)
RESERVATION = Reservation("1", "RDS", "222222222222", "us-east-1", "db.m5.large", 2, 0.1, 0.2, FIRST, LAST)


def test_as_lines_it_is_the_same_ledger() -> None:
    covered = Row(FIRST, "222222222222", "RDS", "InstanceUsage:db.m5.large", "DiscountedUsage", reservation="1", net_amortized=0.0)
    covered = replace(covered, operation="CreateDBInstance:0014")
    ledger = Ledger((ROW, covered), (PLAN,), (RESERVATION,))
    assert read([*ledger.lines(), ""]) == ledger


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "line 2 of the ledger: Expecting value"),
        ('{"day": "2026-13-01", "account": "1", "service": "s", "usage_type": "u"}', "line 2 of the ledger: month must be in 1..12"),
        ('{"day": "2026-11-01", "account": "1", "service": "s", "usage_type": "u", "colour": "red"}', "line 2 of the ledger: .*'colour'"),
        ('{"savings_plan": {"arn": "a"}}', "line 2 of the ledger: .*missing"),
    ],
)
def test_a_line_that_is_not_understood_is_named(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(["", line])


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), 0),
        (date(2026, 10, 1), date(2026, 11, 2), 1),
        (date(2026, 11, 1), date(2026, 11, 11), 10),
        (date(2026, 11, 10), date(2026, 12, 1), 1),
        (date(2026, 11, 11), date(2026, 12, 1), 0),
    ],
)
def test_a_row_counts_its_days_in_a_period(start: date, end: date, days: int) -> None:
    assert ROW.days_in(start, end) == days
    assert Row(FIRST, "1", "s", "u").days_in(FIRST, LAST) == 1


def test_net_amounts_are_the_others_unless_they_are_given() -> None:
    assert [ROW.amount(metric) for metric in ("UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost")] == [
        1.5,
        1.25,
        1.5,
        1.25,
    ]
    assert (ROW.amount("BlendedCost"), ROW.amount("UsageQuantity")) == (1.5, 3.0)
    assert Row(FIRST, "1", "s", "u", unblended=2.0, net_unblended=1.0, net_amortized=0.0).amount("NetUnblendedCost") == 1.0


def test_a_row_without_an_operation_has_cost_explorers_word_for_none() -> None:
    assert (ROW.operation, ROW.shown_operation) == ("", "NoOperation")
    assert replace(ROW, operation="RunInstances").shown_operation == "RunInstances"


def test_a_linked_account_sees_its_own() -> None:
    own = Ledger((ROW,), (PLAN,), (RESERVATION,)).linked("222222222222")
    assert (own.rows, own.plans, own.reservations) == ((), (), (RESERVATION,))
