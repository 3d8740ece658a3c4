"""What the page says of the largest findings: chunks that fit, in order, without a gap."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from functions.core.report.browser import details
from functions.core.report.browser.details import CHUNK, Details


def opened(chunks: list[str]) -> list[str]:
    return [one for chunk in chunks for one in json.loads(gzip.decompress(base64.b85decode(chunk.replace(",", "<"))))]


def of(count: int, most: int = details.MOST) -> Details:
    made = Details(lambda finding: f"<p>{finding['number']}</p>", most)
    for number in range(count):
        made.add({"number": number})
    return made


@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_each_finding_is_in_its_chunk(count: int) -> None:
    chunks = of(count).chunks(10**9)
    assert opened(chunks) == [f"<p>{number}</p>" for number in range(count)]
    assert all(len(opened([chunk])) == CHUNK for chunk in chunks[:-1])


def test_what_does_not_fit_is_left_out_from_the_end() -> None:
    made = of(3 * CHUNK)
    whole = made.chunks(10**9)
    assert made.chunks(sum(map(len, whole))) == whole
    assert made.chunks(sum(map(len, whole)) - 1) == whole[:2]
    assert made.chunks(0) == []


@pytest.mark.parametrize(("most", "chars", "held"), [(7, details.MOST_CHARS, 7), (details.MOST, 1, CHUNK)])
def test_there_is_an_end_to_it(monkeypatch: pytest.MonkeyPatch, most: int, chars: int, held: int) -> None:
    monkeypatch.setattr(details, "MOST_CHARS", chars)
    rendered: list[Any] = []
    made = Details(lambda finding: rendered.append(finding) or "", most)  # type: ignore[func-returns-value]
    for number in range(3 * CHUNK):
        made.add({"number": number})
    assert len(rendered) == len(opened(made.chunks(10**9))) == held
