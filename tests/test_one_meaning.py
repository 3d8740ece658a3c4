"""One number has one meaning, and one thing one number: all that is told of one sweep, held against each other.

The third of three sweeps, with some of everything: in the sum, without a price, tidying, counted by another finding, suppressed, withheld;
new, persisting, regressed and resolved; units that were seen, denied and skipped. No two of these numbers are the same.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cdk_app.constructs.saved_queries import saved
from finops.commands import listed_runs, sql
from finops.commands.runs import table
from finops.sweeping import dataset, printout
from functions import aggregate, rank
from functions.core import run_ids
from functions.core.digest import news, render, topic
from functions.core.model import Finding, Outcome, Unit, UnitOutcome
from functions.core.rank.totals import Place, exact
from functions.core.report import counts
from functions.core.store.bucket import Bucket
from functions.core.store.unit_objects import OUTCOME
from tests.functions import sweeps
from tests.functions.core.digest.summaries import link
from tests.functions.core.report.test_as_html import Outline, index_of

IN_SUM, UNPRICED, TIDYING, ELSEWHERE, SUPPRESSED, WITHHELD = 230, 3, 5, 7, 9, 11
NEW, REGRESSED, RESOLVED = 213, 2, 4
DENIED, SKIPPED = 1, 6
FINDINGS = IN_SUM + UNPRICED + TIDYING + ELSEWHERE
PERSISTING = FINDINGS - NEW - REGRESSED
SUPPRESS = '[[suppress]]\nresource_arn = "*vol-quiet-*"\nreason = "a test\'s"\nuntil = 2999-01-01\n'


@dataclass(slots=True, frozen=True)
class Told:
    """Everything that is told of the sweep."""

    rank: Mapping[str, Any]
    summary: Mapping[str, Any]
    report: Mapping[str, Any]
    page: str
    rows: list[dict[str, str]]
    subject: str
    mail: str
    html: str
    note: topic.Note
    terminal: str
    listed: list[str]
    index: list[dict[str, Any]]
    sql: Mapping[str, Any]


def volumes(first: int, last: int) -> list[Finding]:
    return [sweeps.finding(f"vol-{number}", sweeps.saving(1.25 + number)) for number in range(first, last)]


def others() -> dict[str, list[Finding]]:
    """What is not in the sum, in each of the sweeps."""
    best = sweeps.finding("vol-best", sweeps.saving(900.0))
    made = [best, *(sweeps.finding("vol-best", sweeps.saving(1.0), check=f"c-{n}", counted_by=best.finding_id) for n in range(ELSEWHERE))]
    made += [sweeps.finding(f"vol-odd-{number}", sweeps.UNPRICED) for number in range(UNPRICED)]
    made += [sweeps.finding(f"vol-quiet-{number}", sweeps.saving(3.5)) for number in range(SUPPRESSED)]
    return {"ebs:volume": made, "elb:target-group": [sweeps.hygiene(f"tg-{number}") for number in range(TIDYING)]}


def sweep(world: sweeps.World, days_ago: int, found: list[Finding]) -> tuple[Any, Any, str]:
    """Rank's answer, the summary and the run's id."""
    started = datetime.now(UTC) - timedelta(days=days_ago)
    run_id, moment = run_ids.make(started, "sweep"), started.isoformat(timespec="seconds")
    of = others()
    of["ebs:volume"] = [*of["ebs:volume"], *found]
    units = {name: sweeps.unit(name) for name in of}
    denied = sweeps.unit("rds:db-instance")
    sweeps.write_plan(world.s3, [*units.values(), denied], run_id)
    for name, unit in units.items():
        sweeps.write_unit(world.s3, unit, of[name], run_id, insufficient={"ec2-idle-instance": WITHHELD} if name == "ebs:volume" else {})
    sweeps.write_unit(world.s3, denied, run_id=run_id, outcome=Outcome.DENIED, reason="rds:DescribeDBInstances: AccessDenied")
    skip(world, run_id)
    plan = sweeps.plan_output(run_id, as_of=moment, started=moment, min_coverage=0.5) | {"analyze": False}
    ranked = rank.handler({"plan": plan, "cost": sweeps.NO_BILL}, sweeps.Context())
    aggregate.handler({"plan": plan, "rank": ranked}, sweeps.Context())
    return ranked, Bucket(world.s3, sweeps.BUCKET).need_json(sweeps.folder(run_id=run_id).summary), run_id


def skip(world: sweeps.World, run_id: str) -> None:
    """What Plan left out on purpose."""

    def outcome(unit: Unit) -> UnitOutcome:
        return UnitOutcome(
            unit_id=unit.unit_id, account=unit.account, region=unit.region, resource_type=unit.resource_type, outcome=Outcome.SKIPPED,
            reason="bills nothing",
        )  # fmt: skip

    lines = b"".join(OUTCOME.dump_json(outcome(sweeps.unit(region=f"eu-west-{number}"))) + b"\n" for number in range(SKIPPED))
    world.s3.put_object(Bucket=sweeps.BUCKET, Key=sweeps.folder(run_id=run_id).skipped, Body=lines)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    persisting = PERSISTING - 1 - ELSEWHERE - UNPRICED - TIDYING
    back = volumes(1_000, 1_000 + REGRESSED)
    gone = volumes(2_000, 2_000 + RESOLVED)
    with sweeps.world() as world:
        world.s3.put_object(Bucket=sweeps.BUCKET, Key="config/suppressions.toml", Body=SUPPRESS.encode())
        sweep(world, 3, [*volumes(0, persisting), *back])
        sweep(world, 2, [*volumes(0, persisting), *gone])
        ranked, summary, run_id = sweep(world, 1, [*volumes(0, persisting + NEW), *back])
        bucket, folder, out = Bucket(world.s3, sweeps.BUCKET), sweeps.folder(run_id=run_id), tmp_path_factory.mktemp("out")
        source = bucket.need(folder.file("report.html")).decode()
        outline = Outline(source)
        rows = list(csv.DictReader(io.StringIO(bucket.need(folder.file("report.csv")).decode("utf-8-sig"))))
        message = news.digest(summary, sweeps.ACCOUNT, link())
        screen, runs = io.StringIO(), io.StringIO()
        printout.show(Console(file=screen, width=140), summary, Path("out") / run_id, 9.5)
        now = datetime.now(UTC)
        listed = listed_runs.ListedRun(run_id, "SUCCEEDED", now, now + timedelta(seconds=90), "arn", summary)
        Console(file=runs, width=140).print(table([listed]))
        columns, answer = sql.run(dataset.in_bucket(bucket, out, print), saved()["savings-by-run"].sql)
        yield Told(
            rank=ranked,
            summary=summary,
            report=bucket.need_json(folder.file("report.json")),
            page=" ".join(outline.text.split()),
            rows=rows,
            subject=message.subject,
            mail=" ".join(render.text(message).split()),
            html=" ".join(Outline(render.html(message)).text.split()),
            note=topic.reported(summary, sweeps.ACCOUNT, sweeps.BUCKET, message, ""),
            terminal=" ".join(screen.getvalue().split()),
            index=index_of(source),
            listed=runs.getvalue().splitlines()[1].split(),
            sql=next(row for row in (dict(zip(columns, one, strict=True)) for one in answer) if row["run"] == run_id),
        )


def test_the_sweep_has_some_of_everything(told: Told) -> None:
    totals = told.report["totals"]
    assert [totals[name] for name in ("findings", "counted", "unpriced", "hygiene", "counted_elsewhere")] == [
        FINDINGS, IN_SUM, UNPRICED, TIDYING, ELSEWHERE,
    ]  # fmt: skip
    assert totals["suppressed"]["findings"] == SUPPRESSED
    assert [totals["lifecycle"][name] for name in counts.STATES] == [NEW, PERSISTING, REGRESSED, RESOLVED]
    assert told.summary["totals"]["lifecycle"] == totals["lifecycle"]


def test_the_same_sentences_stand_on_the_page_in_the_mail_on_the_topic_and_on_the_terminal(told: Told) -> None:
    totals, coverage = told.summary["totals"], told.summary["coverage"]
    sentences = (counts.in_words(totals), counts.beside_the_sum(totals, coverage))
    assert sentences[0] == f"{FINDINGS} findings in {totals['resources']} resources"
    assert sentences[1].startswith(
        f"{IN_SUM} of them are in the sum. Not included: {UNPRICED} findings without a price, {TIDYING} to tidy up,"
    )
    for sentence in sentences:
        for where, text in {
            "page": told.page,
            "mail": told.mail,
            "html": told.html,
            "topic": told.note.text,
            "terminal": told.terminal,
        }.items():
            assert sentence in text.replace("\N{NO-BREAK SPACE}", " "), where


def test_what_is_called_findings_is_the_same_number_everywhere(told: Told) -> None:
    assert f"in {FINDINGS} findings ({NEW} new, {REGRESSED} regressed)" in told.subject
    assert (told.note.data["findings"], told.rank["findings"], told.sql["findings"]) == (FINDINGS, FINDINGS, FINDINGS)
    assert told.listed[3] == str(FINDINGS)
    assert f"findings: {FINDINGS} " in told.mail
    assert Counter(row["p"] for row in told.index) == {
        Place.COUNTED: IN_SUM,
        Place.UNPRICED: UNPRICED,
        Place.HYGIENE: TIDYING,
        Place.COUNTED_ELSEWHERE: ELSEWHERE,
        Place.SUPPRESSED: SUPPRESSED,
    }
    in_sum = sum(row["l"] for row in told.index if row["p"] == Place.COUNTED)
    assert in_sum == exact(told.report["totals"]["monthly_savings"]["likely"])
    assert len(told.rows) == len(told.report["findings"]) == FINDINGS + SUPPRESSED
    assert sum(row["x_Lifecycle"] != "suppressed" for row in told.rows) == FINDINGS
    for group in ("service", "account", "region", "check"):
        assert sum(one["findings"] for one in told.report["totals"][f"by_{group}"].values()) == FINDINGS


def test_what_is_in_the_sum_is_the_same_number_everywhere(told: Told) -> None:
    assert f"These are the 20 largest of {IN_SUM} findings in the sum." in told.page
    assert told.note.data["counted"] == IN_SUM
    headline = [row for row in told.rows if row["x_IsHeadline"] == "true" and row["x_Lifecycle"] != "suppressed"]
    assert len(headline) == IN_SUM + UNPRICED + TIDYING
    likely = told.summary["totals"]["monthly_savings"]["likely"]
    assert sum(float(row["x_MonthlySavingsLikely"] or 0) for row in headline) == pytest.approx(likely)
    assert told.sql["monthly_savings"] == pytest.approx(likely)
    assert f"${likely:,.2f} a month" in told.page
    assert f"${likely:,.2f} a month" in told.terminal


@pytest.mark.parametrize(("state", "number"), [("new", NEW), ("regressed", REGRESSED), ("resolved", RESOLVED), ("persisting", PERSISTING)])
def test_a_state_is_called_the_same_and_has_the_same_number(told: Told, state: str, number: int) -> None:
    assert f"{number} {state}" in told.page
    assert told.note.data[state] == number
    if state != "persisting":
        assert f"{state}: {number} " in told.mail
    if state in ("new", "regressed"):
        assert told.sql[f"{state}_findings"] == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("suppressed", SUPPRESSED), ("to tidy up", TIDYING), ("counted by another finding", ELSEWHERE),
        (f"verdicts withheld: {counts.WITHHELD}", WITHHELD),
    ],
)  # fmt: skip
def test_the_pages_strip_has_the_numbers_of_the_sentence(told: Told, words: str, number: int) -> None:
    assert f"{number} {words}" in told.page


def test_units_that_were_skipped_are_neither_seen_nor_missed_anywhere(told: Told) -> None:
    assert counts.units(told.summary["coverage"]) == (3, 2, DENIED, SKIPPED)
    assert (told.rank["units"], told.rank["not_seen"]) == (3, DENIED)
    assert "66.66 % of the units were seen" in told.page
    assert "2 of 3 units (account × region × resource type)" in told.page
    assert f"Coverage 66.66 %: 2 of 3 units seen, {SKIPPED} skipped on purpose (" in told.terminal
    assert "coverage: 66.66 %" in told.mail
    assert told.listed[5:] == ["66.66", "%"]
    for text in (told.terminal, told.mail):
        assert text.count("bills nothing") == 1, "why they were skipped, beside their number, and nowhere as not seen"
        assert not re.search(r"(and|And) \d+ more(,| units?)", text)
    assert json.dumps(told.note.data["coverage"]) == json.dumps({"ratio": 0.666667, "min_ratio": 0.5, "met": True})
