"""`config/checks.toml` in the bucket: which checks are on, and what they compare with, everywhere or for an account or a tag.

    [[check]]
    id = "ec2-idle-instance"
    enabled = false
    account = "111122223333"      # or tag = "env=dev"; both, for the tag in that account; none, everywhere

    [[check]]
    id = "ec2-idle-instance"
    tag = "env"                   # the tag exists; the value behind = may be a glob
    [check.thresholds]
    max_cpu_percent = 3

Of several entries about a resource the one with a tag is above the one with an account, and that above the one for everywhere; all are
above the setting `thresholds`. Whatever is wrong with the file is InvalidInput, all of it at once, before anything is scanned. Plan gives
each unit the entries about it: no scanner reads the file, and a run goes by one file, also when it is resumed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from functions.core import registry
from functions.core.errors import InvalidInput
from functions.core.model import Resource
from functions.core.outside.toml_tables import tables
from functions.core.store.bucket import Bucket
from functions.core.store.written_text import decoded
from functions.core.tuning.rule import Rule

KEY = "config/checks.toml"
ALLOWED = ("id", "enabled", "thresholds", "account", "tag")
ACCOUNT = re.compile(r"[0-9]{12}")
MOST = 1_000
"""Entries of a file: those about a resource type travel with each of its units, whose input is 256 KiB at most.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


def load(bucket: Bucket) -> list[Rule]:
    """Every entry of the bucket's file, none when there is no file. InvalidInput for what `parse` refuses."""
    content = bucket.read(KEY)
    return [] if content is None else parse(decoded(content, KEY))


def parse(text: str, file: str = KEY) -> list[Rule]:
    """Every entry of the file. InvalidInput says of each mistake which entry, which key, and what is allowed."""
    entries = tables(text, file, "check", "what is said of a check")
    if len(entries) > MOST:
        raise InvalidInput(f"{file}: {len(entries):,} tables [[check]]; at most {MOST:,} are allowed")
    known = {check.id: check for check in registry.checks()}
    made, wrong = list[Rule](), list[str]()
    for where, entry in entries:
        mistakes = list(_mistakes(entry, known))
        wrong.extend(f"{where}: {mistake}" for mistake in mistakes)
        if not mistakes:
            made.append(_rule(entry, where))
    wrong.extend(_twice(made))
    if wrong:
        raise InvalidInput("; ".join(wrong))
    return made


def _rule(entry: Mapping[str, Any], where: str) -> Rule:
    return Rule(
        check_id=entry["id"],
        where=where,
        enabled=entry.get("enabled"),
        thresholds={name: float(value) for name, value in entry.get("thresholds", {}).items()},
        account=entry.get("account", ""),
        tag=entry.get("tag", "").strip(),
    )


def _mistakes(entry: Mapping[str, Any], known: Mapping[str, registry.Check[Resource]]) -> Iterator[str]:
    """All that is wrong with one entry."""
    for key in entry:
        if key not in ALLOWED:
            yield f"unknown key {key!r}; allowed are: {', '.join(ALLOWED)}"
    check_id, check = entry.get("id"), None
    if check_id is None:
        yield "id is missing: name a check, as `finops checks` lists them"
    elif not isinstance(check_id, str) or (check := known.get(check_id)) is None:
        yield f"id: there is no check {check_id!r}; {nearest(str(check_id), list(known))}"
    if "enabled" not in entry and not entry.get("thresholds"):
        yield "it says nothing: give enabled (true or false) or [check.thresholds]"
    if not isinstance(entry.get("enabled", True), bool):
        yield f"enabled must be true or false, not {entry['enabled']!r}"
    account = entry.get("account", "0" * 12)
    if not isinstance(account, str) or not ACCOUNT.fullmatch(account):
        yield f"account: {account!r} is no account; allowed are ids of 12 digits, in quotes"
    tag = entry.get("tag", "key")
    if not isinstance(tag, str) or not tag.partition("=")[0].strip():
        yield f'tag must be "key" or "key=value", not {tag!r}'
    if check is not None:
        yield from _thresholds(entry.get("thresholds", {}), check)


def _thresholds(given: object, check: registry.Check[Resource]) -> Iterator[str]:
    if not isinstance(given, Mapping):
        yield f"thresholds must be a table of numbers, not {given!r}"
        return
    for name, value in given.items():
        threshold = check.thresholds.get(name)
        if threshold is None:
            there = nearest(name, list(check.thresholds)) if check.thresholds else "it has none"
            yield f"thresholds.{name}: {check.id} has no such threshold; {there}"
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield f"thresholds.{name} must be a number, not {value!r}"
        elif not threshold.minimum <= value <= threshold.maximum:
            yield f"thresholds.{name} must be {threshold.allowed}, not {value:g}"


def _twice(rules: Sequence[Rule]) -> Iterator[str]:
    """What two entries say of the same resources: nobody can tell which is meant."""
    seen: dict[tuple[str, ...], Rule] = {}
    for rule in rules:
        for key in (*rule.thresholds, *(() if rule.enabled is None else ("enabled",))):
            first = seen.setdefault((rule.check_id, rule.account, rule.tag, key), rule)
            if first is not rule:
                yield f"{rule.where}: {key} of {rule.check_id} ({rule.place}) is said in {first.where.partition(': ')[2]} too"


def nearest(given: str, names: Sequence[str]) -> str:
    """Which of the names is meant, and what is allowed."""
    meant = " or ".join(map(repr, get_close_matches(given, names, 2)))
    return f"{f'{meant} is meant? ' if meant else ''}allowed are: {', '.join(names)}"
