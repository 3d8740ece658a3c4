"""What of a finding is said in one cell, whatever the format: its money, its name and what to do, in words that are the page's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.core.focus import service
from functions.core.money import usd
from functions.core.outside.text import one_line
from functions.core.rank.totals import Place, place

Json = Mapping[str, Any]
NAME_CHARS = 120
"""A name may be 4 KB long."""
NOT_IN_SUM = {
    Place.UNPRICED: "no price is known",
    Place.HYGIENE: "costs nothing",
    Place.COUNTED_ELSEWHERE: "counted by another finding",
    Place.SUPPRESSED: "suppressed",
}
"""Why a finding is in no sum."""


def amount(finding: Json) -> str:
    """The likely saving of a month, or that nobody knows it."""
    savings = finding["savings"]
    return "unpriced" if savings["unpriced"] is not None else usd(savings["likely"])


def between(finding: Json) -> str:
    """$8.00 to $12.00, where the saving is a range."""
    savings = finding["savings"]
    same = savings["unpriced"] is not None or savings["low"] == savings["high"]
    return "" if same else f"{usd(savings['low'])} to {usd(savings['high'])}"


def name(finding: Json) -> str:
    """What its owner calls the resource, else its id: one line."""
    return cut(finding["resource_name"] or finding["resource_id"])


def account(finding: Json, account_names: Mapping[str, str]) -> str:
    """Its id, and its name where that is known."""
    known = account_names.get(finding["account"])
    return f"{finding['account']} ({cut(known)})" if known else str(finding["account"])


def cut(value: Any, chars: int = NAME_CHARS) -> str:
    """One visible line of so many characters at most."""
    line = one_line(value)
    return line if len(line) <= chars else line[: chars - 1] + "…"


def service_name(finding: Json) -> str:
    """The service as its card calls it."""
    return service(finding["resource_type"])[1]


def why_not_in_sum(finding: Json) -> str:
    """Why it is in no sum; "" for one that is."""
    where = place(finding)
    if where is Place.UNPRICED:
        return str(finding["savings"]["unpriced"])
    if where is Place.SUPPRESSED and finding.get("suppression"):
        return f"suppressed: {finding['suppression']}"
    return NOT_IN_SUM.get(where, "")
