"""The layer: built once for each requirements.txt, small enough, and made for the platform that the functions run on."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from cdk_app.constructs import layer
from cdk_app.settings.settings import ROOT

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Function and layers together. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
BUILT_FOR = re.compile(r"\.cpython-313-aarch64-linux-gnu\.so$|\.abi3\.so$")


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("something==1.0\n")
    return path


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A pip that only puts down files; the list has each folder that it was asked to fill."""
    asked: list[Path] = []

    def build(requirements: Path, folder: Path) -> None:
        asked.append(folder)
        for name in ("some/__init__.py", "some/tests/test_it.py", "some/__pycache__/x.pyc", "some-1.0.dist-info/METADATA",
                     "some-1.0.dist-info/RECORD", "bin/some", "RECORD"):  # fmt: skip
            path = folder / "python" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(requirements.read_text())

    monkeypatch.setattr(layer, "build", build)
    return asked


def test_it_is_built_once_for_the_same_requirements(requirements: Path, tmp_path: Path, builds: list[Path]) -> None:
    first = layer.cached_layer(requirements, tmp_path / "cache")
    assert layer.cached_layer(requirements, tmp_path / "cache") == first
    assert len(builds) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [first.name], "the folder that it was built in is gone"


def test_other_requirements_make_another_layer(requirements: Path, tmp_path: Path, builds: list[Path]) -> None:
    first = layer.cached_layer(requirements, tmp_path / "cache")
    requirements.write_text("something==1.1\n")
    assert layer.cached_layer(requirements, tmp_path / "cache") != first
    assert len(builds) == 2


def test_a_pip_that_fails_leaves_no_layer(requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(requirements: Path, folder: Path) -> None:
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(layer, "build", fail)
    with pytest.raises(subprocess.CalledProcessError):
        layer.cached_layer(requirements, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_lambda_never_reads_is_left_out(requirements: Path, tmp_path: Path, builds: list[Path]) -> None:
    with zipfile.ZipFile(layer.cached_layer(requirements, tmp_path / "cache")) as archive:
        assert archive.namelist() == [layer.SBOM, "python/RECORD", "python/some/__init__.py", "python/some-1.0.dist-info/METADATA"]


def test_the_same_files_make_the_same_bytes(requirements: Path, tmp_path: Path, builds: list[Path]) -> None:
    made = [layer.cached_layer(requirements, tmp_path / name).read_bytes() for name in ("one", "two")]
    assert made[0] == made[1]


def test_cdk_gets_the_cached_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cached.zip").write_bytes(b"the layer")
    monkeypatch.setattr(layer, "cached_layer", lambda: tmp_path / "cached.zip")
    (tmp_path / "out").mkdir()
    assert layer.PipBundling().try_bundle(str(tmp_path / "out")) is True
    assert (tmp_path / "out" / "layer.zip").read_bytes() == b"the layer"


def test_every_library_of_the_layer_is_pinned() -> None:
    lines = re.findall(r"^[a-z0-9-]+==[\w.]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    with zipfile.ZipFile(layer.cached_layer()) as archive:
        metadata = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    names = [re.search(r"^Name: (.+)$", text, re.MULTILINE) for text in metadata]
    versions = [re.search(r"^Version: (.+)$", text, re.MULTILINE) for text in metadata]
    installed = {
        f"{name[1].lower().replace('_', '-')}=={version[1]}" for name, version in zip(names, versions, strict=True) if name and version
    }
    assert installed == set(lines), "requirements.txt names what pip brings, or the layer would depend on the day that it is built"


def test_the_bill_of_materials_is_what_is_pinned() -> None:
    lines = re.findall(r"^[a-z0-9-]+==[\w.]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    with zipfile.ZipFile(layer.cached_layer()) as archive:
        materials = json.loads(archive.read(layer.SBOM))
    assert sorted(one["purl"] for one in materials["components"]) == sorted(f"pkg:pypi/{line.replace('==', '@')}" for line in lines)
    assert [one["name"] for one in materials["components"] if not one["licenses"]] == []
    assert "timestamp" not in json.dumps(materials)
    assert "serialNumber" not in materials, "the same layer has the same bill, and so the same bytes"


def test_the_bill_of_materials_is_of_cyclonedx() -> None:
    bom = pytest.importorskip("cyclonedx.model.bom", reason="pip-audit brings it: make lock")
    with zipfile.ZipFile(layer.cached_layer()) as archive:
        read = bom.Bom.from_json(json.loads(archive.read(layer.SBOM)))
    assert "boto3" in {one.name for one in read.components}


def test_the_real_layer_is_small_and_for_arm64() -> None:
    with zipfile.ZipFile(layer.cached_layer()) as archive:
        found = archive.infolist()
    assert sum(one.file_size for one in found) < UNZIPPED_LIMIT / 4
    compiled = [one.filename for one in found if ".so" in Path(one.filename).name]
    assert compiled
    assert [name for name in compiled if not BUILT_FOR.search(name)] == []
    assert [one.filename for one in found if "__pycache__" in one.filename or "/tests/" in one.filename] == []
