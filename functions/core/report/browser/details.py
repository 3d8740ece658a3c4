"""What the page says of the largest findings: as HTML, compressed in chunks, of which the browser opens the one that is asked for."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json

from functions.core.report.browser.packed import packed

CHUNK = 50
MOST = 5_000
"""Findings. Of the others the page shows the index's row, and the command that tells the rest."""
MOST_CHARS = 3_000_000


class Details:
    """`add` the findings, best first. `render` makes HTML of one, in which everything from outside is escaped already."""

    def __init__(self, render: Callable[[Mapping[str, Any]], str], most: int = MOST) -> None:
        self._render = render
        self._most = most
        self._rows = 0
        self._chars = 0
        self._fragments: list[str] = []
        self._chunks: list[str] = []

    def add(self, finding: Mapping[str, Any]) -> None:
        """One ranked finding, as JSON."""
        if self._rows == self._most or self._chars >= MOST_CHARS:
            return
        self._rows += 1
        self._fragments.append(self._render(finding))
        if len(self._fragments) == CHUNK:
            self._close_chunk()

    def _close_chunk(self) -> None:
        self._chunks.append(packed(gzip.compress(to_json(self._fragments), mtime=0)))
        self._chars += len(self._chunks[-1])
        self._fragments = []

    def chunks(self, room: int) -> list[str]:
        """The chunks, each the gzip of a JSON list as text, as many as fit into so many characters."""
        if self._fragments:
            self._close_chunk()
        fitting: list[str] = []
        for chunk in self._chunks:
            room -= len(chunk)
            if room < 0:
                break
            fitting.append(chunk)
        return fitting
