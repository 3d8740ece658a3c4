"""Two engines that run the flow with stand-ins instead of its functions: ministack, on any machine, and AWS's Step Functions Local.

The latter is an image for Docker, described in docker-compose.yml. `make test-sfn-local` asks for it; `make test` passes it by and says
why, as both take the same tests and its waits last as long as on AWS: over a minute.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from finops.embedded import servers

ROOT = Path(__file__).parents[2]
ACCOUNT, REGION = "111111111111", "us-east-1"
ASKED_FOR = "SFN_LOCAL"
"""The variable by which `make test-sfn-local` asks for Step Functions Local."""
LOCAL = "step-functions-local"
COMPOSE_FILE = ROOT / "docker-compose.yml"
COMPOSE = (("docker", "compose"), ("docker-compose",))
"""The plugin, and the program that it was before."""
DOCKER_SECONDS, START_SECONDS, LOOK_SECONDS = 20.0, 120.0, 0.5


class NotStarted(Exception):
    """Step Functions Local did not come up; the message says what Docker said of it."""


@contextlib.contextmanager
def ministack(stand_ins: Path) -> Iterator[Any]:
    """A client of ministack with stand-ins, which waits for nothing: neither in a Wait state nor before a retry."""
    gateway, unused = servers.free_ports(2)
    endpoint = f"http://127.0.0.1:{gateway}"
    variables = {"SFN_MOCK_CONFIG": str(stand_ins), "SFN_WAIT_SCALE": "0"}
    told = servers._servers([gateway, unused], endpoint, endpoint, ACCOUNT, REGION, variables)["ministack"]
    told |= {"command": [sys.executable, "-m", "tests.statemachine.mocked_ministack"], "directory": str(ROOT)}
    told["environment"]["AUTH"] = "false"  # the machine's role is not what is tried
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", "-S", str(ROOT / "finops" / "embedded" / "keeper.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as keeper:
        greeting: dict[str, Any] = {}
        try:
            greeting = servers._tell(keeper, {"ministack": told})
            servers._wait_for(f"{endpoint}/_ministack/health", keeper, time.monotonic() + servers.START_SECONDS)
            yield client(endpoint)
        finally:
            servers._end(keeper, greeting)


@contextlib.contextmanager
def step_functions_local(stand_ins: Path) -> Iterator[Any]:
    """A client of Step Functions Local in a container. Raises NotStarted."""
    [port] = servers.free_ports(1)
    stand_ins.chmod(0o644)  # the container has another user
    variables = {"SFN_LOCAL_PORT": str(port), "SFN_MOCK_FILE": str(stand_ins.resolve())}
    compose = (*compose_command(), "--file", str(COMPOSE_FILE), "--project-name", f"finops-sfn-local-{os.getpid()}")
    try:
        _docker([*compose, "up", "--detach"], variables)
        made = client(f"http://127.0.0.1:{port}")
        _wait_for(made)
        yield made
    finally:
        _docker([*compose, "down", "--timeout", "1"], variables)


ENGINES: Mapping[str, Callable[[Path], contextlib.AbstractContextManager[Any]]] = {
    "ministack": ministack,
    LOCAL: step_functions_local,
}


def client(endpoint: str) -> Any:
    """A client of Step Functions at an endpoint of this machine."""
    return boto3.client(
        "stepfunctions", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key=servers.SECRET,
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )  # fmt: skip


def tried() -> list[str]:
    """The engines that the tests run on: Step Functions Local only where it is asked for."""
    return [name for name in ENGINES if name != LOCAL or os.environ.get(ASKED_FOR)]


def passed_by() -> str | None:
    """Why Step Functions Local is not tried; None when it is."""
    if LOCAL in tried():
        return None
    return f"Step Functions Local: {no_docker() or 'has a target of its own, make test-sfn-local'}"


def no_docker() -> str | None:
    """Why there is no Docker engine to ask, in one line; None when one runs."""
    docker = shutil.which("docker")
    if docker is None:
        return "no Docker engine runs here: there is no command docker"
    try:
        seen = subprocess.run(  # noqa: S603  # Docker's own command
            [docker, "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, timeout=DOCKER_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the Docker engine has not answered for {DOCKER_SECONDS:g} s"
    if seen.returncode:
        return "no Docker engine runs here: " + " ".join((seen.stderr.strip() or f"docker version ended with {seen.returncode}").split())
    return None


def compose_command() -> tuple[str, ...]:
    """How Docker Compose is called here. Raises NotStarted when it is not."""
    for command in COMPOSE:
        found = shutil.which(command[0])
        if found and subprocess.run([found, *command[1:], "version"], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return (found, *command[1:])
    raise NotStarted("a Docker engine runs, but there is neither `docker compose` nor `docker-compose`: install the Compose plugin")


def _docker(command: Sequence[str], variables: Mapping[str, str]) -> None:
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise NotStarted(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.strip()}")


def _wait_for(machines: Any) -> None:
    """Until Step Functions Local answers; the first seconds it hangs up. Raises NotStarted."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            machines.list_state_machines()
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                raise NotStarted(f"Step Functions Local has not answered for {START_SECONDS:g} s: {error}") from error
            time.sleep(LOOK_SECONDS)
        else:
            return
