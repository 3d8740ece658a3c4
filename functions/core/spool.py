"""The findings of a run between the two looks that Rank takes at them: on the temporary disk, compressed as the scans wrote them."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from shutil import copyfileobj
from types import TracebackType
from typing import Any, BinaryIO

from pydantic_core import from_json

from functions.core import ledger, storage
from functions.core.model import UnitOutcome
from functions.core.streams import gzip_lines

Finding = dict[str, Any]
"""A finding as JSON: what only passes through is not made into objects and back."""


class Spool:
    """`add` unit objects one after the other, then iterate: every finding with its unit's id, in the order of the plan.

    `see`: what is made of a unit's findings, as the scan wrote them, each time they are read.

    Disk: what the unit objects have on S3. Memory: one finding.
    """

    def __init__(self, see: Callable[[Iterable[Finding]], Iterable[Finding]] = iter) -> None:
        self._see = see
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, entry: ledger.Entry, look: Callable[[Finding], None]) -> UnitOutcome:
        """Take a unit in; `look` sees each of its findings. A broken object is a failed unit without findings, whatever `look` saw."""
        if entry.body is None:
            return entry.outcome or ledger.never_started(entry.unit)
        with entry.body as body:
            try:
                lines = gzip_lines(body)
                outcome = storage.OUTCOME.validate_json(next(lines))
                count = 0

                def findings() -> Iterator[Finding]:
                    nonlocal count
                    for line in lines:
                        count += 1
                        yield from_json(line)

                for finding in self._see(findings()):
                    look(finding)
                if count != outcome.findings:
                    raise ValueError(f"{outcome.findings} findings are announced, {count} are there")
            except (StopIteration, EOFError, zlib.error, ValueError) as broken:
                return ledger.unreadable(entry.unit, " ".join(f"{type(broken).__name__}: {broken}".split()))
            if count:
                body.seek(0)
                copyfileobj(body, self._file)
        return outcome

    def __iter__(self) -> Iterator[tuple[str, Finding]]:
        self._file.seek(0)
        lines = gzip_lines(self._file)
        for head in lines:
            outcome = storage.OUTCOME.validate_json(head)
            for finding in self._see(from_json(line) for line in islice(lines, outcome.findings)):
                yield outcome.unit_id, finding
