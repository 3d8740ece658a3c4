"""The app as `cdk` runs it, in a process of its own, and as other Python calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from cdk_app.app import add_stacks, synth
from cdk_app.constructs.acknowledged import check
from cdk_app.settings.settings import ROOT, InvalidContext, cdk_context, parse
from tests.cdk_app.conftest import EVERY_OPTION

NO_BUNDLING: dict[str, Any] = {"aws:cdk:bundling-stacks": []}


def run(folder: Path, context: dict[str, Any], **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m cdk_app.app` with what the cdk command gives it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CDK_")}
    given = {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context), **environment}
    return subprocess.run(
        [sys.executable, "-m", "cdk_app.app"], cwd=ROOT, env={**kept, **given}, capture_output=True, text=True, check=False
    )


def test_cdk_json_runs_this_app() -> None:
    assert json.loads((ROOT / "cdk.json").read_text())["app"].split()[1:] == ["-m", "cdk_app.app"]


def as_cdk_does(folder: Path, settings: Any, known: dict[str, str]) -> None:
    done = run(folder, {**NO_BUNDLING, "finops": settings}, **known)
    assert done.returncode == 0, done.stderr


def in_this_process(folder: Path, settings: Any, known: dict[str, str]) -> None:
    """What `main` does, without twelve seconds of the processor for a new Node."""
    app = App(outdir=str(folder), context={**cdk_context(), **NO_BUNDLING}, analytics_reporting=False)
    add_stacks(app, parse(settings), known.get("CDK_DEFAULT_ACCOUNT"), known.get("CDK_DEFAULT_REGION"))
    check(app)
    app.synth()


OURS = {"CDK_DEFAULT_ACCOUNT": "111111111111", "CDK_DEFAULT_REGION": "us-east-1"}
STACKS = {"FinOpsAnalyzer", "FinOpsAnalyzerMember"}


@pytest.mark.parametrize(
    ("synthesised", "settings", "known", "stacks"),
    [
        (in_this_process, {}, OURS, STACKS),
        (in_this_process, EVERY_OPTION, {}, {*STACKS, "FinOpsAnalyzerMembers"}),
        (as_cdk_does, EVERY_OPTION, OURS, {*STACKS, "FinOpsAnalyzerMembers"}),
        (as_cdk_does, '{"log_level": "DEBUG"}', {}, STACKS),
    ],
    ids=["defaults, ours", "every option, any", "every option, ours", "a setting, any"],
)
def test_the_app_synthesises_and_cdk_nag_has_nothing_left_to_say(
    tmp_path: Path, synthesised: Callable[[Path, Any, dict[str, str]], None], settings: Any, known: dict[str, str], stacks: set[str]
) -> None:
    """Every rule of AwsSolutions, over all stacks; what is acknowledged has a reason of more than a word."""
    synthesised(tmp_path, settings, known)
    [report] = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert (report["pluginName"], report["conclusion"], report["violations"]) == ("AwsSolutions", "success", [])
    acknowledged = report["suppressedViolations"]
    assert {one["ruleName"].partition("[")[0] for one in acknowledged} == {
        "AwsSolutions-S1", "AwsSolutions-SQS3", "AwsSolutions-IAM5", "AwsSolutions-L1",
    }  # fmt: skip
    assert all(len(one["reason"].split()) >= 8 for one in acknowledged)
    assert {path.name for path in tmp_path.glob("*.template.json")} == {f"{name}.template.json" for name in stacks}
    template = (tmp_path / "FinOpsAnalyzer.template.json").read_text()
    assert known or '"Ref": "AWS::AccountId"' in template, "without credentials it is one for any account and region"
    assert ('"LOG_LEVEL": "DEBUG"' in template) is isinstance(settings, str)


def test_a_wrong_context_ends_the_app_with_the_key(tmp_path: Path) -> None:
    done = run(tmp_path, {"finops": {"scan": {"timeout": 1000}}})
    assert done.returncode != 0
    assert 'context "finops": scan.timeout: ' in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.template.json"))


def test_a_wrong_setting_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidContext, match=r"max_concurrency: .*greater than or equal to 1"):
        synth(tmp_path / "out", account="111111111111", region="us-east-1", bundle=False, max_concurrency=0)
    assert not (tmp_path / "out").exists()


def test_two_syntheses_make_the_same_templates(assembly: Path, tmp_path: Path) -> None:
    again = synth(tmp_path / "out", account="111111111111", region="us-east-1", bundle=False)
    for stack in ("FinOpsAnalyzer", "FinOpsAnalyzerMember"):
        assert (again / f"{stack}.template.json").read_text() == (assembly / f"{stack}.template.json").read_text()
