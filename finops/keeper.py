"""Keeps the servers of the embedded AWS alive exactly as long as their owner, and removes everything they leave.

A program of its own, started by `finops/servers.py`, with nothing but the standard library, so that it is small and quick. It holds the
read end of a pipe from its owner. However the owner ends (a return, an exception, Ctrl-C, SIGTERM, SIGKILL), the system closes the pipe,
and the keeper kills the servers with everything that they have started, and removes their folder. It runs in a session of its own: a
Ctrl-C in the owner's terminal does not reach it, the owner decides.

Standard input, line 1: {"<name>": {"command": [...], "environment": {...}, "directory": "..."}, ...}; then nothing until it is closed.
Standard output, line 1: {"folder": "...", "group": 123}: where the servers keep temporary files and `<name>.log`, and their process group.
When a server ends by itself the keeper ends the others too, writes line 2, {"ended": "<name>", "code": 1, "log": "<the last lines>"},
and exits with 1.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG_BYTES = 4_000
PR_SET_CHILD_SUBREAPER = 36
"""https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html"""
ADOPTED_SECONDS = 1.0
Children = dict[str, subprocess.Popen[bytes]]


def start(servers: dict[str, Any], folder: Path, children: Children) -> None:
    """Start every server in one process group, with `folder` as its home and its place for temporary files."""
    for name, server in servers.items():
        with (folder / f"{name}.log").open("wb") as log:
            children[name] = subprocess.Popen(  # noqa: S603  # the owner says what to run
                server["command"],
                cwd=server["directory"],
                env={**server["environment"], "HOME": str(folder), "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=next(iter(children.values())).pid if children else 0,
            )


def tail(log: Path) -> str:
    """The last lines of a server's output."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_BYTES))
        return file.read().decode(errors="replace")


def adopt() -> None:
    """On Linux, become the parent of what the servers leave behind, so that `end` can wait for it: not every system's init does."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end(children: Children) -> None:
    """Kill the group, and with it what the servers have started (nothing in there is worth saving); collect all of it."""
    if children:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            os.killpg(next(iter(children.values())).pid, signal.SIGKILL)
    for child in children.values():
        child.wait()
    deadline = time.monotonic() + ADOPTED_SECONDS  # what left the group on purpose is not waited for
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)


def say(what: dict[str, Any]) -> None:
    """One line to the owner, who may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(what).encode() + b"\n")


def main() -> int:
    """Run until standard input is closed, a server ends, or SIGTERM comes."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    servers = json.loads(sys.stdin.buffer.readline() or b"{}")
    if not servers:
        return 0

    def then_over(wait: Callable[[], object]) -> None:
        wait()
        over.set()

    adopt()
    folder, children, result = Path(tempfile.mkdtemp(prefix="finops-embedded-")), Children(), 0
    try:
        start(servers, folder, children)
        for wait in (sys.stdin.buffer.read, *(child.wait for child in children.values())):
            threading.Thread(target=then_over, args=(wait,), daemon=True).start()
        say({"folder": str(folder), "group": next(iter(children.values())).pid})
        over.wait()
        for name, child in children.items():
            if (code := child.poll()) is not None:
                say({"ended": name, "code": code, "log": tail(folder / f"{name}.log")})
                result = 1
    finally:
        end(children)
        shutil.rmtree(folder, ignore_errors=True)
    return result


if __name__ == "__main__":
    os._exit(main())  # the thread that reads standard input cannot be joined
