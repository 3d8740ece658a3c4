"""The digest of one owner: what of a sweep is theirs, from what summary.json has of them.

No link opens the report: that is of everything, and who gets this is to see their own. What is not theirs to know, such as the bill, is not
in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.core.digest import news
from functions.core.digest.message import Fact, Message, Section, dollars, short
from functions.core.money import usd
from functions.core.outside.text import shell_word
from functions.core.report.as_html import day, moment
from functions.core.report.counts import percent, plural

NOBODY = "nobody"
NAME_CHARS = 60
Json = Mapping[str, Any]


def digest(owner: str, summary: Json, account: str) -> Message | None:
    """What is for the owner, "" for who looks after what nobody owns; None where nothing of theirs was found. `account`: the analyzer's."""
    owned = summary.get("owners", {}).get(owner)
    if owned is None or not owned["findings"]:
        return None
    run, coverage, monthly = summary["run"], summary["coverage"], owned["monthly_savings"]
    name, found = short(owner or NOBODY, NAME_CHARS), plural(owned["findings"], "finding")
    fresh = not (run["what_if"] or news.first_sweep(summary))
    new = f" ({owned['new']['findings']:,} new)" if fresh else ""
    between = "" if monthly["low"] == monthly["high"] else f"Between {usd(monthly['low'])} and {usd(monthly['high'])} a month. "
    what = f"{dollars(monthly['likely'])} a month" if monthly["likely"] else "no saving with a known price"
    facts = [Fact("new", f"{owned['new']['findings']:,}")] if fresh else []
    return Message(
        subject=f"FinOps, {name}: {what} in {found}{new}",
        title=f"FinOps sweep of {day(run['as_of'])}, what belongs to {name}",
        headline=f"{dollars(monthly['likely'])} a month could be saved" if monthly["likely"] else "No saving with a known price found",
        below=f"{between}{dollars(12 * monthly['likely'])} a year. {found}.",
        notices=list(_notices(run, coverage)),
        facts=[*facts, Fact("findings", f"{owned['findings']:,}"), Fact("coverage", percent(coverage["ratio"]), bad=not coverage["met"])],
        sections=list(_sections(owner, owned, run, fresh)),
        footer=[
            f"Run {run['run_id']} in account {account}, state of {moment(run['as_of'])}. Coverage is of the whole sweep.",
            f"Sent by the FinOps Analyzer to whom owner_mails in its deployment's settings names for {name}.",
        ],
    )


def _notices(run: Json, coverage: Json) -> Iterator[str]:
    if not coverage["met"]:
        yield f"Only {percent(coverage['ratio'])} of what was to be looked at was seen: what was not seen is not in these numbers."
    if run["what_if"]:
        yield f"This is a what-if: it shows the state of {moment(run['as_of'])}, and is not compared with other sweeps."


def _sections(owner: str, owned: Json, run: Json, fresh: bool) -> Iterator[Section]:
    names = run.get("account_names") or {}
    newest, largest = owned["newest"] if fresh else [], owned["largest"]
    if newest:
        count = owned["new"]["findings"]
        worth = f", {usd(owned['new']['monthly_savings_likely'])} a month"
        rows = [news.finding_row(one, names) for one in newest]
        yield Section(f"New since the last sweep{worth}", rows, more=_more(count - len(newest), "new finding"))
    if not {one["finding_id"] for one in largest} <= {one["finding_id"] for one in newest}:
        rows = [news.finding_row(one, names) for one in largest]
        yield Section("Largest monthly savings", rows, more=_more(owned["findings"] - len(largest), "finding"))
    if word := shell_word(owner or NOBODY):
        text = "Each with the arithmetic, the price's source, the risk, how to undo it, and the command, for who may read the report:"
        yield Section("All of them", text=[text, f"finops report {run['run_id']} --owner {word} --open"])


def _more(count: int, thing: str) -> str:
    return f"And {plural(count, f'more {thing}')}." if count > 0 else ""
