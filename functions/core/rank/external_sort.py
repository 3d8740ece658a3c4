"""Sorting more lines than fit into memory: sorted runs on the temporary disk, merged as they are read."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO

from functions.core.store.streams import Gzip, gzip_lines

RUN_BYTES = 14 * 1024 * 1024
"""Lines held in memory; more of them become a run on the disk."""
MERGED_BYTES = 16 * 1024
"""Unpacked of each run at once while they are merged: a million findings, 2 GiB, are 150 runs, which together take what one had."""


class Sorter:
    """Lines in, the same lines out in the order of their bytes, so the sort key is how a line begins. A line has no newline in it.

    Memory: `RUN_BYTES`, and some kilobytes for each run. Disk: the lines, gzipped. Leaving `with` deletes the runs.
    """

    def __init__(self, run_bytes: int | None = None) -> None:
        self._run_bytes = run_bytes or RUN_BYTES
        self._lines: list[bytes] = []
        self._size = 0
        self._runs: list[BinaryIO] = []

    def __enter__(self) -> Sorter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for run in self._runs:
            run.close()

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        if self._size >= self._run_bytes:
            self._spill()

    def _spill(self) -> None:
        self._lines.sort()
        run: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self._runs.append(run)
        with Gzip(run) as zipped:
            for line in self._lines:
                zipped.write(line + b"\n")
        run.seek(0)
        self._lines, self._size = [], 0

    def __iter__(self) -> Iterator[bytes]:
        """Every line, once; nothing can be added any more."""
        self._lines.sort()
        return heapq.merge(*(gzip_lines(run, MERGED_BYTES) for run in self._runs), iter(self._lines))
