"""`finops history`: the runs of one scope, what was realised, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from finops import cli
from finops.ending import ExitCode
from finops.sweeping.sweep import Target
from functions.core.store.bucket import Bucket
from tests.finops.commands.comparing.compared_runs import analyzer, id_of, put_back, run
from tests.functions import sweeps


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with analyzer() as made:
        yield made


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert cli.main(["history", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_person_sees_the_runs_of_the_scope_and_what_is_left_out(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["history"]) == 0
    header, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert header == ["Run", "Found", "New", "Resolved", "$", "a", "month", "Realised", "Seen"]
    assert lines[:4] == [
        [id_of(1), "4", "4", "0", "60.01", "0.00", "100", "%"],
        [id_of(2), "3", "0", "1", "30.01", "30.00", "100", "%"],
        [id_of(7), "2", "0", "2", "10.01", "50.00", "100", "%"],
        [id_of(8), "4", "1", "0", "82.51", "20.00", "100", "%"],
    ]
    said = [" ".join(line) for line in lines[4:]]
    assert said == [
        "Realised so far: $20.00 a month, by 1 finding resolved and not back, the first on 2026-11-07.",
        f"Left out, of another scope: 1 run, {id_of(3)}.",
        f"Left out, a what-if, which looks at another day: 1 run, {id_of(4)}.",
        f"Left out, of an earlier version, which did not note its scope: 1 run, {id_of(5)}.",
        f"Left out, without a report: 1 run, {id_of(6)}.",
    ]


def test_a_program_gets_the_trend_of_the_report(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(capsys)
    folder = sweeps.folder(run_id=id_of(8))
    summary = Bucket(target.s3, sweeps.BUCKET).need_json(folder.summary)
    report = Bucket(target.s3, sweeps.BUCKET).need_json(folder.file("report.json"))
    assert told["runs"] == summary["trend"] == report["trend"]
    assert told["realised"] == summary["realised"] == report["realised"]
    assert told["scope"] == summary["run"]["scope"] == report["run"]["scope"]
    assert [one["run_id"] for one in told["left_out"]] == [id_of(day) for day in (3, 4, 5, 6)]


def test_up_to_a_run_that_is_named(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert [one["run_id"] for one in asked(capsys, id_of(2)[:11])["runs"]] == [id_of(1), id_of(2)]
    narrow = asked(capsys, id_of(3))
    assert ([one["run_id"] for one in narrow["runs"]], narrow["scope"]["regions"]) == ([id_of(3)], 1)


def test_a_run_that_was_resumed_since_says_what_it_says_now(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    with put_back(target.s3):
        run(target.s3, 2, {"us-east-1": [sweeps.finding("vol-1", sweeps.saving(99))], "eu-west-1": []})
        told = asked(capsys)["runs"]
    assert [one["monthly_likely"] for one in told] == [60.01, 99.0, 10.01, 82.51]


@pytest.mark.parametrize(
    ("day", "words"), [(4, "is a what-if"), (5, "is of an earlier version"), (6, "(succeeded) has no report"), (99, "there is no run")]
)
def test_a_run_that_is_compared_with_no_other_is_refused(target: Target, capsys: pytest.CaptureFixture[str], day: int, words: str) -> None:
    assert cli.main(["history", id_of(day)]) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_the_bill_stands_beside_what_was_expected(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sweeps.folder(target.s3, id_of(8))
    summary = folder.bucket.need_json(folder.summary)
    for billed, words in ((305.0, "it fell by $305.00"), (-4.5, "it rose by $4.50")):
        summary["realised"]["compared"] = {"findings": 3, "expected": 320.0, "billed": billed}
        with put_back(target.s3):
            folder.bucket.put_json(folder.summary, summary)
            assert cli.main(["history"]) == 0
        said = capsys.readouterr().out
        assert f"The bill has the resources of 3 findings of these: expected were $320.00 a month, {words}." in said
