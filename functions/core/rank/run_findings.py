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

from functions.core.model import UnitOutcome
from functions.core.store import ledger
from functions.core.store.streams import gzip_lines
from functions.core.store.unit_objects import OUTCOME

Finding = dict[str, Any]
"""A finding as JSON: what only passes through is not made into objects and back."""


class RunFindings:
    """`add` unit objects one after the other, then iterate: every finding with its unit's id, in the order of the plan but for late ones.

    `see`: what is made of a unit's findings, as the scan wrote them, each time they are read. `needle`: only units that have it somewhere
    in a finding are looked at when they are added, because to parse the others for nothing is half of the time of Rank. `late`: units that
    have this in a finding are looked at too, and come after all others.

    Disk: what the unit objects have on S3. Memory: one finding.
    """

    def __init__(
        self,
        see: Callable[[Iterable[Finding]], Iterable[Finding]] = iter,
        needle: bytes = b"",
        late: bytes | None = None,
    ) -> None:
        self._see = see
        self._needle = needle
        self._late = late
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self._last: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> RunFindings:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self._last.close()

    def add(self, entry: ledger.Entry, look: Callable[[Finding], None]) -> UnitOutcome:
        """Take a unit in; `look` sees each of its findings, if one has the needle. A broken object is a failed unit without findings."""
        if entry.body is None:
            return entry.outcome or ledger.never_started(entry.unit)
        with entry.body as body:
            try:
                outcome, wanted, late = self._checked(body)
                if wanted:
                    body.seek(0)
                    for finding in self._see(from_json(line) for line in islice(gzip_lines(body), 1, None)):
                        look(finding)
            except (StopIteration, EOFError, zlib.error, ValueError) as broken:
                return ledger.unreadable(entry.unit, " ".join(f"{type(broken).__name__}: {broken}".split()))
            if outcome.findings:
                body.seek(0)
                copyfileobj(body, self._last if late else self._file)
        return outcome

    def _checked(self, body: BinaryIO) -> tuple[UnitOutcome, bool, bool]:
        """The outcome, whether to look at its findings, and whether it is late. ValueError when there are others than announced."""
        lines = gzip_lines(body)
        outcome = OUTCOME.validate_json(next(lines))
        count, wanted, late = 0, False, False
        for line in lines:
            if not (line.startswith(b"{") and line.endswith(b"}")):
                raise ValueError(f"finding {count + 1} is no JSON object")
            count += 1
            late = late or (self._late is not None and self._late in line)
            wanted = wanted or late or self._needle in line
        if count != outcome.findings:
            raise ValueError(f"{outcome.findings} findings are announced, {count} are there")
        return outcome, wanted, late

    def __iter__(self) -> Iterator[tuple[str, Finding]]:
        for file in (self._file, self._last):
            file.seek(0)
            lines = gzip_lines(file)
            for head in lines:
                outcome = OUTCOME.validate_json(head)
                for finding in self._see(from_json(line) for line in islice(lines, outcome.findings)):
                    yield outcome.unit_id, finding
