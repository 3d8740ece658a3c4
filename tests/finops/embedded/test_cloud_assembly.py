"""The cloud assembly: cached by what it is made of, and changed for the embedded AWS in exactly the ways that the module names."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from finops.embedded import cloud_assembly

ACCOUNT, REGION = "111111111111", "us-east-1"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a few sources, with a cache of its own and a synth that only counts."""
    for name in ("cdk.json", "requirements.txt"):
        shutil.copy(cloud_assembly.ROOT / name, tmp_path / name)
    (tmp_path / "functions" / "core").mkdir(parents=True)
    (tmp_path / "functions" / "core" / "money.py").write_text("HOURS = 730\n", encoding="utf-8")
    monkeypatch.setattr(cloud_assembly, "ROOT", tmp_path)
    monkeypatch.setattr(cloud_assembly, "CACHE", tmp_path / ".cache" / "cloud-assemblies")
    return tmp_path


@pytest.fixture
def synths(sources: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    def synth(folder: Path, asked: dict[str, Any]) -> None:
        made.append(asked)
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(asked), encoding="utf-8")

    monkeypatch.setattr(cloud_assembly, "_synth", synth)
    return made


def test_the_same_sources_are_synthesised_once(synths: list[dict[str, Any]]) -> None:
    first = cloud_assembly.synthesise(ACCOUNT, REGION)
    assert cloud_assembly.synthesise(ACCOUNT, REGION) == first
    assert (first / "manifest.json").exists()
    assert len(synths) == 1


@pytest.mark.parametrize("change", ["a source", "a new file", "a setting", "the account"])
def test_whatever_changes_is_synthesised_anew(change: str, sources: Path, synths: list[dict[str, Any]]) -> None:
    before = cloud_assembly.synthesise(ACCOUNT, REGION)
    settings = {"max_concurrency": 3} if change == "a setting" else {}
    if change == "a source":
        (sources / "functions" / "core" / "money.py").write_text("HOURS = 731\n", encoding="utf-8")
    if change == "a new file":
        (sources / "functions" / "core" / "data.bin").write_bytes(b"\0")
    account = "222222222222" if change == "the account" else ACCOUNT
    assert cloud_assembly.synthesise(account, REGION, **settings) != before
    assert len(synths) == 2


def test_what_is_no_source_changes_nothing(sources: Path, synths: list[dict[str, Any]]) -> None:
    before = cloud_assembly.synthesise(ACCOUNT, REGION)
    (sources / "functions" / "core" / "money.pyc").write_bytes(b"\0")
    (sources / "notes.txt").write_text("x", encoding="utf-8")
    assert cloud_assembly.synthesise(ACCOUNT, REGION) == before


def test_a_mixture_of_two_states_is_not_cached(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def synth_while_somebody_edits(folder: Path, asked: dict[str, Any]) -> None:
        rounds.append(len(rounds))
        folder.mkdir()
        (folder / "round").write_text(str(rounds[-1]), encoding="utf-8")
        if len(rounds) == 1:
            (sources / "functions" / "core" / "money.py").write_text("HOURS = 1\n", encoding="utf-8")

    monkeypatch.setattr(cloud_assembly, "_synth", synth_while_somebody_edits)
    assert (cloud_assembly.synthesise(ACCOUNT, REGION) / "round").read_text(encoding="utf-8") == "1"
    assert len(rounds) == 2


def test_old_states_are_forgotten(sources: Path, synths: list[dict[str, Any]]) -> None:
    made = [cloud_assembly.synthesise(ACCOUNT, REGION, number=number) for number in range(cloud_assembly.KEPT + 2)]
    assert sum(path.exists() for path in made) == cloud_assembly.KEPT
    assert made[-1].exists()


def test_a_synth_that_fails_shows_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_assembly, "CACHE", tmp_path)
    with pytest.raises(cloud_assembly.SynthFailed, match=r"(?s)could not be synthesised:.*unknown key 'max_concurency'"):
        cloud_assembly.synthesise(ACCOUNT, REGION, max_concurency=1)
    assert not list(tmp_path.iterdir()), "nothing half made stays"


FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {"Runtime": "python3.13", "Layers": [{"Ref": "Layer"}], "Handler": "functions.plan.handler", "MemorySize": 512},
}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Plan": FUNCTION,
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Key": "layer.zip"}}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Runtime": "kept"}},
    },
    "Outputs": {"BucketName": {"Value": {"Ref": "Bucket"}}},
}


def test_the_template_differs_by_runtime_and_layer_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "Stack.template.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    changed = cloud_assembly.template(tmp_path, "Stack")
    assert changed["Resources"]["Plan"]["Properties"] == {
        "Runtime": "provided.al2023",
        "Handler": "functions.plan.handler",
        "MemorySize": 512,
    }
    assert set(changed["Resources"]) == {"Plan", "Bucket"}
    assert changed["Resources"]["Bucket"] == TEMPLATE["Resources"]["Bucket"]
    assert changed["Outputs"] == TEMPLATE["Outputs"]


def test_only_assets_that_the_template_uses_are_published(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "plan.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "data.json").write_text("{}", encoding="utf-8")

    def item(path: str, packaging: str, key: str) -> dict[str, Any]:
        return {"source": {"path": path, "packaging": packaging}, "destinations": {"here": {"bucketName": "assets", "objectKey": key}}}

    files = {
        "a": item("code", "zip", "code.zip"),
        "b": item("/everything", "zip", "layer.zip"),
        "c": item("data.json", "file", "data.json"),
    }
    (tmp_path / "Stack.assets.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    found = {asset.key: asset for asset in cloud_assembly.assets(tmp_path, "Stack", '{"S3Key": "code.zip", "Other": "data.json"}')}
    assert set(found) == {"code.zip", "data.json"}
    assert found["data.json"].body == b"{}"
    assert zipfile.ZipFile(io.BytesIO(found["code.zip"].body)).namelist() == ["plan.py", "bootstrap"]


def test_the_bootstrap_can_be_executed_and_runs_awss_client(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "handler.py").write_text("print('imported')\ndef main(event, context): ...\n", encoding="utf-8")
    archive = zipfile.ZipFile(io.BytesIO(cloud_assembly.zipped(tmp_path / "code")))
    assert archive.getinfo("bootstrap").external_attr >> 16 == 0o755
    archive.extractall(tmp_path / "task")
    (tmp_path / "task" / "bootstrap").chmod(0o755)
    environment = {"LAMBDA_TASK_ROOT": str(tmp_path / "task"), "_HANDLER": "handler.main", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(  # noqa: S603  # what was just made
        [str(tmp_path / "task" / "bootstrap")], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert "AWS_LAMBDA_RUNTIME_API" in done.stderr, "the runtime client has started, and asks where its AWS is"
