"""One check as a person asks for it: what it says and asks, what it compares with, and what the last run counted of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import from_json
from rich.table import Table

from finops.ending import Ending, ExitCode
from finops.explaining import words
from finops.terminal import shown
from functions.core import registry
from functions.core.limits import InForce
from functions.core.model import Resource
from functions.core.registry import Check
from functions.core.report.counts import plural
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot

NEAREST = 3
Json = Mapping[str, Any]


def find(check_id: str) -> Check[Resource]:
    """The check. Ending (bad input) with the nearest names where there is none."""
    known = {check.id: check for check in registry.checks()}
    if check_id in known:
        return known[check_id]
    inside = [name for name in known if check_id and check_id in name]
    near = list(dict.fromkeys([*get_close_matches(check_id, known, NEAREST, 0.5), *inside]))[:NEAREST]
    meant = f"the nearest: {', '.join(near)}; " if near else ""
    raise Ending(ExitCode.BAD_INPUT, f"there is no check {check_id!r}; {meant}`finops checks` lists them")


def as_json(check: Check[Resource], limits: Snapshot) -> dict[str, Any]:
    """All that is declared, and what is in force of it."""
    off = limits.disabled_by(check.id)
    return {
        "id": check.id,
        "title": check.title,
        "advice": check.advice,
        "resource_type": check.over.resource_type,
        "service": check.over.service,
        "action": check.action.value,
        "effort": check.effort.value,
        "risk": check.risk.value,
        "confidence": check.confidence.value,
        "hygiene": check.hygiene,
        "enabled": off is None,
        "disabled_by": off.where if off else None,
        "thresholds": [
            {"name": name, **_value(one), "allowed": check.thresholds[name].allowed, "why": check.thresholds[name].why}
            for name, one in limits.in_force(check).items()
        ],
        "elsewhere": [_rule(rule) for rule in limits.elsewhere(check.id)],
        "metrics": [words.metric(metric).replace("`", "") for metric in check.metrics],
        "metrics_usd": words.metrics_usd(check),
        "iam": list(words.iam(check)),
        "priced_from": list(words.priced_from(check)),
        "command": check.command,
        "undo": check.undo,
        "reference": check.reference,
        "source": f"{check.judge.__module__.replace('.', '/')}.py",
    }


def _value(one: InForce) -> dict[str, Any]:
    return {"value": one.value, "default": one.default, "where": one.where or "default"}


def _rule(rule: Rule) -> dict[str, Any]:
    return {"where": rule.where, "about": rule.place, "enabled": rule.enabled, "thresholds": dict(rule.thresholds)}


def counts(check_id: str, ranking: Json) -> dict[str, Any]:
    """What a run counted of a check, from ranking.json; money in USD a month."""
    totals, coverage = ranking.get("totals", {}), ranking.get("coverage", {})
    found = totals.get("by_check", {}).get(check_id, {})
    return {
        "run_id": ranking.get("run", {}).get("run_id"),
        "findings": found.get("findings", 0),
        "monthly_savings": found.get("monthly_savings", {"low": 0.0, "likely": 0.0, "high": 0.0}),
        "withheld": coverage.get("insufficient_data", {}).get(check_id, 0),
        "disabled": coverage.get("disabled", {}).get(check_id, {}).get("resources", 0),
    }


def price_keys(check_id: str, findings: Iterable[bytes]) -> list[str]:
    """The rates that the findings of a run have in their savings: "AmazonEBS volume.gp3". `findings`: lines of ranked.jsonl.gz."""
    needle = f'"{check_id}"'.encode()
    ours = (finding for line in findings if needle in line and (finding := from_json(line))["check_id"] == check_id)
    return sorted({f"{price['service']} {price['key']}" for finding in ours for price in finding["savings"]["prices"]})


def table(checks: Sequence[Json]) -> Table:
    """One row a check; with the counts of a run where there are some."""
    made = Table(box=None, pad_edge=False, caption="Metrics: what CloudWatch bills for a thousand candidates", caption_justify="left")
    counted = any("run" in one for one in checks)
    for name in ("Check", "Service", "Action", "Effort", "Risk", "Metrics"):
        made.add_column(name, no_wrap=True)
    for name in ("Findings", "$ a month", "Withheld") if counted else ():
        made.add_column(name, justify="right", no_wrap=True)
    for one in checks:
        run = one.get("run")
        numbers = (f"{run['findings']:,}", f"{run['monthly_savings']['likely']:,.2f}", f"{run['withheld']:,}") if run else ()
        said = one["metrics_usd"] if one["enabled"] else "disabled"
        made.add_row(*map(shown, (one["id"], one["service"], one["action"], one["effort"], one["risk"], said, *numbers)))
    return made


def lines(one: Json) -> Iterator[str]:
    """A check, line by line."""
    yield f"{one['id']}: {one['title']}"
    yield one["advice"]
    yield ""
    yield f"Looks at:    {one['resource_type']}"
    yield f"Action:      {one['action']}; effort {one['effort']}, risk {one['risk']}, confidence {one['confidence']}"
    if one["hygiene"]:
        yield "             reported although it saves nothing"
    if not one["enabled"]:
        yield f"Disabled:    {one['disabled_by']}"
    yield from _listed("Thresholds:", map(threshold, one["thresholds"]), "none")
    yield from _listed("Elsewhere:", map(_said, one["elsewhere"]), "")
    yield from _listed("Metrics:", one["metrics"], words.FREE)
    if one["metrics"]:
        yield f"             {one['metrics_usd']} for a thousand candidates"
    yield from _listed("IAM:", one["iam"], "none")
    yield f"Prices of:   {', '.join(one['priced_from']) or 'nothing'}"
    if "price_keys" in one:
        yield from _listed("Price keys:", one["price_keys"], "none in that run")
    yield from _listed("Command:", one["command"].splitlines(), "none")
    yield f"Undo:        {one['undo']}"
    yield f"Reference:   {one['reference']}"
    yield f"Source:      {one['source']}"
    if run := one.get("run"):
        money = run["monthly_savings"]
        off = f", disabled for {plural(run['disabled'], 'resource')}" if run["disabled"] else ""
        yield (
            f"Run:         {run['run_id']}: {plural(run['findings'], 'finding')}, ${money['likely']:,.2f} a month (${money['low']:,.2f} to "
            f"${money['high']:,.2f}), {run['withheld']:,} withheld for lack of data{off}"
        )


def threshold(one: Json) -> str:
    """ "max_cpu_percent 3 (config/checks.toml: check 1, line 3; default 5; allowed 0 to 100): why"."""
    where = "default" if one["where"] == "default" else f"{one['where']}; default {one['default']:g}"
    return f"{one['name']} {one['value']:g} ({where}; allowed {one['allowed']}): {one['why']}"


def _said(rule: Json) -> str:
    said = [f"{name} {value:g}" for name, value in rule["thresholds"].items()]
    if rule["enabled"] is not None:
        said.insert(0, "enabled" if rule["enabled"] else "disabled")
    return f"{rule['about']}: {', '.join(said)} ({rule['where']})"


def _listed(title: str, values: Iterable[str], none: str) -> Iterator[str]:
    """A title with a value a line."""
    first, *others = [*values] or [none]
    if first:
        yield f"{title:<12} {first}"
    yield from (f"{'':<12} {one}" for one in others)
