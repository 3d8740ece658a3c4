"""What the digest says of a sweep: its subject, what is new and resolved, and what has to be known with it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.digest.message import Message, Section
from functions.core.digest.news import digest, first_sweep, fresh, subject
from functions.core.plan.units import ON_PURPOSE
from tests.functions import sweeps
from tests.functions.core.digest.summaries import found, gone, link, summary, unseen, with_bill
from tests.functions.core.report import bills


def told(of: dict[str, Any]) -> Message:
    return digest(of, sweeps.ACCOUNT, link())


def section(message: Message, title: str) -> Section:
    [one] = [one for one in message.sections if one.title.startswith(title)]
    return one


def titles(message: Message) -> list[str]:
    return [one.title for one in message.sections]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "FinOps: $12,383 a month in 416 findings (12 new), coverage 100 %"),
        ({"new": 0}, "FinOps: $12,383 a month in 416 findings (0 new), coverage 100 %"),
        ({"new": 3, "regressed": 2}, "FinOps: $12,383 a month in 416 findings (3 new, 2 regressed), coverage 100 %"),
        ({"likely": 3.5, "findings": 1, "new": 0}, "FinOps: $3.50 a month in 1 finding (0 new), coverage 100 %"),
        ({"new": 416, "resolved": 0}, "FinOps: $12,383 a month in 416 findings (all new), coverage 100 %"),
        ({"new": 416, "resolved": 0, "what_if": True}, "FinOps: $12,383 a month in 416 findings, coverage 100 %"),
        ({"likely": 0, "findings": 0, "new": 0, "resolved": 0}, "FinOps: nothing to save found, coverage 100 %"),
        (
            {"likely": 0, "findings": 3, "unpriced": 3, "new": 3},
            "FinOps: no saving with a known price in 3 findings (3 new), coverage 100 %",
        ),
        ({"ratio": 0.95}, "FinOps: $12,383 a month in 416 findings (12 new), coverage 95 %"),
        ({"ratio": 0.94}, "FinOps: coverage only 94 % (95 % required); $12,383 a month in 416 findings (12 new)"),
        ({"ratio": 0.99999}, "FinOps: $12,383 a month in 416 findings (12 new), coverage 99.99 %"),
    ],
)
def test_the_subject_says_it_all(given: dict[str, Any], expected: str) -> None:
    assert subject(summary(**given)) == expected


def test_regions_that_are_denied_on_purpose_are_in_the_subject_and_said_with_the_reason() -> None:
    given = summary()
    given["coverage"]["skipped"] = {ON_PURPOSE: {"units": 180, "regions": 15}, "no spend": {"units": 12, "regions": 1}}
    assert subject(given).endswith("coverage 100 % without 15 denied regions")
    assert f"Left out on purpose, units: 180 in 15 regions: {ON_PURPOSE}; 12 in 1 region: no spend." in told(given).notices


def test_many_new_ones_are_listed_and_the_others_counted() -> None:
    new = section(told(summary(new=12)), "New since")
    assert tuple(new.rows[0]) == (
        "$90.00",
        "Delete new-0",
        "ebs:volume, 111122223333, us-east-1",
    )
    assert (len(new.rows), new.more) == (10, "And 2 more new findings: see the report.")


def test_as_many_as_are_listed_leave_nothing_to_add() -> None:
    assert section(told(summary(new=10)), "New since").more == ""
    assert section(told(summary(new=11)), "New since").more == "And 1 more new finding: see the report."


def test_one_that_came_back_stands_with_the_new_ones_and_says_so() -> None:
    of = summary(new=0, regressed=1, new_ones=[found("web", 5, "regressed", action="MigrateToGraviton", resource_type="ec2:instance")])
    [row] = section(told(of), "New since").rows
    assert (fresh(of["totals"]), row.what) == (1, "Migrate to Graviton web")
    assert row.where.endswith(", regressed")
    assert [tuple(fact)[:2] for fact in told(of).facts][:2] == [("new", "0"), ("regressed", "1")]


def test_nothing_new_is_said() -> None:
    message = told(summary(new=0))
    assert section(message, "New since").text == ["Nothing."]
    assert section(message, "Largest").rows[0].what == "Delete cache-2019"


def test_new_ones_without_a_price_are_counted() -> None:
    of = summary(likely=0, findings=2, unpriced=2, new=2, new_ones=[], largest=[])
    message = told(of)
    assert section(message, "New since").text == ["2 new findings, without a saving that has a known price."]
    assert message.headline == "No saving with a known price found"
    assert message.below == "2 findings in 10,240 resources. 0 of them are in the sum. Not included: 2 findings without a price."


def test_nothing_found_is_no_saving_without_a_price() -> None:
    message = told(summary(likely=0, findings=0, new=0, resolved=0))
    assert message.headline == "Nothing to save found"
    assert "nothing to save found" in message.subject


def test_a_first_sweep_calls_nothing_news() -> None:
    of = summary(new=416, resolved=0)
    assert first_sweep(of)
    assert titles(told(of)) == ["Largest monthly savings", "The bill and the sweep"]


def test_the_largest_are_not_listed_again_when_they_are_the_new_ones() -> None:
    new = [found("a", 9, "new"), found("b", 8, "new")]
    assert "Largest monthly savings" not in titles(told(summary(new=2, new_ones=new, largest=new)))
    assert "Largest monthly savings" in titles(told(summary(new=2, new_ones=new, largest=[*new, found("c", 7)])))


def test_the_resolved_come_with_what_they_would_have_saved() -> None:
    one = section(told(summary(resolved=5)), "Resolved")
    assert one.title == "Resolved, $212.40 a month"
    assert [row.amount for row in one.rows] == ["$140.00", "unpriced"]
    assert one.more == "And 3 more resolved findings: see the report."


def test_an_unnamed_resource_that_is_gone_has_its_arn() -> None:
    of = summary(resolved=1, resolved_ones=[gone("x", 1.0) | {"resource_name": ""}])
    assert section(told(of), "Resolved").rows[0].what == "arn:aws:ec2:us-east-1:111122223333:volume/x"


def test_too_little_coverage_is_the_first_thing_said_and_that_the_sweep_fails() -> None:
    message = told(summary(ratio=0.82))
    assert message.bad
    assert message.notices[0].startswith("Only 82 % of the units were seen, at least 95 % is required")
    assert "CoverageTooLow" in message.notices[0]
    assert [fact for fact in message.facts if fact.bad] == [("coverage", "82 %", True)]
    seen = section(message, "Not seen")
    assert seen.rows[0] == ("denied", "111122223333 us-west-2 rds:db-instance", "rds:DescribeDBInstances: AccessDenied")
    assert seen.more == "And 17 more units: see the report."


def test_what_was_skipped_on_purpose_is_not_among_what_was_not_seen() -> None:
    of = summary(ratio=0.9)
    of["coverage"]["units"] |= {"denied": 3, "skipped": 7}
    of["not_seen"] = [unseen(), unseen("on purpose") | {"outcome": "skipped"}]
    seen = section(told(of), "Not seen")
    assert ([row.amount for row in seen.rows], seen.more) == (["denied"], "And 2 more units: see the report.")


def test_enough_coverage_is_not_bad_and_still_says_what_is_missing() -> None:
    message = told(summary(ratio=0.96))
    assert (message.bad, message.notices) == (False, [])
    assert section(message, "Not seen").more == "And 3 more units: see the report."


def test_a_what_if_says_so_and_compares_nothing() -> None:
    message = told(summary(what_if=True, new=416, resolved=0))
    assert message.notices == ["This is a what-if: it shows the state of 2026-11-24 16:04 UTC, and is not compared with other sweeps."]
    assert [fact.name for fact in message.facts] == ["findings", "coverage"]
    assert "New since the last sweep" not in titles(message)


def test_the_bill_and_the_sweeps_own_cost_stand_in_it() -> None:
    text = section(told(with_bill()), "The bill").text
    assert text[0].startswith("The bill is $")
    assert "the findings explain" in text[0]
    assert any(line.startswith("Rising: ") for line in text)
    assert any("that no scanner covers" in line for line in text)
    assert text[-1].startswith("The sweep itself cost about $")


def test_what_a_sweep_cost_in_another_partition_is_not_known_and_not_nothing() -> None:
    cost = {**bills.sweep_cost(), "usd": 0.0, "lines": []}
    lines = section(told(summary(bill=bills.bill(), sweep_cost=cost)), "The bill").text
    assert not any("itself cost" in line for line in lines)


def test_without_billing_data_the_reason_stands_there() -> None:
    of = summary(bill={"status": "none", "reason": "ce:GetCostAndUsage: AccessDenied."})
    assert section(told(of), "The bill").text == ["No billing data: ce:GetCostAndUsage: AccessDenied."]


def test_an_older_run_without_both_says_nothing_of_them() -> None:
    of = {name: value for name, value in summary().items() if name not in ("bill", "sweep_cost")}
    assert "The bill and the sweep" not in titles(told(of))


def test_long_names_and_reasons_are_cut() -> None:
    of = summary(new=1, new_ones=[found("x" * 500, 1, "new")], ratio=0.9, not_seen=[unseen("y" * 5000)], warnings=["z" * 5000])
    message = told(of)
    assert max(len(row.what) for row in section(message, "New since").rows) < 120
    assert len(section(message, "Not seen").rows[0].where) < 200
    assert max(map(len, message.notices)) < 400


def test_the_footer_names_the_run() -> None:
    assert told(summary()).footer[0] == (
        "Run 20261124T160402Z-aaaaaa in account 111122223333, state of 2026-11-24 16:04 UTC, swept in 1 min 24 s."
    )


def test_the_accounts_that_the_bill_does_not_see_are_named() -> None:
    whole = bills.bill(3)
    of = summary(bill=whole | {"without_rows": whole["accounts"][1:]})
    assert (
        section(told(of), "The bill")
        .text[0]
        .endswith(f"It has no rows of 2 of 3 accounts ({', '.join(whole['accounts'][1:])}): it is not what these pay.")
    )


def test_a_bill_in_another_currency_has_its_sign_and_savings_have_the_dollar_s() -> None:
    message = told(summary(bill=bills.bill(currency="CNY")))
    text = section(message, "The bill").text
    assert text[0].startswith("The bill is ¥")
    assert not any("$" in line for line in text)
    assert "$" in message.headline


def test_an_accounts_name_stands_beside_its_id() -> None:
    given = summary(new=0, largest=[found("cache", 12.0)])
    given["run"]["account_names"] = {sweeps.ACCOUNT: "web\nproduction"}
    rows = {row.where for section in told(given).sections for row in section.rows}
    assert f"ebs:volume, {sweeps.ACCOUNT} (web production), us-east-1" in rows
    assert f"ebs-unattached-volume, {sweeps.ACCOUNT} (web production), us-east-1" in rows, "of what is resolved, too"
