"""A mail before it is written as text or HTML: what it says, in plain strings, and how strings from outside become harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from functions.core.digest.link import Link
from functions.core.errors import short as shortened
from functions.core.money import USD, sign
from functions.core.outside.text import one_line

SUBJECT_CHARS = 200


class Fact(NamedTuple):
    """A number or a word with what it is."""

    name: str
    value: str
    bad: bool = False


class Row(NamedTuple):
    """One finding, or one unit: an amount or a word, what it is about, and where or why."""

    amount: str
    what: str
    where: str


@dataclass(slots=True)
class Section:
    """A heading with rows; `more` says what is left out."""

    title: str
    rows: Sequence[Row] = ()
    text: Sequence[str] = ()
    more: str = ""


@dataclass(slots=True)
class Message:
    """A mail. `bad`: somebody has to act. `pages`: further links, a name with an address each. Nothing is escaped yet."""

    subject: str
    title: str
    headline: str
    below: str
    bad: bool = False
    notices: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    link: Link | None = None
    pages: list[Fact] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A subject is one short line, whatever came into it: with a line break in it, it could bring headers of its own."""
        self.subject = short(self.subject, SUBJECT_CHARS)


def short(value: Any, chars: int) -> str:
    """One visible line, cut to so many characters."""
    return shortened(one_line(value), chars)


def headline(amount: float, currency: str) -> str:
    """Whole from ten on, with cents below; what is less than a cent is no nothing."""
    if 0 < amount < 0.01:
        return f"< {sign(currency)}0.01"
    return f"{sign(currency)}{amount:,.0f}" if amount >= 10 else f"{sign(currency)}{amount:,.2f}"


def dollars(usd: float) -> str:
    """As `headline`, in US dollars."""
    return headline(usd, USD)
