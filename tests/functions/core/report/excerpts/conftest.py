"""The part of each of three owners."""

from __future__ import annotations

import pytest

from functions.core.report import as_json
from functions.core.report.excerpts.excerpt import Excerpt
from tests.functions.core.report.excerpts import runs
from tests.functions.core.report.excerpts.runs import Part


@pytest.fixture(scope="module", params=["web", "", runs.HOSTILE[2]])
def part(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Part:
    head, findings = as_json.read(runs.written(tmp_path_factory.mktemp("bucket")) / "report.json")
    excerpt = Excerpt(owner=request.param)
    return excerpt, excerpt.head(head, findings()), [dict(one) for one in excerpt.of(findings())]
