"""What the advice is made from: the facts of one group of findings, the checks of one service in one account.

A model and the rules get the same facts, and what a model answers is compared with them. They are small: FACTS_TOKENS at most, so that a
sweep's bill does not grow with the estate. All that comes from somebody else's hands (names, tags) is plain text of bounded length.
There is nothing in them of the run, so the same findings are the same facts in every sweep.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt

from functions.core.model import Action, Level

CHARACTERS_A_TOKEN = 2.3
"""An estimate on the safe side: prose has four to five characters a token, JSON full of digits and hexadecimal ids has about three, and
the tokenizer of Claude since Opus 4.7 makes some 30 % more tokens of either (thinking.py)."""
FACTS_CHARACTERS = 12_000
FACTS_TOKENS = round(FACTS_CHARACTERS / CHARACTERS_A_TOKEN)
"""What the facts of a group are at most, as JSON."""
MAX_RESOURCES, OF_EACH = 30, 2
ADVICE_LENGTH, UNDO_LENGTH, SHORT_LENGTH = 240, 160, 60
NAME_LENGTH, NOTE_LENGTH, VALUE_LENGTH, ID_LENGTH, MAX_EVIDENCE = 80, 160, 80, 400, 14
EvidenceValue = str | float | int | bool | None


class Part(BaseModel):
    """A part of the facts. USD are per month."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Part):
    """A range of USD per month."""

    low: NonNegativeFloat = 0.0
    likely: NonNegativeFloat = 0.0
    high: NonNegativeFloat = 0.0


class CheckFacts(Part):
    """One check and all its findings in the group. `unpriced` of them have no known price and are in no sum."""

    check_id: str
    resource_type: str
    question: str
    advice: str
    action: Action
    effort: Level
    risk: Level
    undo: str
    findings: NonNegativeInt
    unpriced: NonNegativeInt
    savings: Money


class ResourceFacts(Part):
    """One resource, by the finding that counts for it. `savings` is None when no price is known.

    `id` is AWS's own, or the ARN where two resources of the group have the same.
    """

    id: str
    check_id: str
    region: str
    name: str
    owner: str
    savings: Money | None
    evidence: dict[str, EvidenceValue]
    note: str


class More(Part):
    """What did not fit into the list of resources."""

    findings: NonNegativeInt
    likely: NonNegativeFloat


class Facts(Part):
    """A group. Checks and resources come with the largest likely saving first; sums are of all findings, listed or not."""

    group_id: str
    account: str
    family: str
    service: str
    findings: NonNegativeInt
    unpriced: NonNegativeInt
    savings: Money
    checks: tuple[CheckFacts, ...]
    resources: tuple[ResourceFacts, ...]
    more: More

    def check(self, check_id: str) -> CheckFacts:
        """One of the checks; KeyError when it is not in the group."""
        for one in self.checks:
            if one.check_id == check_id:
                return one
        raise KeyError(check_id)


LONGEST_WORD = 30
"""What is longer is no word, and may be cut anywhere."""


def plain(text: str, length: int) -> str:
    """One line without control, formatting, private or unassigned characters, cut to `length`, where it can be behind a word."""
    visible = "".join(" " if char.isspace() else char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
    line = " ".join(visible.split())
    if len(line) <= length:
        return line
    words, space, rest = line[:length].rpartition(" ")
    return (words if space and len(rest) < LONGEST_WORD else line[: length - 1]).rstrip() + "…"


def sentences(text: str, length: int) -> str:
    """The first sentences of a text, as many as are whole within `length`; the first one is cut when it is longer."""
    line = plain(text, 10 * length)
    if len(line) <= length:
        return line
    end = line.rfind(". ", 0, length + 1)
    return line[: end + 1] if end > 0 else plain(line, length)


def resource_facts(finding: Mapping[str, Any]) -> ResourceFacts:
    """From a ranked finding, as JSON. Links are left out of the evidence, and so is what is too much of it."""
    savings = finding["savings"]
    evidence = ((plain(name, NAME_LENGTH), _value(seen)) for name, seen in finding["evidence"].items() if not _is_link(seen))
    return ResourceFacts(
        id=plain(finding["resource_id"], ID_LENGTH),
        check_id=finding["check_id"],
        region=finding["region"],
        name=plain(finding["resource_name"], NAME_LENGTH) if finding["resource_name"] != finding["resource_id"] else "",
        owner=plain(finding["owner"], NAME_LENGTH),
        savings=None if savings["unpriced"] is not None else Money(**{end: savings[end] for end in ("low", "likely", "high")}),
        evidence=dict(list(evidence)[:MAX_EVIDENCE]),
        note=plain(finding["note"], NOTE_LENGTH),
    )


def _is_link(seen: EvidenceValue) -> bool:
    return isinstance(seen, str) and "://" in seen


def _value(seen: EvidenceValue) -> EvidenceValue:
    return plain(seen, VALUE_LENGTH) if isinstance(seen, str) else seen


def within_budget(
    group: Callable[[tuple[CheckFacts, ...], tuple[ResourceFacts, ...]], Facts],
    checks: tuple[CheckFacts, ...],
    resources: Iterable[ResourceFacts],
) -> Facts:
    """The facts with as many resources as the budget holds: the largest two of each check first, then the largest of all.

    `resources` come best first. `group` makes the facts of given checks and resources. The words of the checks give way when there are
    so many checks that they alone take more than half of the budget.
    """
    if len(group(checks, ()).model_dump_json()) > FACTS_CHARACTERS // 2:
        checks = tuple(one.model_copy(update={"advice": plain(one.advice, SHORT_LENGTH), "undo": ""}) for one in checks)
    left = FACTS_CHARACTERS - len(group(checks, ()).model_dump_json())
    ranked = list(resources)
    chosen: set[int] = set()
    for index in _fair_order([one.check_id for one in ranked]):
        size = len(ranked[index].model_dump_json()) + 1
        if len(chosen) < MAX_RESOURCES and size <= left:
            chosen.add(index)
            left -= size
    return group(checks, tuple(one for index, one in enumerate(ranked) if index in chosen))


def _fair_order(check_ids: list[str]) -> Iterator[int]:
    """The first OF_EACH of each check, then the others; each in their order."""
    seen: Counter[str] = Counter()
    later = []
    for index, check_id in enumerate(check_ids):
        seen[check_id] += 1
        if seen[check_id] <= OF_EACH:
            yield index
        else:
            later.append(index)
    yield from later
