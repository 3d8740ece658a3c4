"""What is asked of Docker, what is said where it is not here, and which image is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.statemachine import engines, step_functions_local
from tests.statemachine.engines import ASKED_FOR, COMPOSE_FILE, LOCAL, ROOT, NotStarted

DOWN = "echo 'Cannot connect to the Docker daemon at unix:///docker.sock.\nIs the docker daemon running?' >&2; exit 1"


def command(folder: Path, does: str, name: str = "docker") -> None:
    """A command on the path that does what a shell is told."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is searched for commands."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(ASKED_FOR, raising=False)
    return tmp_path


def test_without_the_command_there_is_no_docker(path: Path) -> None:
    assert engines.no_docker() == "no Docker engine runs here: there is no command docker"


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("echo 28.2.2", None),
        (DOWN, "no Docker engine runs here: Cannot connect to the Docker daemon at unix:///docker.sock. Is the docker daemon running?"),
        ("exit 125", "no Docker engine runs here: docker version ended with 125"),
    ],
)  # fmt: skip
def test_an_engine_runs_or_what_docker_says_is_told_in_one_line(path: Path, does: str, said: str | None) -> None:
    command(path, does)
    assert engines.no_docker() == said


def test_an_engine_that_does_not_answer_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command(path, "exec /bin/sleep 60")
    monkeypatch.setattr(engines, "DOCKER_SECONDS", 0.05)
    assert engines.no_docker() == "the Docker engine has not answered for 0.05 s"


def test_the_tests_pass_it_by_unless_they_are_asked_for_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines.tried() == ["ministack"]
    assert str(engines.passed_by()).startswith("Step Functions Local: no Docker engine runs here")
    command(path, "echo 28.2.2")
    assert engines.passed_by() == "Step Functions Local: has a target of its own, make test-sfn-local"
    monkeypatch.setenv(ASKED_FOR, "1")
    assert (engines.tried(), engines.passed_by()) == (["ministack", LOCAL], None)


def test_the_target_says_in_one_line_that_it_did_nothing_and_is_no_failure(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(path, DOWN)
    assert step_functions_local.main() == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("Step Functions Local was not tried: no Docker engine runs here: Cannot connect")


@pytest.mark.parametrize(
    ("docker", "before", "called"),
    [("exit 0", None, "docker compose"), ("exit 1", "exit 0", "docker-compose"), ("exit 1", "exit 1", None), ("exit 1", None, None)],
)
def test_compose_is_the_plugin_or_the_program_that_it_was(path: Path, docker: str, before: str | None, called: str | None) -> None:
    command(path, docker)
    if before:
        command(path, before, "docker-compose")
    if called is None:
        with pytest.raises(NotStarted, match="install the Compose plugin"):
            engines.compose_command()
    else:
        assert " ".join(engines.compose_command()) == f"{path}/{called}"


def test_what_docker_says_when_it_fails_is_told(path: Path, tmp_path: Path) -> None:
    command(path, "[ \"$2\" = version ] && exit 0; echo 'pull access denied' >&2; exit 1")
    stand_ins = tmp_path / "MockConfigFile.json"
    stand_ins.write_text("{}", encoding="utf-8")
    with pytest.raises(NotStarted, match="pull access denied"), engines.step_functions_local(stand_ins):
        pass


def test_the_image_is_pinned_and_only_this_machine_reaches_it() -> None:
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    assert re.findall(r"^ *image: (.*)$", text, re.MULTILINE) == ["amazon/aws-stepfunctions-local:2.0.0"]
    assert re.findall(r"^ *ports: (.*)$", text, re.MULTILINE) == ['["127.0.0.1:${SFN_LOCAL_PORT:-8083}:8083"]']


def test_the_program_runs_as_make_calls_it(path: Path) -> None:
    """The same line from a process of its own."""
    script = [sys.executable, "-m", "tests.statemachine.step_functions_local"]
    done = subprocess.run(script, cwd=ROOT, env={**os.environ, "PATH": str(path)}, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)
