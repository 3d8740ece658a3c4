"""However the owner of the embedded AWS ends, no process of it runs on, and no file of it stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes by their environment, in /proc")

PATIENCE_SECONDS = 60
OWNER = """
import json, signal, sys
from finops.embedded import aws as embedded

signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite that runs in the background hands down that it is ignored

with embedded.start() as aws:
    machine = aws.client("lambda")
    answer = machine.invoke(FunctionName="FinOpsAnalyzer-plan", Payload=b"{}")  # starts a process: its answer is an error
    print(json.dumps({"folder": str(aws.servers.folder), "answered": answer["StatusCode"]}), flush=True)
    if sys.argv[1] == "waits":
        sys.stdin.read()
    if sys.argv[1] == "raises":
        raise RuntimeError("something else went wrong")
"""


def processes(folder: Path) -> set[int]:
    """Who has that folder for temporary files: the servers, and the Lambda functions that they run."""
    marker = f"TMPDIR={folder}".encode()
    found = set()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker in environ.read_bytes().split(b"\0"):
                found.add(int(environ.parent.name))
        except OSError:  # somebody else's, or gone in this moment
            continue
    return found


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and (processes(folder) or folder.exists()):
        time.sleep(0.05)
    assert processes(folder) == set()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("does", "how", "code"),
    [
        ("returns", None, 0),
        ("raises", None, 1),
        ("waits", signal.SIGINT, -signal.SIGINT),
        ("waits", signal.SIGTERM, -signal.SIGTERM),
        ("waits", signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_nothing_stays(does: str, how: signal.Signals | None, code: int) -> None:
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", OWNER, does], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        told = json.loads(owner.stdout.readline())
        folder = Path(told["folder"])
        if how is not None:
            running = processes(folder)
            assert len(running) >= 3, "ministack, moto and a Lambda function"
            assert os.getpid() not in running
            owner.send_signal(how)
        assert owner.wait(PATIENCE_SECONDS) == code
    wait_until_gone(folder)
