"""What a person reads after a sweep."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from finops.sweeping import printout
from functions.core.plan.units import ON_PURPOSE
from functions.core.report.advice import IN_WORDS, NOT_ASKED, NOT_WANTED
from tests.finops.reports import RUN_ID, finding, summary, unseen


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a sweep has left in out/ here, and where its `latest` leads, is of no concern."""
    monkeypatch.chdir(tmp_path)


def printed(whole: dict[str, Any], seconds: float = 9.46) -> str:
    stream = io.StringIO()
    printout.show(Console(file=stream, width=140), whole, Path("out") / RUN_ID, seconds)
    return stream.getvalue()


def coverage(whole: dict[str, Any]) -> list[str]:
    return list(printout.coverage(whole["coverage"], whole["not_seen"]))


def test_a_row_says_money_action_resource_place_and_check() -> None:
    rows = printed(summary([finding(1, 1234.5, resource_name="web [prod]"), finding(2, 0.5)])).splitlines()
    assert rows[0].strip() == "Largest savings"
    assert rows[2].split() == ["1,234.50", "Delete", "web", "[prod]", "111111111111", "us-east-1", "ebs-unattached-volume", "0" * 12]
    assert rows[3].split()[:3] == ["0.50", "Delete", "vol-2"]


LONG = finding(
    0xABCDEF << 104, 1_234_567.5, resource_name="a-volume-with-a-rather-long-name", check_id="cost-optimization-hub-migrate-to-graviton"
)


@pytest.mark.parametrize("width", [40, 60, 79, 80, 100, 120, 140])
def test_on_a_narrow_screen_no_amount_and_no_id_is_cut(width: int) -> None:
    stream = io.StringIO()
    printout.show(Console(file=stream, width=width), summary([finding(1, 0.5), LONG]), Path("out") / RUN_ID, 9.5)
    shown = stream.getvalue().partition("Coverage")[0]
    words = set(stream.getvalue().replace("(", " ").replace(")", " ").split())
    assert {"0.50", "1,234,567.50", "111111111111", "us-east-1", RUN_ID} <= words
    if width >= 60:
        assert {LONG["resource_name"], LONG["check_id"]} <= words
    assert ("abcdef000000" in words) is ("Not shown at this width: Finding." not in shown)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width or width < 60, "each row is a list, whose values stay whole"


@pytest.mark.parametrize(
    ("width", "begins"),
    [
        (140, ["0.50", "Delete", "vol-1", "111111111111", "us-east-1", "ebs-unattached-volume", "000000000000"]),
        (80, ["0.50", "Delete", "vol-1"]),
        (60, ["0.50", "Delete", "vol-1"]),
    ],
)
def test_a_narrow_screen_has_the_place_below_the_resource(width: int, begins: list[str]) -> None:
    stream = io.StringIO()
    printout.show(Console(file=stream, width=width), summary([finding(1, 0.5), LONG]), None, 9.5)
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert lines[2] == begins
    if width < 140:
        assert lines[3][:2] == ["111111111111", "us-east-1"]


def test_totals_time_and_places() -> None:
    text = printed(summary([finding(1, 1000.0)]))
    assert "1 finding in 1,530 resources: $1,000.00 a month ($500.00 to $1,000.00), $12,000.00 a year." in text
    assert "Not included" not in text
    assert f"The sweep took 9.5 s (run {RUN_ID})." in text
    assert f"out/{RUN_ID}/report.html, .json, .csv (also out/latest)" in text


def test_a_sweep_on_this_machine_says_as_whom_it_read_the_accounts() -> None:
    whole = summary([finding(1, 1000.0)])
    assert "Made on this machine" not in printed(whole)
    whole["run"]["read_as"] = "arn:aws:iam::111111111111:user/[bold]ann\x1b[31m"
    assert (
        "Made on this machine; the accounts were read as arn:aws:iam::111111111111:user/[bold]ann\\x1b[31m." in printed(whole).splitlines()
    )


def test_what_the_sum_does_not_contain_is_said() -> None:
    whole = summary([finding(1, 1000.0)])
    whole["totals"]["unpriced"] = 3
    assert "Not included: 3 findings without a price." in printed(whole)
    whole["coverage"]["insufficient_data"] = {"ec2-idle-instance": 2, "rds-idle-instance": 5}
    assert "Not included: 3 findings without a price and 7 verdicts withheld (too little data, or kept by a tag)." in printed(whole)


def test_who_gave_the_advice_is_a_line() -> None:
    line = "Advice on 3 groups of findings: 2 by the model (2,700 tokens, about $0.0004), 1 by rule: Bedrock had failed several times"
    assert line in printed(summary([finding(1, 1000.0)]))


NO_TOKENS = {"tokens": {"input": 0, "output": 0}}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"bedrock": 0, "rules": 15, "reasons": {NOT_WANTED: 15}, **NO_TOKENS},
            "Advice on 15 groups of findings is by rule: the sweep was told not to use a model.",
        ),
        (
            {"bedrock": 0, "rules": 15, "reasons": {NOT_ASKED: 15}, **NO_TOKENS},  # as a run of long ago has it
            "Advice on 15 groups of findings is by rule: no model was asked.",
        ),
        (
            {"bedrock": 0, "rules": 15, "reasons": {"BedrockThrottled": 10, "BedrockUnavailable": 5}, **NO_TOKENS},
            f"Advice on 15 groups of findings is by rule: {IN_WORDS['BedrockThrottled']} (10); {IN_WORDS['BedrockUnavailable']} (5).",
        ),
        (
            {"bedrock": 0, "rules": 1, "reasons": {"BedrockRefused": 1}},
            f"Advice on 1 group of findings: 0 by the model (2,700 tokens, about $0.0004), 1 by rule: {IN_WORDS['BedrockRefused']}.",
        ),
        (
            {"bedrock": 1, "rules": 0, "reasons": {}, "usd": 0.0, "unpriced": 1},
            "Advice on 1 group of findings: 1 by the model (2,700 tokens, about $0.0000 and 1 answer without a known price), 0 by rule.",
        ),
        ({"bedrock": 0, "rules": 0, "reasons": {}}, None),
    ],
)
def test_the_advices_source_cost_and_reasons_in_words(change: dict[str, Any], line: str | None) -> None:
    assert list(printout.advice(summary([])["advice"] | change)) == ([line] if line else [])


def test_the_bill_what_nobody_looks_at_and_the_sweeps_own_cost_are_lines() -> None:
    lines = printed(summary([finding(1, 1000.0)])).splitlines()
    for line in (
        "The bill is $12,345.67 a month (amortised, 30 days up to 2026-11-24); the findings explain 61 % of it.",
        "$810.00 a month in 4 services that no scanner covers: Amazon Simple Storage Service $620.00, Amazon ElastiCache $150.00, …",
        "Rising: Amazon ElastiCache in 111111111111 from $69.90 to $150.00, and 1 more in the report.",
        "This sweep cost about $0.031: GetMetricData 71 %.",
    ):
        assert line in lines


def test_a_bill_in_another_currency_has_its_sign() -> None:
    whole = summary([finding(1, 1000.0)])
    text = printed(whole | {"bill": whole["bill"] | {"currency": "CNY"}})
    assert "The bill is ¥12,345.67 a month" in text
    assert "Amazon ElastiCache in 111111111111 from ¥69.90 to ¥150.00" in text


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({"status": "none", "reason": "AccessDeniedException: [ce] no."}, ["No billing data: AccessDeniedException: [ce] no."]),
        (
            {"explained": {"share": None}, "monthly": 0.0, "blind_spot": {"monthly": 0, "found": 0, "services": []}, "anomalies": []},
            ["The bill is $0.00 a month (amortised, 30 days up to 2026-11-24)."],
        ),
    ],
)
def test_no_bill_says_why_and_an_empty_one_little(change: dict[str, Any], lines: list[str]) -> None:
    whole = summary([])
    whole["bill"] |= change
    assert list(printout.bill(whole["bill"])) == lines
    assert lines[0] in printed(whole)


def test_an_older_runs_summary_has_neither() -> None:
    whole = summary([])
    del whole["bill"], whole["sweep_cost"]
    text = printed(whole)
    assert "bill" not in text
    assert "cost about" not in text


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({"usd": 0.0, "largest": []}, ["This sweep cost about $0.00."]),
        ({"usd": 12.3456}, ["This sweep cost about $12.35: GetMetricData 71 %."]),
        (
            {"usd": 0.0, "largest": [], "unpriced": 11},
            ["What this sweep cost is not known: the price book has no rates of its region's partition."],
        ),
    ],
)
def test_what_a_sweep_cost(change: dict[str, Any], lines: list[str]) -> None:
    assert list(printout.sweep_cost(summary([])["sweep_cost"] | change)) == lines


def test_warnings_are_shown() -> None:
    whole = summary([])
    whole["warnings"] = ["suppressions.toml: [ebs] ends tomorrow"]
    assert "suppressions.toml: [ebs] ends tomorrow" in printed(whole)


def test_coverage_is_a_line_and_what_was_not_seen_has_its_reason() -> None:
    assert coverage(summary([])) == ["Coverage 100 %: 4 of 4 units seen."]
    whole = summary([], [unseen(1, "[bold]role[/bold] not there")])
    assert coverage(whole) == [
        "Coverage 80 %: 4 of 5 units seen.",
        "  not seen: 000000000001 us-east-1 ebs:volume: denied: [bold]role[/bold] not there",
    ]
    assert coverage(whole)[1] in printed(whole)


def test_coverage_never_rounds_up_to_100() -> None:
    seen = {"ratio": 0.999999, "planned": 1_000_000, "units": {"ok": 999_999, "failed": 1}}
    assert "Coverage 99.99 %" in next(printout.coverage(seen, [unseen(1)]))


def test_a_long_line_stays_one_line_for_what_reads_it() -> None:
    assert "x" * 300 in printed(summary([], [unseen(1, "x" * 300)]))


def test_many_scopes_not_seen_are_counted_beyond_the_summarys_list() -> None:
    lines = coverage(summary([], [unseen(number) for number in range(27)]))
    assert len(lines) == 7
    assert lines[-1] == "  and 22 more, in the report"


def test_what_was_skipped_on_purpose_is_not_missed() -> None:
    whole = summary([])
    whole["coverage"].update(planned=30, units={"ok": 4, "skipped": 26})
    assert coverage(whole) == ["Coverage 100 %: 4 of 4 units seen, 26 skipped on purpose."]
    whole["coverage"]["skipped"] = {ON_PURPOSE: {"units": 24, "regions": 2}, "no spend": {"units": 2, "regions": 1}}
    assert coverage(whole) == [
        f"Coverage 100 %: 4 of 4 units seen, 26 skipped on purpose (24 in 2 regions: {ON_PURPOSE}; 2 in 1 region: no spend)."
    ]
    whole["not_seen"] = [unseen(1) | {"outcome": "skipped"}]
    assert len(coverage(whole)) == 1


def test_latest_is_named_where_it_leads_to_this_run_only(tmp_path: Path) -> None:
    def said() -> str:
        stream = io.StringIO()
        printout.show(Console(file=stream, width=300), summary([]), tmp_path / RUN_ID, 1.0)
        return stream.getvalue()

    assert f"(also {tmp_path / 'latest'})" in said()
    (tmp_path / "latest").symlink_to("20270101T000000Z-abcdef")
    assert "(also" not in said()


def test_nothing_found_is_said() -> None:
    assert printed(summary([])).startswith("No savings found.\nCoverage 100 %")


def test_the_accounts_that_the_bill_does_not_see_are_named() -> None:
    unseen = {"accounts": 5, "without_rows_found": 4, "without_rows": [f"{number}" * 12 for number in range(2, 6)]}
    first = next(printout.bill(summary([])["bill"] | unseen))
    assert "It has no rows of 4 of 5 accounts (222222222222, 333333333333, 444444444444 and 1 more): it is not what these pay." in first


@pytest.mark.parametrize(("width", "named"), [(119, False), (140, True)])
def test_an_accounts_name_stands_beside_its_id_where_there_is_room(width: int, named: bool) -> None:
    whole = summary([finding(1, 1234.5), finding(2, 2.0, account="222222222222")])
    whole["run"]["account_names"] = {"111111111111": "web \x1b[31mproduction"}
    stream = io.StringIO()
    printout.show(Console(file=stream, width=width), whole, Path("out") / RUN_ID, 9.5)
    text = stream.getvalue()
    assert ("Account name" in text, "web \\x1b[31mproduction" in text) == (named, named)
    assert "111111111111" in text
    assert "222222222222" in text
