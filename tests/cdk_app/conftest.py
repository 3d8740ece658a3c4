"""One synthesis for all tests of the CDK app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth

ACCOUNT, REGION = "111111111111", "us-east-1"


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly with default settings, without the layer, which has tests of its own."""
    return synth(tmp_path_factory.mktemp("assembly") / "out", account=ACCOUNT, region=REGION, bundle=False)


@pytest.fixture(scope="session")
def template(assembly: Path) -> dict[str, Any]:
    """The analyzer's template."""
    read: dict[str, Any] = json.loads((assembly / "FinOpsAnalyzer.template.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="session")
def member_template(assembly: Path) -> dict[str, Any]:
    """The template for an account that is scanned."""
    read: dict[str, Any] = json.loads((assembly / "FinOpsAnalyzerMember.template.json").read_text(encoding="utf-8"))
    return read
