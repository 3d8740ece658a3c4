"""What the facts of a group hold, for comparing a text with it: which figures, ids and names it may use.

Every subset of the facts has a sum, so "any sum" would allow any number. A figure may be: one of the numbers in the facts; the total of a
check, and what is left of it beyond its listed resources; the total of a step's own checks, or of its own resources; in the summary, that
of the first steps together, as far as one reads; twelve times such an amount of money, for a year; a number of things (of findings, checks,
steps, listed resources); a number in the words of a check, which are ours. It must show one of these, rounded to its own digits.

Dollars must be money in the facts, not any number: a name or a tag can claim "$0", and so could an idle volume's 0 operations; and what is
money in the facts is no number of volumes: without a dollar sign or "a month" it must be there to the cent. A $0 stands
only where nothing can be saved, or as the low end of a range with its high end beside it. Names, owners and notes are texts of others:
they may be repeated, but no number in them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate

from functions.core.advice.by_rule import MONTHS, Advice, Step
from functions.core.advice.claims import Claims, Figure, Kind, Unreadable, read, without
from functions.core.advice.facts import CheckFacts, Facts, Money, ResourceFacts
from functions.core.services import services

AWS_WORDS = frozenset({"route53", "ipv4", "ipv6", "p50", "p90", "p95", "p99", "arm64", "x86", "x86_64"})
"""Names with a digit in them that need not be in the facts, beside those of the scanned services."""
SUMMARY = "the summary"
_ID = re.compile(r"[a-z]{1,12}-[0-9a-f]{8,17}", re.I)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@cache
def words() -> frozenset[str]:
    """Names with a digit in them that need not be in the facts."""
    return AWS_WORDS.union(services(), *(card.words for card in services().values()))


class Unsupported(ValueError):
    """A claim that the facts do not hold."""


def money(parts: Iterable[Money | None]) -> Money:
    """Added up; what has no price adds nothing."""
    priced = [one for one in parts if one is not None]
    low, likely, high = (round(sum(getattr(one, end) for one in priced), 4) for end in ("low", "likely", "high"))
    return Money(low=low, likely=likely, high=high)


class FactCheck:
    """What the facts hold, for comparing with texts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._resources = {one.id: one for one in facts.resources}
        self._amounts = {*_ends(facts.savings), facts.more.likely}
        self._numbers: set[float] = {facts.findings, facts.unpriced, facts.more.findings, len(facts.checks), len(facts.resources)}
        self._percents: set[float] = set()
        self._literals: set[str] = set()
        self._ids = {name for name in (facts.account, *self._resources) if name == facts.account or _is_a_name(name)}
        self._names: set[str] = set()
        self._words(facts.group_id, facts.family, facts.service)
        for check in facts.checks:
            self._add_check(check)
        for one in facts.resources:
            self._add_resource(one)

    def _add_check(self, check: CheckFacts) -> None:
        self._amounts |= {*_ends(check.savings)}
        listed = [one for one in self._facts.resources if one.check_id == check.check_id]
        self._amounts.add(round(check.savings.likely - money(one.savings for one in listed).likely, 4))
        self._numbers |= {check.findings, check.unpriced, check.findings - check.unpriced, len(listed), check.findings - len(listed)}
        self._words(check.check_id, check.resource_type)
        for text in (check.question, check.advice, check.undo):
            claims = _read_or_nothing(text)
            self._numbers |= {figure.value for figure in claims.figures if figure.kind is not Kind.PERCENT}
            self._percents |= {figure.value for figure in claims.figures if figure.kind is Kind.PERCENT}
            self._names |= {name.lower() for name in claims.names}
            self._literals |= set(claims.literals)

    def _add_resource(self, one: ResourceFacts) -> None:
        if one.savings:
            self._amounts |= {*_ends(one.savings)}
        self._words(one.id, one.region, one.name, one.owner, one.note)
        for name, seen in one.evidence.items():
            self._words(name)
            if isinstance(seen, bool) or seen is None:
                continue
            if isinstance(seen, str):
                self._words(seen)
                self._literals.add(seen)
                self._ids |= {part for part in re.split(r"[,\s]+", seen) if _ID.fullmatch(part)}
                if not _NUMBER.fullmatch(seen):
                    continue
            self._numbers.add(float(seen))
            self._percents |= {float(seen)} | ({100 * float(seen)} if 0 < float(seen) <= 1 else set())

    def _words(self, *texts: str) -> None:
        """Texts may come from anybody, so they are only split: each piece with a digit is a name that may be repeated."""
        for text in texts:
            for piece in re.split(r"[\s,;()'\"]+", text.lower()):
                self._names |= {part.strip(".:-") for part in (piece, *piece.split("/")) if any(char.isdigit() for char in part)}

    def check(self, where: str, text: str, advice: Advice, steps: Iterable[Step]) -> None:
        """Raises Unsupported for the first claim that is not covered. `steps` are those that the text speaks of."""
        steps = list(steps)
        own = [total for step in steps for total in self._own(step)]
        if where == SUMMARY:
            own.append(self._facts.savings)
        try:
            claims = read(without(text, self._ids))
        except Unreadable as error:
            raise Unsupported(f"{where}: {error}") from None
        numbers = self._numbers | {len(advice.steps), *(len(step.resource_ids) for step in steps)}
        numbers.add(sum(len(step.resource_ids) for step in steps))
        amounts = self._amounts | {end for total in own for end in _ends(total)}
        if where == SUMMARY:
            amounts |= {round(total, 4) for total in accumulate(step.monthly_saving for step in steps)}
        amounts |= {MONTHS * amount for amount in amounts}
        for figure in claims.figures:
            if not self._covers(figure, claims, numbers, amounts, own, len(advice.steps)):
                raise Unsupported(f"{where}: {figure.text!r} is not in the facts")
        for literal in claims.literals:
            if not any(known.startswith(literal) for known in self._literals):
                raise Unsupported(f"{where}: {literal!r} is not in the facts")
        for name in claims.ids:
            raise Unsupported(f"{where}: there is no resource {name!r}")
        for name in claims.names:
            if name.lower() not in self._names | words():
                raise Unsupported(f"{where}: {name!r} is not in the facts")

    def _own(self, step: Step) -> list[Money]:
        """What a step is about: each of its checks and resources, and what the ones and the others add up to."""
        checks = [self._facts.check(check_id).savings for check_id in step.check_ids]
        resources = [savings for one in step.resource_ids if (savings := self._resources[one].savings)]
        return [money(checks), money(resources), *checks, *resources]

    def _covers(self, figure: Figure, claims: Claims, numbers: set[float], amounts: set[float], own: list[Money], steps: int) -> bool:
        if figure.kind is Kind.ORDINAL:
            return 1 <= figure.value <= steps or figure.value in numbers
        if figure.kind is Kind.PERCENT:
            return any(figure.shows(known) for known in self._percents)
        if figure.kind is Kind.MONEY:
            return _nothing(claims, own) if figure.value == 0 else any(figure.shows(known) for known in amounts)
        to_the_cent = figure.decimals >= 2 and figure.value != 0
        return any(figure.shows(known) for known in numbers) or (to_the_cent and any(figure.shows(known) for known in amounts))


def _is_a_name(resource_id: str) -> bool:
    """Some ids are chosen by people, and one that reads like an amount must not hide one: it has to be a word without a figure."""
    try:
        return resource_id[:1].isalpha() and not read(resource_id).figures
    except Unreadable:
        return False


def _read_or_nothing(text: str) -> Claims:
    """The claims of a text of ours; none when it cannot be read, which costs an answer that repeats it, not more."""
    try:
        return read(text)
    except Unreadable:
        return Claims((), (), (), ())


def _nothing(claims: Claims, own: list[Money]) -> bool:
    """Whether $0 may be said: nothing can be saved, or it is the low end of a range whose high end is said too."""
    said = [figure for figure in claims.figures if figure.kind is not Kind.ORDINAL]
    return all(one.high == 0 for one in own) or any(
        one.low == 0 < one.high and any(figure.shows(one.high) for figure in said if figure.value) for one in own
    )


def _ends(savings: Money) -> Iterator[float]:
    yield from (savings.low, savings.likely, savings.high)
