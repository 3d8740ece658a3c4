"""The index of a page, read back as the browser reads it."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.rank.totals import Place, exact, place
from functions.core.report.browser.index import BLOCK, COLUMNS, ID_DIGITS, NAME_CHARS, Index
from tests.functions import sweeps
from tests.functions.core.rank.test_totals import as_json


def batched(lines: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(lines), size):
        yield lines[start : start + size]


def read(content: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows, each with its columns by their letters, and the names."""
    *lines, names = map(json.loads, gzip.decompress(content).splitlines())
    rows: list[dict[str, Any]] = []
    for block in batched(lines, len(COLUMNS)):
        ids, *columns = block
        assert len(ids) == ID_DIGITS * len(columns[0])
        for number, values in enumerate(zip(*columns, strict=True)):
            row = dict(zip(names["columns"][1:], values, strict=True))
            row["l"] = (rows[-1]["l"] if rows else 0) - row["l"]
            rows.append(row | {"i": ids[number * ID_DIGITS : (number + 1) * ID_DIGITS]})
    return rows, names


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_every_finding_is_in_it_with_its_money(count: int) -> None:
    pick = random.Random(7)  # noqa: S311  # amounts, not a secret
    findings = [
        as_json(
            f"vol-{number}",
            sweeps.saving(pick.random() * 100 + 50, pick.random(), 200 + pick.random()),
            counted_by=pick.choice([None, "z"]),
        )
        for number in range(count)
    ]
    index = Index()
    for finding in findings:
        index.add(finding)
    rows, names = read(index.content({"111122223333": "Payments"}))
    assert [row["i"] for row in rows] == [finding["finding_id"][:ID_DIGITS] for finding in findings]
    assert [(row["l"] - row["w"], row["l"], row["l"] + row["u"]) for row in rows] == [
        tuple(exact(finding["savings"][end]) for end in ("low", "likely", "high")) for finding in findings
    ]
    assert [Place(row["p"]) for row in rows] == [place(finding) for finding in findings]
    for row, finding in zip(rows, findings, strict=True):
        kind = names["kinds"][row["k"]]
        assert kind == [finding[name] for name in ("check_id", "title", "resource_type", "action", "effort", "risk")]
        assert names["accounts"][row["a"]] == [finding["account"], "Payments"]
        assert names["regions"][row["g"]] == finding["region"]
        assert names["owners"][row["o"]] == finding["owner"]
        assert names["states"][row["s"]] == finding["lifecycle"]
        assert (row["n"] or row["r"]) == (finding["resource_name"] or finding["resource_id"])
    assert names["services"]["ebs"] == "Amazon Elastic Block Store"


def test_names_of_others_are_one_visible_line_of_bounded_length() -> None:
    index = Index()
    index.add(as_json() | {"resource_name": "a\u202eb\nc\td" + "x" * 5_000, "owner": "=cmd\x1b[31m"})
    (row,), names = read(index.content({}))
    assert row["n"].startswith("a\ufffdb\ufffdc\ufffdd")
    assert len(row["n"]) == NAME_CHARS
    assert names["owners"] == ["=cmd\ufffd[31m"]


def test_a_full_index_takes_no_later_finding_however_small() -> None:
    """What is listed is the most valuable part of all, without a gap."""
    index = Index(most_bytes=1)
    for number in range(3 * BLOCK):
        index.add(as_json(f"vol-{number}"))
    assert (index.rows, index.left_out) == (BLOCK, 2 * BLOCK)
    assert len(read(index.content({}))[0]) == BLOCK
