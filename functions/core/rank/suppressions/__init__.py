"""Suppressions: what somebody has decided to keep, with a reason and an end. `config/suppressions.toml` in the bucket:

    [[suppress]]
    check_id = "ebs-unattached-volume"
    resource_arn = "arn:aws:ec2:*:111122223333:volume/*"    # a glob: * and ? stand for anything
    tag = "keep=true"                                       # "keep" alone: the tag exists; the value may be a glob
    reason = "Cold standby of the billing database, agreed with its team"
    owner = "ann@example.com"                               # who decided it; may be left out
    until = 2027-03-31                                      # the last day that it holds

An entry holds for the findings that match all of its conditions: `finding_id`, `check_id`, `account`, `region`, `resource_arn`, `tag`,
at least one. A suppressed finding stays in the report with its reason, and its money is not counted. An expired entry does nothing, and
the report warns of it, of what ends soon and of what matches nothing. Whatever is wrong with the file is InvalidInput: a typo must not
bring suppressed money back without a word. Plan reads it too, so that a mistake ends a sweep before anything is scanned. A tag on the
resource itself does the same as an entry, see ignore_tag.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from functions.core import registry
from functions.core.aws import partitions
from functions.core.errors import InvalidInput
from functions.core.outside.text import pattern
from functions.core.outside.toml_tables import tables
from functions.core.store.bucket import Bucket
from functions.core.store.written_text import decoded

KEY = "config/suppressions.toml"
CONDITIONS = ("finding_id", "check_id", "account", "region", "resource_arn", "tag")
EQUALS = ("finding_id", "check_id", "account", "region")
TEXTS = ("reason", "owner")
ALLOWED = (*CONDITIONS, *TEXTS, "until")
SOON = timedelta(days=14)
"""What ends within them is warned of."""
ACCOUNT = re.compile(r"[0-9]{12}")
WILD = frozenset("*?[")


@dataclass(slots=True, frozen=True)
class Suppression:
    """One entry. `until` is the last day on which it holds, `where` the file, the entry's number and its line, `owner` who decided it.

    `conditions` are as the file has them; `equals`, `arn` and `tag` are what they are compared by.
    """

    where: str
    reason: str
    until: date
    owner: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    equals: Mapping[str, str] = field(default_factory=dict)
    arn: re.Pattern[str] | None = None
    tag: tuple[str, re.Pattern[str]] | None = None

    def matches(self, finding: Mapping[str, Any], *, tagged: bool = True) -> bool:
        """Whether a finding, as JSON, meets every condition. `tagged`: whether its tags are known; else they may be any."""
        for name, value in self.equals.items():  # any() of a generator would take three times as long
            if finding[name] != value:
                return False
        if self.arn is not None and not self.arn.match(finding["resource_arn"]):
            return False
        if self.tag is not None and tagged:
            key, pattern = self.tag
            return key in finding["tags"] and pattern.match(finding["tags"][key]) is not None
        return True

    def place(self, condition: str, part: int) -> str:
        """The account or region that an entry is about: by its own condition, else as that part of its ARN; "" for any."""
        parts = self.conditions.get("resource_arn", "").split(":", 5)
        in_arn = parts[part] if len(parts) == 6 and not WILD.intersection(parts[part]) else ""
        return self.equals.get(condition, in_arn)

    @property
    def account(self) -> str:
        return self.place("account", 4)

    @property
    def region(self) -> str:
        return self.place("region", 3)

    @property
    def why(self) -> str:
        """The reason, and who decided it."""
        return f"{self.reason}, decided by {self.owner}" if self.owner else self.reason

    @property
    def words(self) -> str:
        return f"{self.why} (until {self.until.isoformat()})"


def read(bucket: Bucket) -> str | None:
    """The file's text; None when there is none. InvalidInput when it is no text."""
    content = bucket.read(KEY)
    return None if content is None else decoded(content, KEY)


def load(bucket: Bucket, regions: Iterable[str] = ()) -> list[Suppression]:
    """Every entry of the bucket's file, none when there is no file. InvalidInput for what `parse` and `known` refuse."""
    text = read(bucket)
    return known(parse(text), regions) if text else []


def known(entries: Sequence[Suppression], regions: Iterable[str] = ()) -> list[Suppression]:
    """The entries, or InvalidInput for a check, an account or a region that there cannot be. `regions`: more than botocore knows.

    An account of 12 digits is taken for one: a sweep of some accounts cannot tell whether there are others.
    """
    checks = [check.id for check in registry.checks()]
    places = sorted(partitions.regions().union(regions))
    wrong = []
    for one in entries:
        check = one.equals.get("check_id")
        if check is not None and check not in checks:
            wrong.append(f"{one.where}: check_id: there is no check {check!r}; {_allowed(check, checks)}")
        key = "account" if "account" in one.equals else "resource_arn"
        if one.account and not ACCOUNT.fullmatch(one.account) and (key, one.account) != ("resource_arn", "aws"):  # AWS's own
            wrong.append(f"{one.where}: {key}: {one.account!r} is no account; allowed are ids of 12 digits")
        key = "region" if "region" in one.equals else "resource_arn"
        if one.region and one.region not in places:
            wrong.append(f"{one.where}: {key}: there is no region {one.region!r}; {_allowed(one.region, places)}")
    return _all(entries, wrong)


def _allowed(given: str, names: Sequence[str]) -> str:
    meant = " or ".join(map(repr, get_close_matches(given, names, 2)))
    return f"{f'{meant} is meant? ' if meant else ''}allowed are: {', '.join(names)}"


def parse(text: str, file: str = KEY) -> list[Suppression]:
    """Every entry of the file. InvalidInput says which entry, which key, and what is allowed."""
    made, wrong = list[Suppression](), list[str]()
    for where, entry in tables(text, file, "suppress", "a suppression"):
        try:
            made.append(_entry(entry, where))
        except InvalidInput as error:
            wrong.append(str(error))
    return _all(made, wrong)


def _all(entries: Sequence[Suppression], wrong: Sequence[str]) -> list[Suppression]:
    """The entries, or InvalidInput with all that is wrong with them: nobody wants to hear of one mistake a sweep."""
    if wrong:
        raise InvalidInput("; ".join(wrong))
    return list(entries)


def _entry(entry: Mapping[str, Any], where: str) -> Suppression:
    unknown = [key for key in entry if key not in ALLOWED]
    if unknown:
        raise InvalidInput(f"{where}: unknown key {unknown[0]!r}; allowed are: {', '.join(ALLOWED)}")
    for key in (*CONDITIONS, *TEXTS):
        if key in entry and not (isinstance(entry[key], str) and entry[key].strip()):
            raise InvalidInput(f"{where}: {key} must be a text that is not empty, not {entry[key]!r}")
    if "reason" not in entry:
        raise InvalidInput(f"{where}: reason is missing: say why this is kept")
    if not any(key in entry for key in CONDITIONS):
        raise InvalidInput(f"{where}: no condition; name at least one of: {', '.join(CONDITIONS)}")
    key, _, value = entry.get("tag", "").partition("=")
    return Suppression(
        where=where,
        reason=entry["reason"].strip(),
        until=_day(entry.get("until"), where),
        owner=entry.get("owner", "").strip(),
        conditions={name: entry[name] for name in CONDITIONS if name in entry},
        equals={name: entry[name] for name in EQUALS if name in entry},
        arn=pattern(entry["resource_arn"]) if "resource_arn" in entry else None,
        tag=(key, pattern(value or "*")) if "tag" in entry else None,
    )


def _day(given: Any, where: str) -> date:
    if given is None:
        raise InvalidInput(f"{where}: until is missing: a suppression ends on a day, such as 2027-03-31")
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise InvalidInput(f"{where}: until must be a day such as 2027-03-31, not {given!r}") from None
