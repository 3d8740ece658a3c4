"""A finding of a run as it is kept: found by the beginning of its id, as git finds a commit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic_core import from_json

from finops.ending import Ending, ExitCode
from functions.core.store.bucket import NoObject
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines

LEAST = 6
WHOLE = 32
ID = re.compile(rf"[0-9a-f]{{{LEAST},{WHOLE}}}")
SHOWN = 5
"""Of several findings that may be meant."""
Finding = Mapping[str, Any]


def is_id(asked: str) -> bool:
    """Whether it can be a finding's id, or the beginning of one."""
    return ID.fullmatch(asked) is not None


def lines(folder: RunFolder, key: str) -> Iterator[bytes]:
    """The findings of a run, a line of JSON each, read as they are asked for."""
    with folder.bucket.download(key) as file:
        yield from gzip_lines(file)


def find(folder: RunFolder, asked: str) -> tuple[Finding, Finding | None]:
    """The finding, and the one that it is counted by. Ending (bad input) where none is meant, or several are. Raises botocore's errors."""
    found = list(islice(_beginning(lines(folder, folder.ranked), asked), SHOWN + 1))
    if not found:
        raise Ending(
            ExitCode.BAD_INPUT, _gone(folder, asked) or f"run {folder.run_id} has no finding {asked!r}: report.csv lists their ids"
        )
    if len(found) > 1:
        named = [f"{one['finding_id']} ({one['check_id']} of {one['resource_name'] or one['resource_id']})" for one in found[:SHOWN]]
        more = ", …" if len(found) > SHOWN else ""
        raise Ending(ExitCode.BAD_INPUT, f"{asked!r} begins the ids of several findings: {', '.join(named)}{more}")
    (one,) = found
    by = one["counted_by"]
    return one, next(_beginning(lines(folder, folder.ranked), by), None) if by else None


def of_resource(folder: RunFolder, arn: str) -> list[Finding]:
    """The findings on a resource, as the run has them. Raises botocore's errors."""
    return [one for line in lines(folder, folder.ranked) if arn.encode() in line and (one := from_json(line))["resource_arn"] == arn]


def _beginning(found: Iterator[bytes], asked: str) -> Iterator[Finding]:
    """Those whose id begins so; only lines that have it somewhere are read as JSON. A whole id is looked for no further."""
    needle = f'"{asked}'.encode()
    for line in found:
        if needle in line and (one := from_json(line))["finding_id"].startswith(asked):
            yield one
            if len(asked) == WHOLE:
                return


def _gone(folder: RunFolder, asked: str) -> str:
    """What to say of a finding that an earlier run had; "" where none is meant."""
    try:
        one = next(_beginning(lines(folder, folder.resolved), asked), None)
    except NoObject:
        return ""
    if one is None:
        return ""
    what = f"{one['finding_id']} ({one['check_id']} of {one['resource_arn']})"
    return f"{what} is resolved since run {folder.run_id}: last seen {one['last_seen']}; name an earlier run with --run"
