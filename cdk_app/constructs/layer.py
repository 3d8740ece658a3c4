"""The layer with the third-party libraries: built by pip for Lambda's platform, without Docker, once for each requirements.txt.

It brings its bill of materials along, in CycloneDX's form: `/opt/sbom.cdx.json` in a function, `sbom.cdx.json` at the root of the zip.
"""

from __future__ import annotations

import email
import email.message
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, BundlingOutput, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.settings.settings import ROOT

PYTHON_VERSION = "3.13"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
PLATFORM = "manylinux2014_aarch64"

RECIPE = 2
"""Raise it when what `build` leaves out changes: the cached layers are then built anew."""
LEFT_OUT_FOLDERS = frozenset({"__pycache__", "tests", "bin"})
LEFT_OUT_OF_DIST_INFO = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
SBOM = "sbom.cdx.json"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
CACHE = ROOT / ".cache"


def layer_hash(requirements: bytes) -> str:
    """The same requirements make the same layer: 32 hex digits over them and over how the layer is built."""
    return hashlib.blake2b(requirements + f"|{PLATFORM}|{PYTHON_VERSION}|{RECIPE}".encode(), digest_size=16).hexdigest()


def cached_layer(requirements: Path = ROOT / "requirements.txt", cache: Path = CACHE) -> Path:
    """The layer as a zip, from the cache when these requirements were built before. CalledProcessError when pip fails."""
    target = cache / f"layer-{layer_hash(requirements.read_bytes())}.zip"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            build(requirements, Path(folder))
            pack(Path(folder), unfinished := Path(folder) / target.name)
            unfinished.replace(target)  # all or nothing: two synths at once do not see half a file
    return target


def build(requirements: Path, folder: Path) -> None:
    """Install the requirements into folder/python as Lambda's arm64 Python wants them; wheels only, nothing is compiled."""
    subprocess.run(  # noqa: S603  # our own interpreter, our own requirements file
        [
            sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-compile", "--only-binary=:all:",
            "--platform", PLATFORM, "--implementation", "cp", "--python-version", PYTHON_VERSION,
            "--target", str(folder / "python"), "--requirement", str(requirements),
        ],
        check=True,
        stdout=sys.stderr,  # stdout belongs to the cdk command
    )  # fmt: skip


def pack(folder: Path, target: Path) -> None:
    """folder/python as a zip whose bytes depend on the files alone: sorted, without dates, without what a Lambda never reads."""
    materials = json.dumps(bill_of_materials(folder), indent=1, sort_keys=True).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(SBOM, 0o644), materials)
        for path in sorted((folder / "python").rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not _left_out(inside):
                archive.writestr(_entry(inside.as_posix(), 0o755 if os.access(path, os.X_OK) else 0o644), path.read_bytes())


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def bill_of_materials(folder: Path) -> dict[str, Any]:
    """What was installed into folder/python: each library with version and licence, as it says of itself. It has no date and no number of
    its own, so that the same layer has the same one. https://cyclonedx.org/docs/1.6/json/ and https://github.com/package-url/purl-spec"""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "library", "name": "FinOpsAnalyzer libraries", "bom-ref": "layer"},
            "properties": [{"name": "platform", "value": PLATFORM}, {"name": "python", "value": PYTHON_VERSION}],
        },
        "components": [
            _component(email.message_from_bytes(path.read_bytes()))
            for path in sorted((folder / "python").glob("*.dist-info/METADATA"), key=lambda path: path.parent.name.lower())
        ],
    }


def _component(said: email.message.Message) -> dict[str, Any]:
    """`said`: of a wheel's METADATA. https://packaging.python.org/en/latest/specifications/core-metadata/"""
    name, version = (str(said.get(header, "")) for header in ("Name", "Version"))
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    expression, words = said.get("License-Expression"), str(said.get("License") or "").partition("\n")[0]
    classified = [str(one).rpartition(" :: ")[2] for one in said.get_all("Classifier", ()) if str(one).startswith("License :: ")]
    words = words or next(iter(classified), "")
    licences = [{"expression": expression}] if expression else [{"license": {"name": words}}] if words else []
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": licences}


def _left_out(inside: Path) -> bool:
    of_dist_info = inside.parent.suffix == ".dist-info" and inside.name in LEFT_OUT_OF_DIST_INFO
    return of_dist_info or not LEFT_OUT_FOLDERS.isdisjoint(inside.parts[:-1]) or inside.suffix == ".pyc"


@jsii.implements(ILocalBundling)
class PipBundling:
    """CDK's local bundling: puts the cached layer where CDK wants it."""

    def try_bundle(self, output_dir: str, options: BundlingOptions | None = None, **_: object) -> bool:
        """True: done. CDK would start Docker on False; a pip that fails raises instead, because Docker would fail the same way."""
        shutil.copy(cached_layer(), Path(output_dir) / "layer.zip")
        return True


def libraries(scope: Construct, id: str) -> lambda_.LayerVersion:
    """The layer of requirements.txt."""
    requirements = ROOT / "requirements.txt"
    code = lambda_.Code.from_asset(
        str(requirements.parent),
        exclude=["*", "!requirements.txt"],
        asset_hash=layer_hash(requirements.read_bytes()),
        asset_hash_type=AssetHashType.CUSTOM,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused: bundling is local"),
            local=PipBundling(),
            output_type=BundlingOutput.ARCHIVED,
        ),
    )
    return lambda_.LayerVersion(
        scope,
        id,
        code=code,
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
        description="requirements.txt of the FinOps Analyzer",
    )
