"""Writing config/suppressions.toml: an entry more or less, and everything else in it as it was, to the byte.

The file belongs to the people who keep it: their order, their comments, their editor's encoding and line ends. So it is not written anew
from what was read of it, but a table is put behind it, or its own lines are taken out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from functions.core.errors import InvalidInput
from functions.core.outside.text import in_toml, one_line, shell_word
from functions.core.outside.toml_tables import header
from functions.core.rank.suppressions import KEY, Suppression, parse
from functions.core.store import written_text

HEADER = header("suppress")
LEAST_DIGITS = 6
SHORT_DIGITS = 12
"""Of a finding's 32: enough to name it among millions, and short enough to be typed."""
TO_BE_FILLED_IN = "…"
"""Where only a person can say why."""
LINE = re.compile(r"[^\n]*\n|[^\n]+")
BY_HAND = "nothing was written: edit the file by hand"


def entry_for(finding_id: str, until: date, reason: str = TO_BE_FILLED_IN, owner: str = "", about: str = "") -> str:
    """The entry that suppresses one finding, as TOML. `about`: what it is, as a comment for who reads the file."""
    lines = (
        "[[suppress]]",
        f"finding_id = {in_toml(finding_id)}" + (f"  # {one_line(about)}" if about else ""),
        f"reason = {in_toml(reason)}",
        *([f"owner = {in_toml(owner)}"] if owner else []),
        f"until = {until.isoformat()}",
    )
    return "\n".join(lines) + "\n"


def command_for(finding_id: str, until: date, reason: str = TO_BE_FILLED_IN) -> str:
    """The command that puts that entry into the deployed analyzer's file."""
    return f"finops suppress {finding_id[:SHORT_DIGITS]} --reason {shell_word(reason) or TO_BE_FILLED_IN} --until {until.isoformat()}"


def with_entry(content: bytes | None, entry: str) -> bytes:
    """The file with an entry behind all others. InvalidInput when it is wrong already, or takes none so."""
    before = entries_of(content)
    text, encoding = written_text.read(content or b"")
    end = "\r\n" if "\r\n" in text else "\n"
    gap = (end if text.endswith("\n") else end * 2) if text.strip() else ""
    made = (content or b"") + (gap + entry.replace("\n", end)).encode(encoding)
    try:
        after = entries_of(made)
    except InvalidInput as wrong:
        raise InvalidInput(f"{wrong}; {BY_HAND}") from None
    _same(before, after[:-1])
    return made


def without_entry(content: bytes, number: int) -> bytes:
    """The file without the lines of its entry `number`, from 1 on, and the empty line before them; comments stay.

    InvalidInput when the file is wrong, or the lines cannot be told: entries may also stand in one line, as an array.
    """
    before = entries_of(content)
    text, encoding = written_text.read(content)
    lines = LINE.findall(text)
    heads = [at for at, line in enumerate(lines) if HEADER.match(line)]
    if len(heads) != len(before):
        raise InvalidInput(f"{KEY}: its entries are not one table each, under [[suppress]]; {BY_HAND}")
    start, end = heads[number - 1], [*heads, len(lines)][number]
    first = start - 1 if start and not lines[start - 1].strip() else start
    kept = "".join([*lines[:first], *_comments(lines[start + 1 : end]), *lines[end:]])
    mark = content[: len(content) - len(text.encode(encoding))]
    made = mark + kept.encode(encoding)
    _same([*before[: number - 1], *before[number:]], entries_of(made))
    return made


def entries_of(content: bytes | None) -> list[Suppression]:
    """The entries of the file; none where there is none. InvalidInput when it is wrong."""
    return parse(written_text.decoded(content, KEY)) if content else []


def _comments(lines: Sequence[str]) -> Iterator[str]:
    """What stands between the keys of a table: a key and its value, which may have several lines, are taken together."""
    pending = ""
    for line in lines:
        if not pending and line.strip()[:1] in ("", "#"):
            yield line
            continue
        pending += line
        try:
            tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        pending = ""
    if pending:
        raise InvalidInput(f"{KEY}: the end of {pending.splitlines()[0]!r} is not found; {BY_HAND}")


def _same(wanted: Sequence[Suppression], made: Sequence[Suppression]) -> None:
    """The other entries have to be what they were, whatever was in the file."""
    if [replace(one, where="") for one in wanted] != [replace(one, where="") for one in made]:
        raise InvalidInput(f"{KEY}: another entry would change; {BY_HAND}")
