"""Keeps the servers of the embedded AWS alive exactly as long as their owner, and removes everything they leave.

A program of its own, started by `finops/embedded/servers.py`, with nothing but the standard library, so that it is small and quick. It
holds the read end of a pipe from its owner. However the owner ends (a return, an exception, Ctrl-C, SIGTERM, SIGKILL), the system closes
the pipe, and the keeper kills the servers with everything that they have started, and removes their folder. It runs in a session of its
own: a Ctrl-C in the owner's terminal does not reach it, the owner decides.

Standard input, line 1: {"<name>": {"command": [...], "environment": {...}, "directory": "..."}, ...}; then orders, until it is closed:
{"restart": "<name>", "cleanly": false} ends a server with all that it has started, and starts it again. Cleanly is by SIGTERM.
Standard output, line 1: {"folder": "...", "groups": {"<name>": 123, ...}}: where the servers keep temporary files and `<name>.log`, and
their process groups. Each order is answered with the groups as they are then.
When a server ends by itself the keeper ends the others too, says {"ended": "<name>", "code": 1, "log": "<the last lines>"}, and exits
with 1.
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
from pathlib import Path
from typing import Any

LOG_BYTES = 4_000
PR_SET_CHILD_SUBREAPER = 36
"""https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html"""
ADOPTED_SECONDS = 1.0
CLEANLY_SECONDS = 10.0


class KeptServers:
    """The servers, each in a process group of its own with what it starts. `over` is set when they are to end."""

    def __init__(self, servers: dict[str, Any], folder: Path, over: threading.Event) -> None:
        self.folder = folder
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.over = over
        self._servers = servers
        self._ending = threading.Lock()

    @property
    def groups(self) -> dict[str, int]:
        return {name: child.pid for name, child in self.children.items()}

    def start(self, name: str) -> None:
        """Start a server, with `folder` as its home and its place for temporary files."""
        server = self._servers[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            child = self.children[name] = subprocess.Popen(  # noqa: S603  # the owner says what to run
                server["command"],
                cwd=server["directory"],
                env={**server["environment"], "HOME": str(self.folder), "TMPDIR": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        threading.Thread(target=self._watch, args=(name, child), daemon=True).start()

    def _watch(self, name: str, child: subprocess.Popen[bytes]) -> None:
        child.wait()
        if self.children.get(name) is child:  # else it was ended by an order
            self.over.set()

    def restart(self, name: str, cleanly: bool) -> None:
        """End a server with all that it has started, and start it again."""
        with self._ending:
            if self.over.is_set():
                return
            child = self.children.pop(name)
            if cleanly:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(CLEANLY_SECONDS)
            kill(child)
            self.start(name)

    def obey(self) -> None:
        """Follow the orders on standard input until it is closed."""
        try:
            while order := sys.stdin.buffer.readline():
                asked = json.loads(order)
                self.restart(asked["restart"], asked["cleanly"])
                say({"groups": self.groups})
        finally:
            self.over.set()

    def ended(self) -> dict[str, int]:
        """The servers that have ended by themselves, with their exit codes."""
        with self._ending:
            return {name: code for name, child in self.children.items() if (code := child.poll()) is not None}

    def end(self) -> None:
        """Kill the groups (nothing in there is worth saving), and collect all of it."""
        with self._ending:
            for child in self.children.values():
                kill(child)
        deadline = time.monotonic() + ADOPTED_SECONDS  # what left its group on purpose is not waited for
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < deadline:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    time.sleep(0.01)


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a server's process group, and with it what the server has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


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
    adopt()
    kept = KeptServers(servers, Path(tempfile.mkdtemp(prefix="finops-embedded-")), over)
    try:
        for name in servers:
            kept.start(name)
        say({"folder": str(kept.folder), "groups": kept.groups})
        threading.Thread(target=kept.obey, daemon=True).start()
        over.wait()
        ended = kept.ended()
        for name, code in ended.items():
            say({"ended": name, "code": code, "log": tail(kept.folder / f"{name}.log")})
        return 1 if ended else 0
    finally:
        kept.end()
        shutil.rmtree(kept.folder, ignore_errors=True)


if __name__ == "__main__":
    os._exit(main())  # the thread that reads standard input cannot be joined
