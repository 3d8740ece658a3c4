"""A run of two accounts and three owners, some of whom nobody would call so, as Aggregate leaves it in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.core.model import Finding
from functions.core.ownership.owners import Owners
from functions.core.rank.groups import Groups
from functions.core.rank.ranking import Run, rank
from functions.core.rank.suppressions import parse
from functions.core.report import writing
from functions.core.report.excerpts.excerpt import Excerpt
from functions.core.store import ledger
from tests.functions import sweeps
from tests.functions.folder_bucket import FolderBucket

Part = tuple[Excerpt, dict[str, Any], list[dict[str, Any]]]
"""Of a report: its head and its findings."""
OTHER = "222222222222"
NAMES = {sweeps.ACCOUNT: "web production", OTHER: '=HYPERLINK("http://x")|`a`'}
HOSTILE = (
    '=HYPERLINK("http://evil","click")',
    "<script>alert(1)</script> & <b>bold</b>",
    "a|b \\| ``` `code` [link](http://evil) ![x](http://evil/x.png) @everyone #1 *b* _i_",
    "\u202eright to left\u2066 \u200b",
    "🦄 Größe 名前 ελληνικά",
    "{noformat}[~admin]{code} !image.png!",
    "line one\nline two\r\n=1+1\tand\x1b[31m red",
    "x" * 4096,
    "000123456789",
)
SUPPRESS = '[[suppress]]\nresource_arn = "*vol-quiet*"\nreason = "kept"\nuntil = 2999-01-01\n'


def found() -> list[tuple[Any, list[Finding]]]:
    """By unit. Of each owner something of every kind."""
    here, there = sweeps.unit(), sweeps.unit(account=OTHER, region="eu-west-1")
    volumes: list[Finding] = []
    for number, owner in enumerate(("web", "", HOSTILE[2], "Web")):
        tags = {"team": owner} if owner else {}
        names = [f"vol-{number}-{each}" for each in range(5)]
        best = sweeps.finding(names[0], sweeps.saving(100.005 + number, 90.1, 120.2), tags=tags)
        volumes += [
            best,
            sweeps.finding(names[0], sweeps.saving(5), check="ebs-gp2-to-gp3", counted_by=best.finding_id, tags=tags),
            sweeps.finding(names[1], sweeps.UNPRICED, tags=tags),
            sweeps.finding(names[2], sweeps.saving(0.0001 + number), tags=tags),
            sweeps.finding(f"vol-quiet-{number}", sweeps.saving(7), tags=tags),
        ]
    hostile = [
        named(sweeps.finding(f"vol-h-{number}", sweeps.saving(10 - number), of=there, tags={"owner": "web"}), text)
        for number, text in enumerate(HOSTILE)
    ]
    return [(here, volumes), (there, hostile), (sweeps.unit("elb:target-group"), [replace(sweeps.hygiene(), tags={"team": "web"})])]


def named(finding: Finding, text: str) -> Finding:
    finding.resource_name, finding.note, finding.evidence = text, text, {"state": text}
    finding.command = f"aws ec2 delete-volume --volume-id '{text}'"
    return finding


def written(folder: Path, more: Iterable[tuple[Any, list[Finding]]] = ()) -> Path:
    """The folder that the report lies in."""
    bucket = FolderBucket(folder)
    units = [*found(), *more]
    for unit, findings in units:
        sweeps.write_unit(bucket, unit, findings, resources=50)
    sweeps.write_plan(bucket, [unit for unit, _ in units])
    run = Run.planned(sweeps.plan_output(), NAMES)
    keys = sweeps.folder(bucket)
    rank(keys, run, ledger.entries(keys, {}), parse(SUPPRESS), Groups(3), sweeps.NO_BILL, Owners(account_names=NAMES))
    writing.write(keys, datetime(2026, 11, 24, 16, 6, tzinfo=UTC))
    return folder / "runs" / sweeps.RUN_ID
