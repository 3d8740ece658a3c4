"""report.json, written as a stream, is one valid document."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from functions.core.report.as_json import JsonReport, read

HEAD: dict[str, Any] = {
    "run": {"run_id": "r", "as_of": "t", "seconds": 1.5},
    "coverage": {"ratio": 1.0, "units": {"ok": 1}},
    "totals": {"findings": 2, "by_region": {}},
    "warnings": ["ü"],
    "advice": [{"group_id": "1.ebs", "steps": []}],
    "bill": {"status": "ok", "monthly": 1.5},
    "sweep_cost": {"usd": 0.03, "lines": []},
    "checks": {"rules": []},
}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_document_is_what_went_in(count: int) -> None:
    lines = [json.dumps({"number": number}).encode() for number in range(count)]
    out = io.BytesIO()
    with JsonReport(out, HEAD, lines, reversed(lines)) as report:
        for line in lines:
            report.add(line)
    made = json.loads(out.getvalue())
    entries = [{"number": number} for number in range(count)]
    assert made == HEAD | {
        "realised": None,
        "trend": [],
        "coverage": HEAD["coverage"] | {"not_seen": entries},
        "resolved": entries[::-1],
        "findings": entries,
    }
    first = ["run", "coverage", "totals", "realised", "trend", "warnings", "advice", "bill", "sweep_cost", "checks"]
    assert list(made) == [*first, "resolved", "findings"]
    assert sum(line.startswith(b'{"number"') for line in out.getvalue().splitlines()) == 3 * count, "one entry a line"


def test_an_older_run_has_no_bill_and_no_trend_and_says_so() -> None:
    out = io.BytesIO()
    with JsonReport(out, {name: value for name, value in HEAD.items() if name not in ("bill", "sweep_cost", "checks")}, [], []):
        pass
    made = json.loads(out.getvalue())
    assert (made["bill"], made["sweep_cost"]) == ({"status": "none", "reason": "not asked"}, None)
    assert (made["realised"], made["trend"], made["checks"]) == (None, [], None)


def test_an_exception_leaves_it_open() -> None:
    out = io.BytesIO()
    with pytest.raises(RuntimeError, match="stop"), JsonReport(out, HEAD, [], []):
        raise RuntimeError("stop")
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(out.getvalue())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_is_read_back_as_a_stream(tmp_path: Path, count: int) -> None:
    lines = [json.dumps({"number": number, "name": '\n"findings": [\n]'}).encode() for number in range(count)]
    with (tmp_path / "report.json").open("wb") as file, JsonReport(file, HEAD, lines, lines) as report:
        for line in lines:
            report.add(line)
    whole = json.loads((tmp_path / "report.json").read_text())
    head, findings = read(tmp_path / "report.json")
    assert {**head, "findings": [*findings()]} == whole
    assert [*findings()] == whole["findings"], "as often as it is asked for"


def test_a_document_that_was_written_otherwise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps({"run": {}, "findings": []}))
    with pytest.raises(ValueError, match="no list of findings"):
        read(tmp_path / "report.json")
