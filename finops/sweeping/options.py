"""From command line options and an input file to the state machine's input, refused here when Plan would refuse it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finops.ending import Ending, ExitCode
from functions.core.errors import InvalidInput
from functions.core.plan import request
from functions.core.store.written_text import text_of

NOT_STARTED = "nothing was started"


def build(
    *,
    file: Path | None = None,
    regions: Sequence[str] = (),
    accounts: Sequence[str] = (),
    organization: bool = False,
    types: Sequence[str] = (),
    days: str | None = None,
    as_of: str | None = None,
    min_coverage: str | None = None,
    analyze: bool | None = None,
) -> dict[str, Any]:
    """The input: the file's keys, overridden by the options that were given. Ending (bad input) names the wrong key and what is allowed.

    Each list option may be repeated, and each of its values may be comma-separated.
    """
    if organization and accounts:
        raise Ending(ExitCode.BAD_INPUT, f"--organization and --accounts: give one of them; {NOT_STARTED}")
    given = read(file) if file else {}
    options: Mapping[str, Any] = {
        "regions": _names(regions, "all"),
        "accounts": {"organization": {}} if organization else _names(accounts, "self"),
        "resource_types": _names(types, "all"),
        "analysis_period_days": _number(days),
        "as_of": as_of,
        "min_coverage": _number(min_coverage),
        "analyze": analyze,
    }
    given.update({key: value for key, value in options.items() if value is not None})
    validate(given)
    return given


def validate(given: Mapping[str, Any]) -> request.SweepRequest:
    """The request as Plan will read it. Ending (bad input) when it would refuse it. Which regions are enabled, only Plan can say."""
    try:
        return request.parse(dict(given), datetime.now(UTC))
    except InvalidInput as error:
        raise Ending(ExitCode.BAD_INPUT, f"{error}; {NOT_STARTED}") from None


def read(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Ending (bad input) when there is none."""
    try:
        given = json.loads(text_of(file.read_bytes()))
    except OSError as error:
        raise Ending(ExitCode.BAD_INPUT, f"--input: cannot read {file}: {error.strerror}; {NOT_STARTED}") from None
    except ValueError as error:  # JSONDecodeError, and bytes that are no text
        raise Ending(ExitCode.BAD_INPUT, f"--input: {file} is not JSON: {error}; {NOT_STARTED}") from None
    if not isinstance(given, dict):
        raise Ending(ExitCode.BAD_INPUT, f"--input: {file} must hold a JSON object such as {{}}; {NOT_STARTED}")
    return given


def _names(values: Sequence[str], word: str) -> list[str] | str | None:
    """The values of a list option; its one `word` ("all", "self") stands for itself; None when the option was not given."""
    if not values:
        return None
    names = listed(values)
    return word if names == [word] else names


def listed(values: Sequence[str]) -> list[str]:
    """The values of a list option, which may be repeated, and each of which may be comma-separated."""
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _number(text: str | None) -> float | str | None:
    """A number where it is one: what is none goes on as text, for `request.parse` to refuse with the key's name."""
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
