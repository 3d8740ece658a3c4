"""report.json as a stream, the long lists last and one entry a line.

First `run`, `coverage`, `totals`, `realised`, `trend`, `warnings`, `advice`, `bill` and `sweep_cost`. A run that has no bill has one of
status "none", and one whose cost nobody counted has `sweep_cost` null. Of a run that is compared with no other, `realised` is null and
`trend` empty (see rank/lifecycle).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic_core import from_json, to_json

from functions.core.report import bill_numbers
from functions.core.store.streams import Sink


class JsonReport:
    """Writes its head when it is made, then each finding as `add` gets it, and its end when `with` is left without an exception.

    `coverage.not_seen` (see `coverage.scope`), `resolved` and the findings are lines of JSON that are taken over as they are.
    """

    def __init__(self, out: Sink, head: Mapping[str, Any], not_seen: Iterable[bytes], resolved: Iterable[bytes]) -> None:
        self._out = out
        self._first = True
        self._member("{\n", "run", head["run"])
        out.write(b',\n"coverage": ' + to_json(head["coverage"], indent=2).removesuffix(b"\n}") + b',\n  "not_seen": ')
        self._array(not_seen)
        out.write(b"\n}")
        self._member(",\n", "totals", head["totals"])
        self._member(",\n", "realised", head.get("realised"))
        self._member(",\n", "trend", head.get("trend", []))
        self._member(",\n", "warnings", head["warnings"])
        self._member(",\n", "advice", head["advice"])
        self._member(",\n", "bill", bill_numbers.bill(head))
        self._member(",\n", "sweep_cost", bill_numbers.sweep_cost(head))
        self._member(",\n", "checks", head.get("checks"))
        out.write(b',\n"resolved": ')
        self._array(resolved)
        out.write(b',\n"findings": [')

    def _member(self, before: str, name: str, value: Any) -> None:
        self._out.write(f'{before}"{name}": '.encode() + to_json(value, indent=2))

    def _array(self, lines: Iterable[bytes]) -> None:
        between = b"["
        for line in lines:
            self._out.write(between + b"\n" + line)
            between = b","
        self._out.write(b"[]" if between == b"[" else b"\n]")

    def __enter__(self) -> JsonReport:
        return self

    def add(self, finding: bytes) -> None:
        """One ranked finding, a line of JSON."""
        self._out.write((b"\n" if self._first else b",\n") + finding)
        self._first = False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._out.write(b"]\n}\n" if self._first else b"\n]\n}\n")


FINDINGS = b'"findings": ['


def read(path: Path) -> tuple[dict[str, Any], Callable[[], Iterator[dict[str, Any]]]]:
    """A report.json as `JsonReport` wrote it: all but its findings, and what yields them one by one, each time it is called.

    ValueError where it was written otherwise. Memory: the head and one finding.
    """
    start, head = 0, []
    with path.open("rb") as file:
        for line in file:
            if line.startswith(FINDINGS):
                break
            head.append(line)
            start += len(line)
        else:
            raise ValueError(f"{path} has no list of findings that begins a line")
    content: dict[str, Any] = from_json(b"".join(head).rstrip(b",\n") + b"}")

    def findings() -> Iterator[dict[str, Any]]:
        with path.open("rb") as file:
            file.seek(start)
            for line in islice(file, 1, None):
                if line == b"]\n":
                    return
                if line.startswith(b"{"):
                    yield from_json(line.rstrip(b",\n"))

    return content, findings
