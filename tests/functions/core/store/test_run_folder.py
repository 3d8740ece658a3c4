"""A run's folder: keys that never move, the plan line by line, and the objects of its units."""

from __future__ import annotations

from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder, is_good, unit_id_of
from tests.functions import sweeps

RUN = RunFolder(Bucket(None, "bucket"), "r1")
UNIT = "111122223333.us-east-1.ebs-volume"


def test_keys_lie_where_the_design_says() -> None:
    assert [
        RUN.scope, RUN.plan, RUN.skipped, RUN.unknown, RUN.planned, RUN.resume("1f3c9a"),
        RUN.units, RUN.unit(UNIT), RUN.unit(UNIT, good=False),
        RUN.bill, RUN.ranking, RUN.ranked, RUN.resolved, RUN.not_seen, RUN.groups, RUN.facts("111122223333.ebs"), RUN.answers,
        RUN.answer("111122223333.ebs"), RUN.meters, RUN.meter("rank-1"), RUN.summary, RUN.notified, RUN.file("report.html"),
    ] == [
        "runs/r1/scope.json", "runs/r1/plan.jsonl", "runs/r1/skipped.jsonl", "runs/r1/unknown.jsonl", "runs/r1/planned.json",
        "runs/r1/resume-1f3c9a.jsonl",
        "runs/r1/units/", f"runs/r1/units/{UNIT}.jsonl.gz", f"runs/r1/units/{UNIT}.unseen.jsonl.gz", "runs/r1/bill.json",
        "runs/r1/ranking.json", "runs/r1/ranked.jsonl.gz", "runs/r1/resolved.jsonl.gz", "runs/r1/not-seen.jsonl.gz", "runs/r1/groups.jsonl",
        "runs/r1/groups/111122223333.ebs.json", "runs/r1/advice/", "runs/r1/advice/111122223333.ebs.json", "runs/r1/meter/",
        "runs/r1/meter/rank-1.json", "runs/r1/summary.json", "runs/r1/notified.json", "runs/r1/report.html",
    ]  # fmt: skip


def test_the_rows_for_sql_lie_beside_the_runs() -> None:
    assert RUN.rows("2026-06-01") == "findings/run_date=2026-06-01/run_id=r1/part-00000.jsonl.gz"
    assert RUN.rows("2026-06-01", 3) == "findings/run_date=2026-06-01/run_id=r1/part-00003.jsonl.gz"


def test_a_units_key_tells_its_id_and_whether_it_ended_well() -> None:
    for good in (True, False):
        key = RUN.unit(UNIT, good=good)
        assert (unit_id_of(key), is_good(key)) == (UNIT, good)


def test_the_plan_is_read_line_by_line() -> None:
    line = b'{"unit_id": "u1", "account": "1", "region": "r", "resource_type": "ebs:volume", "function": "f"}'
    with sweeps.world() as world:
        folder = sweeps.folder(world.s3)
        folder.bucket.put(folder.plan, line + b"\n\n" + line.replace(b"u1", b"u2") + b"\n", "application/x-ndjson")
        assert [unit.unit_id for unit in folder.read_plan()] == ["u1", "u2"]


def test_of_two_objects_of_a_unit_the_good_one_counts() -> None:
    with sweeps.world() as world:
        folder = sweeps.folder(world.s3)
        for key in (folder.unit("a", good=False), folder.unit("b"), folder.unit("b", good=False), sweeps.folder(run_id="other").unit("c")):
            folder.bucket.put(key, b"", "application/gzip")
        assert folder.list_units() == {"a": False, "b": True}
