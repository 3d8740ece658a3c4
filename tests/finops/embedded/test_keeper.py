"""The keeper: its servers live as long as its owner, and nothing of them stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

PATIENCE_SECONDS = 60.0
"""For what takes milliseconds on a machine that has nothing else to do."""
KEEPER = Path(__file__).parents[3] / "finops" / "embedded" / "keeper.py"
WITH_A_CHILD = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
with open(os.environ["TMPDIR"] + "/pids", "a") as file:
    file.write(f"{os.getpid()} {child.pid} ")
print("listening", flush=True)
time.sleep(600)
"""
FAILS = "import sys; print('no such port'); sys.exit(3)"


def server(code: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-S", "-c", code], "environment": {"PATH": os.defpath}, "directory": "/"}


@pytest.fixture
def keeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", "-S", str(KEEPER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    yield process
    for pipe in pipes(process):
        pipe.close()
    process.wait(PATIENCE_SECONDS)


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


def tell(process: subprocess.Popen[bytes], **servers: dict[str, Any]) -> dict[str, Any]:
    return order(process, **servers)


def order(process: subprocess.Popen[bytes], **what: Any) -> dict[str, Any]:
    stdin, stdout = pipes(process)
    stdin.write(json.dumps(what).encode() + b"\n")
    stdin.flush()
    answer: dict[str, Any] = json.loads(stdout.readline())
    return answer


def alive(pid: int) -> bool:
    """Running: a process that has ended and waits to be collected is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_until(condition: Any, seconds: float = PATIENCE_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def started(folder: Path, count: int) -> list[int]:
    """The process ids of `count` servers and their children, once they run."""
    pids = folder / "pids"
    assert wait_until(lambda: pids.exists() and len(pids.read_text(encoding="utf-8").split()) == 2 * count)
    found = [int(pid) for pid in pids.read_text(encoding="utf-8").split()]
    assert all(map(alive, found))
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")


@needs_proc
@pytest.mark.parametrize("how", ["owner closes the pipe", "keeper gets SIGTERM"])
def test_servers_and_what_they_started_end_and_their_folder_goes(keeper: subprocess.Popen[bytes], how: str) -> None:
    folder = Path(tell(keeper, one=server(WITH_A_CHILD), two=server(WITH_A_CHILD))["folder"])
    pids = started(folder, 2)
    if how == "owner closes the pipe":
        pipes(keeper)[0].close()
    else:
        keeper.terminate()
    assert keeper.wait(PATIENCE_SECONDS) == 0
    assert not any(map(alive, pids)), "ended before the keeper did"
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids), "and collected: no zombie stays"
    assert not folder.exists()


@needs_proc
def test_a_server_that_ends_takes_the_others_with_it_and_its_last_words_are_told(keeper: subprocess.Popen[bytes]) -> None:
    folder = Path(tell(keeper, good=server(WITH_A_CHILD), bad=server(FAILS))["folder"])
    last = json.loads(pipes(keeper)[1].readline())
    assert last == {"ended": "bad", "code": 3, "log": "no such port\n"}
    assert keeper.wait(PATIENCE_SECONDS) == 1
    assert not folder.exists()


def test_a_server_that_cannot_be_started_leaves_nothing(keeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    stdin, stdout = pipes(keeper)
    missing = {"command": [str(tmp_path / "missing")], "environment": {}, "directory": "/"}
    stdin.write(json.dumps({"missing": missing}).encode() + b"\n")
    stdin.flush()
    assert stdout.readline() == b""
    assert keeper.wait(PATIENCE_SECONDS) == 1


def test_an_owner_that_dies_before_it_said_anything_is_no_error(keeper: subprocess.Popen[bytes]) -> None:
    pipes(keeper)[0].close()
    assert keeper.wait(PATIENCE_SECONDS) == 0


@needs_proc
def test_ctrl_c_in_the_owners_terminal_does_not_reach_the_servers(keeper: subprocess.Popen[bytes]) -> None:
    greeting = tell(keeper, one=server(WITH_A_CHILD))
    started(Path(greeting["folder"]), 1)
    assert len({os.getsid(0), os.getsid(keeper.pid)}) == 2, "a session of its own: a terminal's signals stay in the owner's"
    assert os.getpgid(greeting["groups"]["one"]) == greeting["groups"]["one"] != os.getpgid(keeper.pid)


@needs_proc
def test_the_log_is_a_file_in_the_folder(keeper: subprocess.Popen[bytes]) -> None:
    folder = Path(tell(keeper, one=server(WITH_A_CHILD))["folder"])
    assert wait_until(lambda: (folder / "one.log").read_text(encoding="utf-8") == "listening\n")


@needs_proc
def test_a_killed_keeper_leaves_the_cleaning_to_its_owner(keeper: subprocess.Popen[bytes]) -> None:
    """What finops/embedded/servers.py relies on: the groups that the keeper told are all that runs."""
    greeting = tell(keeper, one=server(WITH_A_CHILD), two=server(WITH_A_CHILD))
    pids = started(Path(greeting["folder"]), 2)
    keeper.kill()
    keeper.wait(PATIENCE_SECONDS)
    for group in greeting["groups"].values():
        os.killpg(group, signal.SIGKILL)
    assert wait_until(lambda: not any(map(alive, pids)))
    for path in sorted(Path(greeting["folder"]).rglob("*"), reverse=True):
        path.unlink()
    Path(greeting["folder"]).rmdir()


SAYS_HOW_IT_ENDS = """
import os, signal, sys, time
def ended(*_):
    print("cleanly", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, ended)
print("listening", flush=True)
time.sleep(600)
"""


@needs_proc
@pytest.mark.parametrize(("cleanly", "said"), [(True, "listening\ncleanly\n"), (False, "listening\n")])
def test_a_server_is_restarted_by_an_order_and_the_others_run_on(keeper: subprocess.Popen[bytes], cleanly: bool, said: str) -> None:
    greeting = tell(keeper, one=server(SAYS_HOW_IT_ENDS), two=server(WITH_A_CHILD))
    log = Path(greeting["folder"]) / "one.log"
    two = started(Path(greeting["folder"]), 1)
    assert wait_until(lambda: log.read_text(encoding="utf-8") == "listening\n")
    answer = order(keeper, restart="one", cleanly=cleanly)
    assert not alive(greeting["groups"]["one"])
    assert alive(answer["groups"]["one"])
    assert answer["groups"]["two"] == greeting["groups"]["two"]
    assert wait_until(lambda: log.read_text(encoding="utf-8") == said + "listening\n")
    pipes(keeper)[0].close()
    assert keeper.wait(PATIENCE_SECONDS) == 0, "an order is no end by itself"
    assert not any(map(alive, [*two, answer["groups"]["one"]]))


@needs_proc
def test_a_restart_ends_what_the_server_had_started(keeper: subprocess.Popen[bytes]) -> None:
    folder = Path(tell(keeper, one=server(WITH_A_CHILD))["folder"])
    before, pids = started(folder, 1), folder / "pids"
    order(keeper, restart="one", cleanly=False)
    assert wait_until(lambda: not any(map(alive, before))), "killed at once; until it is gone takes a moment"
    assert wait_until(lambda: len(pids.read_text(encoding="utf-8").split()) == 4)
    assert all(alive(int(pid)) for pid in pids.read_text(encoding="utf-8").split()[2:])
