"""docs/CHECKS.md, from the registry: every check with its thresholds, metrics, command and undo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from finops.explaining import words
from functions.core import registry
from functions.core.limits import FACTS, Threshold
from functions.core.model import Resource
from functions.core.ownership.keeping import KEPT_FOR_EVER, KEPT_UNTIL, NO
from functions.core.ownership.rules import OPERATORS, RULES
from functions.core.registry import Check
from scripts.markdown import table

INTRODUCTION = """\
# Checks

Generated from `functions/scanners/` by `make docs`; edit the code, not this page.

A threshold has one default, beside its check. Override it for a deployment with the setting `thresholds`, an object of
`{"check-id.threshold": number}` ([SETTINGS.md](SETTINGS.md)); a value out of bounds is refused before anything is deployed. A sweep
started with `analysis_period_days` looks back that long instead of `window_days`, unless `window_days` is overridden. For an account or a
tag, and to switch a check off, there is `config/checks.toml`
([operations](operations.md#switch-a-check-off-or-change-what-it-compares-with)). `finops checks ID` shows what is in force, and
`finops explain` why a resource is found or is not.

A check with metrics asks CloudWatch about its candidates only, and answers *insufficient data* where fewer than `min_datapoints` of the
datapoints exist. Missing is not zero.

Nothing here is ever run for you: the command is what a person would paste into bash or zsh after reading the finding. There it begins with
a step more, which ends it in every account but the resource's; each further step is taken only when the one before it succeeded, and a word
in capitals is for the reader to fill in. What the scanners may call, all of it read-only, is in [IAM.md](IAM.md)."""


OTHERS = """\
## Who else has a say

Every finding passes through `functions/core/scan/stakeholders.py`. It never makes one surer or worth more.

**Tags that keep.** A resource with one of these tags is not found by a check that deletes, stops, scales in or rightsizes; it is counted
as not judged. Upgrades are still found. Case and what is no letter or digit do not matter, nor what stands before the last `:` or `/`
(`acme:DoNotDelete`). The tag's value may say the opposite ({no}).

- Until a day, where the value is one in ISO 8601, and else for ever: {until}
- For ever: {ever}

**Managers.** What a tag or AWS's reply (`Operator`) says that somebody else manages is found with less confidence, a note that names them,
and their way to remove or change it in place of a command that would fail or be undone. Where *told only* stands, the command stays.
AWS Backup, Data Lifecycle Manager and the replication services delete their snapshots themselves: those are not found at all, nor are
snapshots that an AMI or the latest or default version of a launch template maps.

**Payers.** What an instance leaves to a Capacity Reservation, a Capacity Block or a Dedicated Host saves nothing until that ends: low and
likely are 0. The fee of AWS Marketplace software is in no saving.
"""


def page() -> str:
    """The whole page."""
    return "\n\n".join(("\n".join((INTRODUCTION, "", *_overview())), *_sections(), "\n".join(_others()), "\n".join(_facts()))) + "\n"


def _others() -> Iterator[str]:
    def listed(words: Iterable[str]) -> str:
        return ", ".join(f"`{word}`" for word in sorted(words))

    yield OTHERS.format(no=listed(NO), until=listed(KEPT_UNTIL), ever=listed(KEPT_FOR_EVER))
    rules = [(rule.who, f"`{rule.key}`", "told only" if rule.beside else "") for rule in RULES]
    rules += [(rule.who, f"`Operator`: `{principal}`", "") for principal, rule in OPERATORS.items() if principal]
    rows = {(re.sub(r"{.*?}", "…", who), key, how) for who, key, how in rules}
    yield from table(("Manager", "Known by", ""), sorted(rows))


def _overview() -> Iterator[str]:
    rows = ((_link(check.id), check.over.resource_type, check.title, check.action.value) for check in registry.checks())
    yield from table(("Check", "Resource type", "Finding", "Action"), rows)


def _sections() -> Iterator[str]:
    for collector in registry.collectors():
        yield f"## {collector.resource_type}"
        for check in registry.checks():
            if check.over is collector:
                yield "\n".join(_check(check))


def _facts() -> Iterator[str]:
    """What grows old in the code."""
    yield "## What AWS documents"
    yield ""
    yield "No API tells these; they stand in the code, as they were read on a day."
    yield ""
    known = sorted(FACTS, key=lambda fact: (fact.source, fact.what))
    yield from table(("What", "Where", "Read"), ((fact.what, f"<{fact.source}>", fact.as_of) for fact in known))


def _check(check: Check[Resource]) -> Iterator[str]:
    yield f"### {check.id}"
    yield ""
    yield f"**{check.title}.** {check.advice}"
    yield ""
    yield f"- Action {check.action.value}; effort {check.effort.value}, risk {check.risk.value}, confidence {check.confidence.value}"
    if check.hygiene:
        yield "- Hygiene: reported although it saves nothing"
    for metric in check.metrics:
        no_event = metric.sparse and not check.metrics_optional  # where metrics are optional, a gap means what the advice says
        yield f"- Reads {words.metric(metric)}{'; no datapoint means no event' if no_event else ''}"
    if check.metrics:
        yield f"- {words.metrics_cost(check)}"
    if check.metrics_optional:
        yield "- Judges resources without these metrics too"
    yield "- Command:"
    yield ""
    yield from (f"  {line}" for line in ("```sh", *check.command.replace("{{", "{").replace("}}", "}").splitlines(), "```"))
    yield ""
    yield f"- Undo: {check.undo}"
    if check.afterwards:
        yield f"- Afterwards: {check.afterwards}"
    yield f"- Reference: <{check.reference}>"
    if check.thresholds:
        yield ""
        yield from table(("Threshold", "Default", "Allowed", "Why"), _thresholds(check.thresholds))


def _thresholds(thresholds: Mapping[str, Threshold]) -> Iterator[tuple[str, ...]]:
    for name, threshold in thresholds.items():
        yield f"`{name}`", f"{threshold.default:g}", threshold.allowed, threshold.why


def _link(name: str) -> str:
    return f"[{name}](#{name})"
