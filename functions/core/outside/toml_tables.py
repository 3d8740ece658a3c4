"""Files of entries that people write: tables of one name in TOML, each with its place, so that a mistake can be found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from functions.core.errors import InvalidInput

Entry = tuple[str, Mapping[str, Any]]
"""Where it is ("config/checks.toml: check 2, line 7"), and what it says."""


def tables(text: str, file: str, name: str, called: str) -> list[Entry]:
    """Every table [[name]]. `called`: what one is, for who writes another. InvalidInput where it is no TOML, or has anything else."""
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"{file}: {error}") from None
    unknown = [key for key in content if key != name]
    if unknown:
        raise InvalidInput(f"{file}: unknown key {unknown[0]!r}; {called} is a table called [[{name}]]")
    entries = content.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidInput(f"{file}: {name} must be tables, each under [[{name}]]")
    begins = header(name)
    lines = [number for number, line in enumerate(text.split("\n"), 1) if begins.match(line)]
    places = [f", line {line}" for line in lines] if len(lines) == len(entries) else [""] * len(entries)
    return [(f"{file}: {name} {number}{place}", entry) for number, (entry, place) in enumerate(zip(entries, places, strict=True), 1)]


def header(name: str) -> re.Pattern[str]:
    """How the line of a table begins."""
    return re.compile(rf"^\s*\[\[\s*{re.escape(name)}\s*\]\]")
