"""The synthesised CDK app: made once for each state of its sources, and made fit for the embedded AWS.

The template that is deployed is the one that `cdk deploy` would deploy, with these differences and no other:
- every function's Runtime is `provided.al2023`, and its code has a `bootstrap` that runs AWS's own runtime client (awslambdaric) with the
  interpreter of this virtual environment: ministack's own Python runtime would turn every exception's name into Runtime.HandlerError;
- there is no layer: it holds arm64 wheels, which this machine may not be able to load; the virtual environment has the same libraries;
- where the bucket is kept from one time to the next (kept.py) it has a name, and no versions.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finops.embedded.servers import without_credentials

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "cloud-assemblies"
KEPT = 8
"""Assemblies of this many states of the sources stay in the cache."""
SOURCES = ("cdk_app/**/*.py", "cdk_app/queries/*.sql", "functions/**/*", "statemachine/**/*.json", "cdk.json", "requirements.txt")

ANALYZER, MEMBER = "FinOpsAnalyzer", "FinOpsAnalyzerMember"
NO_BUNDLING = json.dumps({"aws:cdk:bundling-stacks": []})
"""CDK's own switch: no asset is bundled, so the layer, which is left out anyway, is not built."""
NO_VALIDATION = "false"
"""CDK_VALIDATION: CDK's rules about templates, in WebAssembly, are nine tenths of `app.synth()` and change nothing in a template. They run
where the app is synthesised to be deployed, and in its tests."""

BOOTSTRAP = f"""#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT"
exec {shlex.quote(sys.executable)} -m awslambdaric "$_HANDLER"
"""
EXECUTABLE = 0o755


class SynthFailed(Exception):
    """The CDK app could not be synthesised; the message is what it wrote."""


@dataclass(slots=True, frozen=True)
class Asset:
    """A file for a bucket: a template, or the code of the functions."""

    bucket: str
    key: str
    body: bytes


def synthesise(account: str, region: str, **settings: Any) -> Path:
    """The folder of the cloud assembly, from the cache when nothing that it is made of has changed. Raises SynthFailed."""
    asked = {"account": account, "region": region, **settings}
    CACHE.mkdir(parents=True, exist_ok=True)
    while not (target := CACHE / fingerprint(asked)).exists():
        with tempfile.TemporaryDirectory(dir=CACHE, prefix=".") as folder:
            _synth(Path(folder) / "out", asked)
            if target.name == fingerprint(asked):  # else somebody edits a source right now: what was made is a mixture
                _put_in_place(Path(folder) / "out", target)
        _forget_old(keep=target)
    os.utime(target)
    return target


def fingerprint(asked: Mapping[str, Any]) -> str:
    """The same sources, versions and settings have the same fingerprint: 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps([asked, sys.version, version("aws-cdk-lib"), version("constructs")], sort_keys=True).encode())
    for path in sources():
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def sources() -> list[Path]:
    """Every file that the assembly is made of."""
    found = {path for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.suffix != ".pyc")


def _synth(folder: Path, asked: Mapping[str, Any]) -> None:
    with tempfile.TemporaryFile() as written:
        making = subprocess.Popen(  # noqa: S603  # our own interpreter and program
            [sys.executable, "-m", "finops.embedded.synth", str(folder), json.dumps(dict(asked))],
            cwd=ROOT,
            env={**without_credentials(os.environ), "CDK_CONTEXT_JSON": NO_BUNDLING, "CDK_VALIDATION": NO_VALIDATION},
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=written,
        )
        with making:  # leaving closes standard input, which ends it
            code = making.wait()
        if code:
            written.seek(0)
            raise SynthFailed(f"the CDK app could not be synthesised:\n{written.read().decode(errors='replace')[-4_000:]}")


def _put_in_place(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:  # somebody else made the same at the same time
        if not target.exists():
            raise


def _forget_old(keep: Path) -> None:
    others = [path for path in CACHE.iterdir() if path.is_dir() and not path.name.startswith(".") and path != keep]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def template(assembly: Path, stack: str, bucket: str = "") -> dict[str, Any]:
    """A stack's template, with the differences that the head of this module names. `bucket`: the name of the one that is kept."""
    read: dict[str, Any] = json.loads((assembly / f"{stack}.template.json").read_text(encoding="utf-8"))
    resources = read["Resources"]
    read["Resources"] = {name: resource for name, resource in resources.items() if resource["Type"] != "AWS::Lambda::LayerVersion"}
    for resource in read["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Runtime"] = "provided.al2023"
            resource["Properties"].pop("Layers", None)
        if bucket and resource["Type"] == "AWS::S3::Bucket":
            resource["Properties"]["BucketName"] = bucket
            resource["Properties"].pop("VersioningConfiguration", None)
    return read


def assets(assembly: Path, stack: str, used: str) -> Iterator[Asset]:
    """What has to be in the assets bucket before the stack is created: every asset whose key is in the template's text `used`."""
    listed = json.loads((assembly / f"{stack}.assets.json").read_text(encoding="utf-8"))
    for item in listed["files"].values():
        for destination in item["destinations"].values():
            if destination["objectKey"] in used:
                path = assembly / item["source"]["path"]
                body = zipped(path) if item["source"]["packaging"] == "zip" else path.read_bytes()
                yield Asset(destination["bucketName"], destination["objectKey"], body)


def zipped(folder: Path) -> bytes:
    """A folder of code as a zip with the bootstrap."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in _files(folder):
            archive.write(path, path.relative_to(folder))
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.external_attr = EXECUTABLE << 16
        archive.writestr(bootstrap, BOOTSTRAP)
    return buffer.getvalue()


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
