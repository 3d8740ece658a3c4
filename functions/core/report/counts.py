"""What of a run is counted as what, in the same words on the page, in mails, on the topic and on a terminal.

A *finding* is everything that is not suppressed. *In the sum* are those that save money and are counted nowhere else: their savings are
the total. What is not in it is named with its number, and so is what is no finding: the suppressed ones, and verdicts that were withheld.
A *unit* that was skipped on purpose was not asked for, and neither seen nor missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from functions.core.money import usd

Json = Mapping[str, Any]
WITHHELD = "too little data, or kept by a tag"
STATES = ("new", "persisting", "regressed", "resolved")
"""Compared with earlier sweeps; regressed is what was gone and is back."""


class Units(NamedTuple):
    """The units of a run. `asked` is without the `skipped` ones; `seen` and `unseen` make up `asked`."""

    asked: int
    seen: int
    unseen: int
    skipped: int


def units(coverage: Json) -> Units:
    """`coverage` of summary.json or report.json."""
    by_outcome = coverage["units"]
    skipped = by_outcome.get("skipped", 0)
    asked, seen = coverage["planned"] - skipped, by_outcome.get("ok", 0) + by_outcome.get("empty", 0)
    return Units(asked, seen, asked - seen, skipped)


def in_words(totals: Json) -> str:
    """416 findings in 10,240 resources."""
    return f"{plural(totals['findings'], 'finding')} in {plural(totals['resources'], 'resource')}"


def in_sum(totals: Json) -> str:
    """330 findings in the sum; or all there are: 416 findings."""
    counted = totals["counted"]
    return plural(counted, "finding") + ("" if counted == totals["findings"] else " in the sum")


def beside_the_sum(totals: Json, coverage: Json) -> str:
    """How many findings are in the sum and what else there is, "" when nothing is: 330 of them are in the sum. Not included: …."""
    parts = list(_parts(totals, coverage))
    counted = totals.get("counted", totals["findings"])  # a summary of long ago does not say it
    how_many = f"{counted:,} of them {'is' if counted == 1 else 'are'} in the sum. " if counted != totals["findings"] else ""
    return f"{how_many}Not included: {', '.join(parts[:-1])}{' and ' if parts[:-1] else ''}{parts[-1]}." if parts else ""


def _parts(totals: Json, coverage: Json) -> Iterator[str]:
    if totals["unpriced"]:
        yield f"{plural(totals['unpriced'], 'finding')} without a price"
    if totals.get("hygiene"):
        yield f"{totals['hygiene']:,} to tidy up"
    if totals.get("counted_elsewhere"):
        yield f"{totals['counted_elsewhere']:,} counted by another finding"
    suppressed = totals.get("suppressed", {"findings": 0})
    if suppressed["findings"]:
        by_tag = suppressed.get("by_tag", {"findings": 0})["findings"]
        tagged = f", {by_tag:,} of them by a tag" if by_tag else ""
        yield f"{suppressed['findings']:,} suppressed ({usd(suppressed['monthly_savings_likely'])} a month{tagged})"
    if withheld := sum(coverage["insufficient_data"].values()):
        yield f"{plural(withheld, 'verdict')} withheld ({WITHHELD})"


def percent(ratio: float) -> str:
    """Never rounded up to 100 %: 0.99999 is 99.99 %."""
    shown = math.floor(ratio * 10_000 + 1e-6) / 100
    return f"{shown:.4g} %"


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 finding, 2 findings, 1,234 findings."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
