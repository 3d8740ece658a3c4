"""A run's summary.json on a terminal: the ten largest savings, what was not seen, the totals, and where the whole report lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.sweeping import rows
from finops.terminal import shown
from functions.core.meter.sweep_cost import known
from functions.core.money import USD, money
from functions.core.rank.coverage import left_out
from functions.core.rank.suppressions.file_text import SHORT_DIGITS
from functions.core.report.advice import in_words as why_by_rule
from functions.core.report.bill_numbers import about, beyond, blind_name, nobody_looks_at, whole
from functions.core.report.counts import beside_the_sum, in_words, percent, plural, units

UNSEEN_SHOWN = 5
TEXT_WIDTH = 48
"""Names up to that long stay in one line, and so does the id of every check; else each finding stands in two lines."""
STACKED_WIDTH = 45
TITLE = "Largest savings"
SERVICES_SHOWN = 2
ROOM_FOR_NAMES = 120
"""Columns from which on an account's name stands beside its id; its id is there always."""


def show(console: Console, summary: Mapping[str, Any], folder: Path | None, seconds: float) -> None:
    """Print it all. `seconds`: the sweep's own wall time; `folder`: where the report is, if it is on this machine."""
    if summary["largest"]:
        largest, names = summary["largest"], summary["run"].get("account_names") if console.width >= ROOM_FOR_NAMES else None
        named = [table(largest, names)] if names else []
        rows.put(console, *named, table(largest), table(largest, ids=False), stacked(largest), least=TEXT_WIDTH)
    else:
        console.print("No savings found.")
    lines = [shown(line) for line in (*coverage(summary["coverage"], summary["not_seen"]), *summary["warnings"])]
    lines += [shown(line, "bold") for line in totals(summary["totals"], summary["coverage"])]
    lines += [shown(line) for line in (*bill(summary.get("bill")), *advice(summary["advice"]), *sweep_cost(summary.get("sweep_cost")))]
    if reader := summary["run"].get("read_as"):
        lines.append(shown(f"Made on this machine; the accounts were read as {reader}."))
    lines.append(shown(f"The sweep took {seconds:.1f} s (run {summary['run']['run_id']})."))
    if folder:
        link = folder.parent / "latest"
        also = "" if link.is_symlink() and link.readlink().name != folder.name else f" (also {link})"
        lines.append(shown(f"Report: {folder / 'report.html'}, .json, .csv{also}"))
    for line in lines:
        console.print(line, soft_wrap=True)


def table(findings: Sequence[Mapping[str, Any]], account_names: Mapping[str, str] | None = None, *, ids: bool = True) -> Table:
    """One row a finding: dollars a month, what to do, on what, where, which check says so, and the digits to name it by in a command.
    `account_names`: by id; without any there is no column for them."""
    named, numbered = ["Account name"] if account_names else [], ["Finding"] if ids else []
    made = Table(title=TITLE, title_justify="left", box=None, pad_edge=False)
    made.add_column("$ a month", justify="right", style="green", no_wrap=True)
    for name in ("Action", "Resource", "Account", *named, "Region", "Check", *numbered):
        made.add_column(name, overflow="fold", no_wrap=name in ("Account", "Region", "Finding"))
    for found in findings:
        name_of = [(account_names or {}).get(found["account"], "")] if named else []
        where = (found["account"], *name_of, found["region"], found["check_id"])
        made.add_row(_amount(found), *map(shown, (found["action"], _name(found), *where, *([_digits(found)] if ids else []))))
    return made


def stacked(findings: Sequence[Mapping[str, Any]]) -> Table:
    """The same in two columns, for a narrow screen: a line breaks between two words, and so within no id that has room."""
    made = Table(title=TITLE, title_justify="left", box=None, pad_edge=False)
    made.add_column("$ a month", justify="right", style="green", no_wrap=True)
    made.add_column("Action, resource, place, check, finding", overflow="fold", min_width=STACKED_WIDTH)
    for found in findings:
        where = f"{found['account']} {found['region']} {found['check_id']} {_digits(found)}"
        text = Text("\n").join((shown(f"{found['action']} {_name(found)}"), shown(where)))
        made.add_row(_amount(found), text)
    return made


def _amount(found: Mapping[str, Any]) -> str:
    return f"{found['monthly_savings']['likely']:,.2f}"


def _name(found: Mapping[str, Any]) -> str:
    return str(found["resource_name"] or found["resource_id"])


def _digits(found: Mapping[str, Any]) -> str:
    return str(found["finding_id"][:SHORT_DIGITS])


def coverage(seen: Mapping[str, Any], not_seen: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The share of the planned units that was seen, then the first units that were not, and why."""
    asked, good, unseen, skipped = units(seen)
    beside = f", {skipped:,} skipped on purpose" if skipped else ""
    beside += f" ({why})" if (why := left_out(seen)) else ""
    yield f"Coverage {percent(seen['ratio'])}: {good:,} of {asked:,} units seen{beside}."
    for unit in [one for one in not_seen if one["outcome"] != "skipped"][:UNSEEN_SHOWN]:
        yield f"  not seen: {unit['account']} {unit['region']} {unit['resource_type']}: {unit['outcome']}: {unit['reason']}"
    if unseen > UNSEEN_SHOWN:
        yield f"  and {unseen - UNSEEN_SHOWN:,} more, in the report"


def totals(of: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    """The money as the range that it is, and what is not in it."""
    monthly, yearly = of["monthly_savings"], of["annual_savings"]
    yield (
        f"{in_words(of)}: ${monthly['likely']:,.2f} a month (${monthly['low']:,.2f} to ${monthly['high']:,.2f}), "
        f"${yearly['likely']:,.2f} a year."
    )
    if beside := beside_the_sum(of, seen):
        yield beside


def advice(of: Mapping[str, Any]) -> Iterator[str]:
    """Who wrote the advice, what it took, and why the rules wrote what they wrote; nothing when there is nothing to advise on."""
    if not (groups := of["bedrock"] + of["rules"]):
        return
    tokens = of["tokens"]["input"] + of["tokens"]["output"]
    price = f"${of['usd']:,.4f}" + (f" and {plural(of['unpriced'], 'answer')} without a known price" if of["unpriced"] else "")
    took = f" ({tokens:,} tokens, about {price})" if tokens else ""
    why = "; ".join(why_by_rule(reason) + (f" ({number:,})" if len(of["reasons"]) > 1 else "") for reason, number in of["reasons"].items())
    by_model = f": {of['bedrock']:,} by the model{took}, {of['rules']:,}" if of["bedrock"] or took else " is"
    yield f"Advice on {plural(groups, 'group')} of findings{by_model} by rule{f': {why}' if why else ''}."


def bill(of: Mapping[str, Any] | None) -> Iterator[str]:
    """What is paid, how much of it the findings explain, what nobody looks at and what rose; or why nobody knows. None: an older run."""
    if of is None:
        return
    if of["status"] != "ok":
        yield f"No billing data: {of['reason'].rstrip('.')}."
        return
    share, currency = (of["explained"] or {}).get("share"), of.get("currency") or USD
    explained = f"; the findings explain {whole(share)} of it" if share is not None else ""
    monthly, days = money(of["monthly"], currency), plural(of["days"], "day")
    yield f"The bill is {monthly} a month (amortised, {days} up to {of['end']}){explained}.{beyond(of)}"
    blind = of["blind_spot"]
    if blind["found"]:
        names = [f"{blind_name(one)} {money(one['monthly'], currency)}" for one in blind["services"][:SERVICES_SHOWN]]
        listed = ", ".join([*names, "…"] if blind["found"] > len(names) else names)
        where = nobody_looks_at(blind["found"], blind.get("parts", 0))
        yield f"{money(blind['monthly'], currency)} a month in {where} that no scanner covers: {listed}"
    if of["anomalies"]:
        first = of["anomalies"][0]
        rise = f"{first['service']} in {first['account']} from {money(first['before'], currency)} to {money(first['now'], currency)}"
        yield f"Rising: {rise}{f', and {more:,} more in the report' if (more := of['anomalies_found'] - 1) else ''}."


def sweep_cost(of: Mapping[str, Any] | None) -> Iterator[str]:
    """What the sweep itself cost, and the largest part of it."""
    if of is None:
        return
    if not known(of):
        yield "What this sweep cost is not known: the price book has no rates of its region's partition."
        return
    largest = f": {of['largest'][0]['what']} {whole(of['largest'][0]['share'])}" if of["largest"] and of["usd"] else ""
    yield f"This sweep cost about {about(of['usd'])}{largest}."
