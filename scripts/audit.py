"""`make audit`: is a secret in the repository, and is a known vulnerability in what is locked? For the second, others have to be asked.

Secrets are looked for by detect-secrets: of PyPI, so that Python stays all that is needed, and by the forms of known keys. Its guesses by
entropy are off: a repository of hashes, ids and digests is full of them. What is no secret says so: `pragma: allowlist secret`.
Vulnerabilities are those that PyPI's advisories have of a locked version (pip-audit). Where its answer is out of reach, that is one line,
and no failure: whoever is offline can do nothing about it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKED = "requirements-dev.txt"
"""Holds the layer's versions, too: requirements.txt is made under its constraints."""
PLUGINS_OFF = (
    "Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector", "IPPublicDetector", "CloudantDetector", "IbmCloudIamDetector",
    "IbmCosHmacDetector", "SoftlayerDetector", "MailchimpDetector", "SquareOAuthDetector", "TelegramBotTokenDetector",
    "DiscordBotTokenDetector", "ArtifactoryDetector",
)  # fmt: skip
"""What has no form of its own, and what nobody uses here: each takes its time on every line."""
ACCEPTED: Mapping[str, str] = {}
"""Advisories that do not concern us, by id, each with the reason."""
ANSWER_SECONDS = 10
ALL_SECONDS = 300
Run = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command's output; it is never asked anything."""
    return subprocess.run(  # noqa: S603  # our own interpreter
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=ALL_SECONDS, stdin=subprocess.DEVNULL
    )


def secrets(run: Run) -> Iterator[str]:
    """A line for each secret in what git has. RuntimeError with what was said when it could not be looked."""
    off = [word for name in PLUGINS_OFF for word in ("--disable-plugin", name)]
    looked = run([sys.executable, "-m", "detect_secrets", "scan", "--no-verify", *off])
    if looked.returncode:
        raise RuntimeError(last_line(looked.stderr))
    for file, found in json.loads(looked.stdout)["results"].items():
        for one in found:
            yield f"{file}:{one['line_number']}: {one['type']}: if it is none, say `pragma: allowlist secret` on its line"


def vulnerabilities(run: Run) -> tuple[list[str], str]:
    """A line for each known vulnerability of what is locked; and why nothing is known of some of it, or of all, "" when all is known."""
    looked = run(
        [sys.executable, "-m", "pip_audit", "--requirement", LOCKED, "--require-hashes", "--disable-pip", "--format", "json",
         "--progress-spinner", "off", "--timeout", str(ANSWER_SECONDS)]
    )  # fmt: skip
    try:
        packages: list[dict[str, Any]] = json.loads(looked.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], last_line(looked.stderr)
    known = [
        f"{one['name']} {one['version']}: {advisory['id']}, fixed in {', '.join(advisory['fix_versions']) or 'no version yet'}"
        for one in packages
        for advisory in one.get("vulns", ())
        if not ACCEPTED.keys() & {advisory["id"], *advisory.get("aliases", ())}
    ]
    skipped = [one for one in packages if "skip_reason" in one]
    return known, f"{len(skipped)} of {len(packages)} packages: {skipped[0]['skip_reason']}" if skipped else ""


def last_line(said: str) -> str:
    """The end of what a program said, in which it says why it ended."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")


def main(run: Run = run) -> int:
    """Look for both; 1 when there is a secret or a known vulnerability."""
    try:
        wrong = list(secrets(run))
    except RuntimeError as error:
        wrong = [f"secrets: not looked for: {error}"]
    try:
        known, unknown = vulnerabilities(run)
    except subprocess.TimeoutExpired:
        known, unknown = [], f"no answer in {ALL_SECONDS} s"
    for line in (*wrong, *known):
        print(line)
    if unknown:
        print(f"vulnerabilities: not all could be looked up ({unknown})")
    print(f"audit: {len(wrong)} secrets, {len(known)} known vulnerabilities")
    return 1 if wrong or known else 0


if __name__ == "__main__":
    sys.exit(main())
