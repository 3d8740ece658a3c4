"""`finops suppressions list`: each entry, what it hides in the newest run, and which end soon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from finops.commands import listed_runs
from finops.commands.rights import FIND_STACK, LIST_RUNS, RUNS, Right, needs
from finops.commands.runs import StackOption
from finops.commands.suppressions.check import findings
from finops.commands.suppressions.deployed_file import DeployedFile
from finops.commands.suppressions.stop import conditions
from finops.commands.suppressions.suppress import FILE
from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping import deployed, rows
from finops.sweeping.run import Screen
from finops.terminal import say, shown
from functions.core.rank.suppressions import KEY, SOON, Suppression, ignore_tag
from functions.core.rank.suppressions.suppressor import TAG
from functions.core.rank.totals import PER_DOLLAR, Place, exact, place
from functions.core.report.counts import plural

EXAMPLES = """
[bold]Examples[/bold]

finops suppressions list

For a program, with a run of one's choice:

finops suppressions list --against 20261124T02 --json

[bold]Exit codes[/bold]

0 done, 2 bad input (the file is wrong, no such stack or run), 4 failed, 130 interrupted
"""


ID_WIDTH = 32
"""Of a finding: in a narrower column it would be broken."""


@dataclass(slots=True)
class Hidden:
    """What an entry hides in a run: findings, and what they would save in hundredths of a US cent a month, as `totals.exact` counts.

    `pending`: how many of them that run still counted, because the entry is newer.
    """

    findings: int = 0
    amount: int = 0
    pending: int = 0

    def add(self, finding: Mapping[str, Any]) -> None:
        """A ranked finding, as JSON. What another finding counts would bring no money anyway, see totals.py."""
        where = place(finding)
        self.findings += 1
        self.pending += where is not Place.SUPPRESSED
        if where is Place.COUNTED or (where is Place.SUPPRESSED and finding["counted_by"] is None):
            self.amount += exact(finding["savings"]["likely"])

    @property
    def monthly(self) -> float:
        """USD a month."""
        return self.amount / PER_DOLLAR


@needs(FIND_STACK, LIST_RUNS, Right("s3:GetObject", RUNS, FILE))
def list_entries(
    against: Annotated[str, typer.Option(metavar="RUN", help='The run that says what they hide: an id, or "latest".')] = listed_runs.LATEST,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document on standard output, nothing else.")] = False,
    stack: StackOption = deployed.STACK,
) -> None:
    """List the deployed analyzer's suppressions: what each hides and who decided it, which end soon, and what tags hide."""
    target = deployed.find(stack)
    entries = DeployedFile.read(target).entries()
    run_id, today = "", datetime.now(UTC).date()
    hidden, tagged = [Hidden() for _ in entries], Hidden()
    try:
        run = listed_runs.read(target, against)
    except Ending:
        if against != listed_runs.LATEST:
            raise
    else:
        if run.summary is None:
            raise Ending(ExitCode.BAD_INPUT, f"run {run.run_id} has no report: `finops runs` lists the sweeps")
        run_id = run.run_id
        with aws_mistakes(f"the findings of run {run_id} cannot be read", ExitCode.FAILED):
            tagged = share_out(entries, findings(target.folder(run_id)), today, hidden)
    if as_json:
        listed = [as_document(number, one, hides, today) for number, (one, hides) in enumerate(zip(entries, hidden, strict=True), 1)]
        by_tag = {"findings": tagged.findings, "monthly_savings": tagged.monthly}
        Screen.standard(True).document({"run_id": run_id or None, "suppressions": listed, "by_tag": by_tag})
        return
    if entries:
        rows.put(Screen.standard(False).output, table(entries, hidden, today), least=ID_WIDTH)
    for line in lines(entries, hidden, tagged, today, run_id):
        say(line)


def share_out(entries: Sequence[Suppression], found: Iterable[Mapping[str, Any]], today: date, hidden: Sequence[Hidden]) -> Hidden:
    """Add each finding to the first entry that holds for it, as a sweep does. Returns what tags hide."""
    holding = [(one, hides) for one, hides in zip(entries, hidden, strict=True) if one.until >= today]
    tagged = Hidden()
    for finding in found:
        for one, hides in holding:
            if one.matches(finding):
                hides.add(finding)
                break
        else:
            if finding.get("suppressed_by") == TAG:
                tagged.add(finding)
    return tagged


def state(one: Suppression, today: date) -> str:
    """expired, ends soon or holds."""
    return "expired" if one.until < today else "ends soon" if one.until <= today + SOON else "holds"


def as_document(number: int, one: Suppression, hides: Hidden, today: date) -> dict[str, Any]:
    """For machines. `monthly_savings` are USD a month."""
    return {
        "entry": number,
        "conditions": dict(one.conditions),
        "reason": one.reason,
        "owner": one.owner or None,
        "until": one.until.isoformat(),
        "state": state(one, today),
        "findings": hides.findings,
        "monthly_savings": hides.monthly,
        "counted_until_next_sweep": hides.pending,
    }


def table(entries: Sequence[Suppression], hidden: Sequence[Hidden], today: date) -> Table:
    """One row an entry."""
    made = Table(box=None, pad_edge=False)
    for name, right in (("Entry", True), ("Findings", True), ("$ a month", True), ("Until", False)):
        made.add_column(name, justify="right" if right else "left", no_wrap=True)
    for name in ("What it matches", "Reason", "Decided by"):
        made.add_column(name, overflow="fold")
    for number, (one, hides) in enumerate(zip(entries, hidden, strict=True), 1):
        said = state(one, today)
        until = str(one.until) if said == "holds" else f"{one.until} ({said})"
        made.add_row(
            *map(shown, (number, f"{hides.findings:,}", f"{hides.monthly:,.2f}", until, conditions(one), one.reason, one.owner or "-"))
        )
    return made


def lines(entries: Sequence[Suppression], hidden: Sequence[Hidden], tagged: Hidden, today: date, run_id: str) -> Iterable[str]:
    """What stands below the table."""
    if not entries:
        yield f"There is no entry in {KEY}."
    if not run_id:
        yield "No sweep has a report yet: what they hide is not known."
        return
    if pending := sum(one.pending for one in hidden):
        yield f"{plural(pending, 'finding')} of them {'is' if pending == 1 else 'are'} hidden from the next sweep on."
    if tagged.findings:
        yield f"By the tag {ignore_tag.KEY}: {plural(tagged.findings, 'finding')}, ${tagged.monthly:,.2f} a month."
    count, amount = sum(one.findings for one in (*hidden, tagged)), sum(one.amount for one in (*hidden, tagged))
    soon, expired = (sum(state(one, today) == name for one in entries) for name in ("ends soon", "expired"))
    beside = f"; {soon:,} end{'s' if soon == 1 else ''} within {SOON.days} days" if soon else ""
    beside += f"; {expired:,} expired" if expired else ""
    yield f"Hidden in run {run_id}: {plural(count, 'finding')}, ${amount / PER_DOLLAR:,.2f} a month{beside}."
