"""Figures and names in prose: what a sentence claims, so that it can be compared with what is known.

`read` finds every number and every name with a digit in it, or refuses what it cannot read for certain: "1.2k", "1,23", a number in
another script, a link. It is strict on purpose: a claim that nobody can check is not taken over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

UNITS = frozenset(
    {"b", "kb", "kib", "mb", "mib", "gb", "gib", "tb", "tib", "h", "d", "s", "ms", "min", "iops", "mbps", "mibps", "vcpu", "vcpus"}
)
"""What may stand right behind a number, as in 100GiB."""
ORDINALS = frozenset({"st", "nd", "rd", "th"})
MAGNITUDES = frozenset({"dozen", "hundred", "thousand", "million", "billion", "trillion", "k", "mn", "mm", "bn"})
SPELLED = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
"""Without "one", which is more often a pronoun."""

_TOKEN = re.compile(
    r"""
    (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.+Z-]*)?)
  | (?P<currency>(?:US\$|\$|\bUSD)\s*)?(?P<number>[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)*)
    (?P<suffix>[^\W\d_][^\W_]*)?(?P<percent>\s*%|\s+per\s?cent\b)?
  | (?P<word>[^\W\d_]\w*(?:[-.:@+/]+\w+)*)
    """,
    re.VERBOSE,
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?")
_MONEY_AFTER = re.compile(
    r"\s*(?:\$(?!\s?[0-9])|USD\b|(?:US\s+)?dollars?\b|bucks?\b|cents?\b|(?:a|per|each|every|/)\s*(?:month|year)\b|(?:monthly|yearly|annually|annual)\b"
    r"|(?:in\s+|of\s+)?savings?\b)",
    re.I,
)
_MONEY_BEFORE = re.compile(r"\b(?:sav(?:e|es|ed|ing|ings)|worth|costs?)(?:\s+(?:of|is|are|up\s+to|about|around|only))?\s*$", re.I)
_AWS_ID = re.compile(r"(?<![a-z0-9-])[a-z]{1,12}-[0-9a-f]{8,17}(?![\w-])", re.I)


class Kind(Enum):
    """What a figure is about."""

    MONEY = "money"
    PERCENT = "percent"
    PLAIN = "plain"
    ORDINAL = "ordinal"


@dataclass(slots=True, frozen=True)
class Figure:
    """A number as it was written: its value, and how many decimals it shows."""

    kind: Kind
    value: float
    decimals: int
    text: str

    def shows(self, amount: float) -> bool:
        """Whether it is `amount`, rounded to the digits that are shown. A zero is only shown by 0: what rounds to nothing is something."""
        if self.value == 0 or amount == 0:
            return self.value == amount
        return abs(self.value - amount) <= 0.5 * 10.0**-self.decimals + 1e-9


@dataclass(slots=True, frozen=True)
class Claims:
    """What a text says. `literals` are dates and versions; `names` are words with a digit in them; `ids` look like AWS ids or are ARNs."""

    figures: tuple[Figure, ...]
    literals: tuple[str, ...]
    names: tuple[str, ...]
    ids: tuple[str, ...]


class Unreadable(ValueError):
    """A text has something in it that cannot be read for certain."""


def without(text: str, known: Iterable[str]) -> str:
    """The text with each of the `known` ids taken out where it stands alone."""
    for name in sorted(known, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", text)
    return text


def read(text: str) -> Claims:
    """Raises Unreadable."""
    for char in text:
        if not char.isascii() and unicodedata.numeric(char, None) is not None:
            raise Unreadable(f"it has a number in other signs ({char})")
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    for char in text:
        if unicodedata.category(char)[0] == "C":
            raise Unreadable(f"it has an invisible character (U+{ord(char):04X})")
        if unicodedata.category(char) == "Sc" and char != "$":
            raise Unreadable(f"it has another currency ({char})")
    if re.search(r"\w://|\bwww\.", text):
        raise Unreadable("it has a link")
    figures: list[Figure] = []
    literals: list[str] = []
    names: list[str] = []
    ids: list[str] = []
    before = ""
    for token in _TOKEN.finditer(text):
        if token["date"]:
            literals.append(token["date"])
        elif token["number"]:
            _number(text, token, before, figures, literals)
        elif (word := token["word"]).lower().startswith("arn:"):
            ids.append(word)
        else:
            _word(text, token, figures, names, ids)
        before = token[0].lower()
    return Claims(tuple(figures), tuple(literals), tuple(names), tuple(ids))


def _number(text: str, token: re.Match[str], before: str, figures: list[Figure], literals: list[str]) -> None:
    number, suffix = token["number"], (token["suffix"] or "").lower()
    if number.count(".") > 1 and not token["currency"]:
        literals.append(number)
        return
    if not _GROUPED.fullmatch(number) or (suffix and suffix not in UNITS | ORDINALS) or text[token.end() : token.end() + 1] == "_":
        raise Unreadable(f"it has a number that cannot be read ({token[0].strip()})")
    value, decimals = float(number.replace(",", "")), len(number.partition(".")[2])
    ordinal = not token["currency"] and number.isdigit()
    if token["percent"]:
        kind = Kind.PERCENT
    elif token["currency"] or _MONEY_AFTER.match(text, token.end()) or _MONEY_BEFORE.search(text, 0, token.start()):
        kind = Kind.MONEY
    elif ordinal and (suffix in ORDINALS or before in ("step", "steps") or _begins_a_line(text, token)):
        kind = Kind.ORDINAL
    else:
        kind = Kind.PLAIN
    figures.append(Figure(kind, value, decimals, token[0].strip()))


def _begins_a_line(text: str, token: re.Match[str]) -> bool:
    """1. or 2) at the beginning of the text."""
    return token.start() == 0 and re.match(r"[.)]\s", text[token.end() :]) is not None


def _word(text: str, token: re.Match[str], figures: list[Figure], names: list[str], ids: list[str]) -> None:
    word = token["word"]
    for part in re.split(r"[-/]", word.lower()):
        if part in MAGNITUDES:
            raise Unreadable(f"it has a number in words ({word})")
        if part in SPELLED:
            kind = Kind.MONEY if _MONEY_AFTER.match(text, token.end()) or _MONEY_BEFORE.search(text, 0, token.start()) else Kind.PLAIN
            figures.append(Figure(kind, SPELLED[part], 0, word))
    if found := _AWS_ID.findall(word):
        ids.extend(found)
    else:
        names.extend(part for part in word.split("/") if any(char.isdigit() for char in part))
