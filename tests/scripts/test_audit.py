"""The audit: what is found fails, and what could not be looked up is said."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from scripts import audit

NONE: dict[str, Any] = {"results": {}}
KEY = {"results": {"cdk.json": [{"type": "AWS Access Key", "line_number": 3}]}}
FINE = {"dependencies": [{"name": "boto3", "version": "1.0", "vulns": []}]}
ADVISORY = {"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": ["CVE-1"]}
VULNERABLE = {"dependencies": [{"name": "boto3", "version": "1.0", "vulns": [ADVISORY]}]}
UNKNOWN = {"dependencies": [{"name": "a", "skip_reason": "not found on PyPI"}, {"name": "b", "version": "1", "vulns": []}]}


def saying(secrets: object, packages: object, secrets_code: int = 0) -> audit.Run:
    """A detect-secrets and a pip-audit that say this; a text is what they say on standard error."""

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        said, code = (secrets, secrets_code) if "detect_secrets" in command else (packages, 0)
        if isinstance(said, str):
            return subprocess.CompletedProcess(command, code or 1, "", said)
        return subprocess.CompletedProcess(command, code, json.dumps(said), "")

    return run


@pytest.mark.parametrize(
    ("secrets", "packages", "code", "said"),
    [
        (NONE, FINE, 0, ["audit: 0 secrets, 0 known vulnerabilities"]),
        (KEY, FINE, 1, ["cdk.json:3: AWS Access Key: if it is none, say `pragma: allowlist secret`", "audit: 1 secrets"]),
        (NONE, VULNERABLE, 1, ["boto3 1.0: PYSEC-1, fixed in 1.1", "audit: 0 secrets, 1 known"]),
        (NONE, UNKNOWN, 0, ["vulnerabilities: not all could be looked up (1 of 2 packages: not found on PyPI)", "audit: 0"]),
        (NONE, "Traceback\nConnectionError: no route", 0, ["not all could be looked up (ConnectionError: no route)", "audit: 0"]),
        ("No module named detect_secrets", FINE, 1, ["secrets: not looked for: No module named detect_secrets", "audit: 1"]),
    ],
)
def test_what_is_found_fails_and_what_is_out_of_reach_is_said(
    secrets: object, packages: object, code: int, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(saying(secrets, packages)) == code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(said)
    assert [part for part, line in zip(said, lines, strict=True) if part not in line] == []


def test_no_answer_is_out_of_reach(capsys: pytest.CaptureFixture[str]) -> None:
    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        if "pip_audit" in command:
            raise subprocess.TimeoutExpired(command, 300)
        return saying(NONE, FINE)(command)

    assert audit.main(run) == 0
    assert "(no answer in 300 s)" in capsys.readouterr().out


@pytest.mark.parametrize("accepted", ["PYSEC-1", "CVE-1"])
def test_what_does_not_concern_us_has_a_reason(monkeypatch: pytest.MonkeyPatch, accepted: str) -> None:
    monkeypatch.setattr(audit, "ACCEPTED", {accepted: "we call nothing of it"})
    assert audit.main(saying(NONE, VULNERABLE)) == 0


def test_every_accepted_advisory_has_a_reason() -> None:
    assert [name for name, why in audit.ACCEPTED.items() if not why.strip()] == []
