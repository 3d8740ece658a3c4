"""The digest of a sweep, from its summary.json: what is new, what is resolved, the sum, and how much was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.core.digest.link import Link
from functions.core.digest.message import Fact, Message, Row, Section, dollars, headline, short
from functions.core.meter import sweep_cost
from functions.core.money import USD, money, usd
from functions.core.rank.coverage import denied_on_purpose, left_out
from functions.core.report import counts
from functions.core.report.as_html import day, duration, moment, words
from functions.core.report.bill_numbers import about, beyond, nobody_looks_at, whole
from functions.core.report.counts import percent, plural

NAME_CHARS = 90
REASON_CHARS = 180
LARGEST_SHOWN = 5
NOT_SEEN_SHOWN = 5
Json = Mapping[str, Any]


def digest(summary: Json, account: str, link: Link | None) -> Message:
    """`account`: the analyzer's own."""
    run, coverage, totals = summary["run"], summary["coverage"], summary["totals"]
    return Message(
        subject=subject(summary),
        title=f"FinOps sweep of {day(run['as_of'])}",
        headline=_headline(totals),
        below=_below(totals, coverage),
        bad=not coverage["met"],
        notices=list(_notices(summary)),
        facts=list(_facts(summary)),
        sections=list(_sections(summary)),
        link=link,
        footer=[
            f"Run {run['run_id']} in account {account}, state of {moment(run['as_of'])}, swept in {duration(run['seconds'])}.",
            "Sent by the FinOps Analyzer to the recipients in email_to of its deployment's settings (EMAIL_TO).",
        ],
    )


def subject(summary: Json) -> str:
    """FinOps: $12,383 a month in 416 findings (12 new), coverage 100 %."""
    coverage, totals = summary["coverage"], summary["totals"]
    new = _new_words(summary)
    found = plural(totals["findings"], "finding")
    if totals["counted"]:
        what = f"{dollars(totals['monthly_savings']['likely'])} a month in {found}{new}"
    elif totals["findings"]:
        what = f"no saving with a known price in {found}{new}"
    else:
        what = "nothing to save found"
    if coverage["met"]:
        denied = denied_on_purpose(coverage)
        without = f" without {plural(denied, 'denied region')}" if denied else ""
        return f"FinOps: {what}, coverage {percent(coverage['ratio'])}{without}"
    return f"FinOps: coverage only {percent(coverage['ratio'])} ({percent(coverage['min_ratio'])} required); {what}"


def fresh(totals: Json) -> int:
    """Findings that the sweep before did not have: new ones and regressed ones, which had been gone."""
    return int(totals["lifecycle"]["new"] + totals["lifecycle"]["regressed"])


def first_sweep(summary: Json) -> bool:
    """Nothing is known of earlier: everything is new, which is no news."""
    states = summary["totals"]["lifecycle"]
    return bool(not summary["run"]["what_if"] and states["new"] and not (states["persisting"] or states["regressed"] or states["resolved"]))


def _new_words(summary: Json) -> str:
    if summary["run"]["what_if"]:
        return ""
    states = summary["totals"]["lifecycle"]
    back = f", {states['regressed']:,} regressed" if states["regressed"] else ""
    return " (all new)" if first_sweep(summary) else f" ({states['new']:,} new{back})"


def _headline(totals: Json) -> str:
    if totals["counted"]:
        return f"{dollars(totals['monthly_savings']['likely'])} a month could be saved"
    return "No saving with a known price found" if totals["findings"] else "Nothing to save found"


def _below(totals: Json, coverage: Json) -> str:
    monthly = totals["monthly_savings"]
    said = []
    if totals["counted"]:
        between = "" if monthly["low"] == monthly["high"] else f"Between {usd(monthly['low'])} and {usd(monthly['high'])} a month. "
        said.append(f"{between}{dollars(totals['annual_savings']['likely'])} a year.")
    return " ".join(filter(None, [*said, f"{counts.in_words(totals)}.", counts.beside_the_sum(totals, coverage)]))


def _notices(summary: Json) -> Iterator[str]:
    run, coverage = summary["run"], summary["coverage"]
    if not coverage["met"]:
        yield (
            f"Only {percent(coverage['ratio'])} of the units were seen, at least {percent(coverage['min_ratio'])} is required: "
            "the sweep ends as failed (CoverageTooLow). What was not seen is not in these numbers; the report says what and why."
        )
    if why := left_out(coverage):
        yield f"Left out on purpose, units: {why}."
    if run["what_if"]:
        yield f"This is a what-if: it shows the state of {moment(run['as_of'])}, and is not compared with other sweeps."
    yield from (short(warning, 2 * REASON_CHARS) for warning in summary["warnings"])


def _facts(summary: Json) -> Iterator[Fact]:
    totals, coverage = summary["totals"], summary["coverage"]
    if not summary["run"]["what_if"]:
        states = totals["lifecycle"]
        told = ["new", *(["regressed"] if states["regressed"] else []), "resolved"]
        yield from (Fact(name, f"{states[name]:,}") for name in told)
    yield Fact("findings", f"{totals['findings']:,}")
    yield Fact("coverage", percent(coverage["ratio"]), bad=not coverage["met"])


def _sections(summary: Json) -> Iterator[Section]:
    run, totals, new = summary["run"], summary["totals"], summary["new"]
    names = run.get("account_names") or {}
    if not run["what_if"] and not first_sweep(summary):
        count, what = fresh(totals), "new or regressed finding" if totals["lifecycle"]["regressed"] else "new finding"
        if new:
            yield Section("New since the last sweep", [finding_row(one, names) for one in new], more=_more(count - len(new), what))
        elif count:
            yield Section("New since the last sweep", text=[f"{plural(count, what)}, without a saving that has a known price."])
        else:
            yield Section("New since the last sweep", text=["Nothing."])
    if resolved := summary["resolved"]:
        gone = totals["resolved"]
        worth = f", {usd(gone['monthly_savings_likely'])} a month" if gone["monthly_savings_likely"] else ""
        yield Section(
            f"Resolved{worth}",
            [_resolved(one, names) for one in resolved],
            more=_more(gone["findings"] - len(resolved), "resolved finding"),
        )
    largest = summary["largest"][:LARGEST_SHOWN]
    said = set() if run["what_if"] or first_sweep(summary) else {one["finding_id"] for one in new}
    if not {one["finding_id"] for one in largest} <= said:
        yield Section(
            "Largest monthly savings",
            [finding_row(one, names) for one in largest],
            more=_more(totals["findings"] - len(largest), "finding"),
        )
    if not_seen := [one for one in summary["not_seen"] if one["outcome"] != "skipped"]:
        yield _not_seen(not_seen, summary["coverage"])
    if money := [*_bill(summary.get("bill")), *_sweep_cost(summary.get("sweep_cost"))]:
        yield Section("The bill and the sweep", text=money)


def finding_row(found: Json, account_names: Json) -> Row:
    """A finding as summary.json lists it."""
    name = found["resource_name"] or found["resource_id"]
    back = ", regressed" if found["lifecycle"] == "regressed" else ""
    action = words(found["action"])
    return Row(
        usd(found["monthly_savings"]["likely"]),
        f"{action[:1].upper()}{action[1:]} {short(name, NAME_CHARS)}",
        f"{found['resource_type']}, {_account(found, account_names)}, {found['region']}{back}",
    )


def _resolved(known: Json, account_names: Json) -> Row:
    name = known["resource_name"] or known["resource_arn"]
    likely = known["monthly_savings_likely"]
    likely = likely if likely is None else known.get("realised_likely", likely)  # what of it no other finding counts
    return Row(
        "unpriced" if likely is None else usd(likely),
        short(name, NAME_CHARS),
        f"{known['check_id']}, {_account(known, account_names)}, {known['region']}",
    )


def _account(of: Json, names: Json) -> str:
    """Its id, and its name where that is known."""
    name = names.get(of["account"])
    return f"{of['account']} ({short(name, NAME_CHARS)})" if name else str(of["account"])


def _not_seen(scopes: Sequence[Json], coverage: Json) -> Section:
    rows = [
        Row(one["outcome"], f"{one['account']} {one['region']} {one['resource_type']}", short(one["reason"], REASON_CHARS))
        for one in scopes[:NOT_SEEN_SHOWN]
    ]
    return Section("Not seen", rows, more=_more(counts.units(coverage).unseen - len(rows), "unit"))


def _more(count: int, thing: str) -> str:
    return f"And {count:,} more {thing}{'' if count == 1 else 's'}: see the report." if count > 0 else ""


def _bill(of: Json | None) -> Iterator[str]:
    if of is None:
        return
    if of["status"] != "ok":
        yield f"No billing data: {short(of['reason'], REASON_CHARS).rstrip('.')}."
        return
    share, currency = (of["explained"] or {}).get("share"), of.get("currency") or USD
    explained = f"; the findings explain {whole(share)} of it" if share is not None else ""
    monthly, days = headline(of["monthly"], currency), plural(of["days"], "day")
    yield f"The bill is {monthly} a month (amortised, {days} up to {of['end']}){explained}.{beyond(of)}"
    if of["anomalies"]:
        first = of["anomalies"][0]
        more = f", and {of['anomalies_found'] - 1:,} more in the report" if of["anomalies_found"] > 1 else ""
        name = short(first["service"], NAME_CHARS)
        yield f"Rising: {name} in {first['account']} from {money(first['before'], currency)} to {money(first['now'], currency)}{more}."
    if of["blind_spot"]["found"]:
        blind = of["blind_spot"]
        where = nobody_looks_at(blind["found"], blind.get("parts", 0))
        yield f"{headline(blind['monthly'], currency)} a month in {where} that no scanner covers."


def _sweep_cost(of: Json | None) -> Iterator[str]:
    if of is not None and sweep_cost.known(of):
        yield f"The sweep itself cost about {about(of['usd'])}."
