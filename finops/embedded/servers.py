"""The two servers that are the embedded AWS: ministack, and beside it moto for what ministack lacks. Started, watched, ended.

Both listen on free ports of 127.0.0.1 and live in a process group of their own under `finops/embedded/keeper.py`, which ends them however
this process ends. Their environment is made from nothing: no credential, proxy or setting of this machine reaches them, nor the Lambda
functions that ministack runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]

SIDE_SERVICES = {
    "application-autoscaling": "APPLICATION_AUTO_SCALING",
    "elb": "ELASTIC_LOAD_BALANCING",
    "ce": "COST_EXPLORER",
    "cost-optimization-hub": "COST_OPTIMIZATION_HUB",
    "compute-optimizer": "COMPUTE_OPTIMIZER",
    "organizations": "ORGANIZATIONS",
}
"""Which service goes to moto, by its boto3 name, with what botocore calls it in AWS_ENDPOINT_URL_<SERVICE>; ministack has all others,
and hands on the single operations of `finops/embedded/operations.py`.

The answers of Cost Explorer, Cost Optimization Hub and Compute Optimizer come from `finops/embedded/cost_explorer/front.py` and
`finops/embedded/optimization_hub.py`, in front of moto in the same server."""

SIDE = "moto"
MOTO = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
"""Else it would make 1,300 images for each account and region in which a Classic Load Balancer is."""
SECRET = "x"  # noqa: S105  # the key that every account of the embedded AWS has: it guards nothing
START_SECONDS = 30.0
END_SECONDS = 10.0
LOOK_SECONDS = 0.02


class StartFailed(Exception):
    """A server of the embedded AWS did not come up, or the stack could not be created; the message says why."""


@dataclass(slots=True, frozen=True)
class Servers:
    """`endpoint` of ministack and of moto (`side`), and the folder with `ministack.log` and `moto.log`.

    `groups`: the process group of each, with all that it has started.
    """

    endpoint: str
    side: str
    folder: Path
    groups: dict[str, int]
    _restart: Callable[[bool], None]

    def endpoint_for(self, service: str) -> str:
        """Where a service, by its boto3 name, is answered."""
        return self.side if service in SIDE_SERVICES else self.endpoint

    def restart(self, *, cleanly: bool) -> None:
        """End ministack with every Lambda function that runs, and start it again; moto runs on.

        With a `state` folder it goes on from there: cleanly, from everything; else it is killed as by a power cut, and has what
        `finops/embedded/ministack/state.py` says. Without such a folder it is as new. Raises StartFailed.
        """
        self._restart(cleanly)


@dataclass(slots=True, frozen=True)
class Kept:
    """A bucket whose objects lie in a folder, and are there again the next time: see finops/embedded/ministack/kept.py."""

    bucket: str
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of the server that keeps it."""
        return {"KEPT_BUCKET": self.bucket, "KEPT_FOLDER": str(self.folder)}


def environment(endpoint: str, side: str, account: str, region: str) -> dict[str, str]:
    """The variables that turn boto3 in another process towards the embedded AWS, as the root of `account`."""
    return {
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        **{f"AWS_ENDPOINT_URL_{name}": side for name in SIDE_SERVICES.values()},
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a process that has no business in AWS."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


@contextlib.contextmanager
def running(
    account: str, region: str, variables: Mapping[str, str] | None = None, state: Path | None = None, kept: Kept | None = None
) -> Iterator[Servers]:
    """Both servers, healthy, until the block is left. Raises StartFailed with the end of the log of the server that did not start.

    `variables` are added to their environment, and so to that of every Lambda function. `state`: a folder where ministack keeps its
    state, so that it can be restarted; `kept`: a bucket that it keeps from one time to the next. Then it is no AWS to be looked at, but the
    analyzer's own: there is no moto, which has nothing that the analyzer is made of.
    """
    ports = free_ports(2)
    endpoint, side = (f"http://127.0.0.1:{port}" for port in ports)
    keeper = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=without_credentials(os.environ),
        start_new_session=True,
    )
    with keeper:
        greeting: dict[str, Any] = {}
        health = f"{endpoint}/_ministack/health"
        servers = _servers(ports, endpoint, side, account, region, variables, state, kept)

        def restart(cleanly: bool) -> None:
            greeting["groups"].update(_tell(keeper, {"restart": "ministack", "cleanly": cleanly})["groups"])
            _wait_for(health, keeper, time.monotonic() + START_SECONDS)

        try:
            greeting = _tell(keeper, servers)
            deadline = time.monotonic() + START_SECONDS
            for url in (health, *([f"{side}/moto-api/data.json"] if SIDE in servers else [])):
                _wait_for(url, keeper, deadline)
            yield Servers(endpoint, side, Path(greeting["folder"]), greeting["groups"], restart)
        finally:
            _end(keeper, greeting)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _servers(
    ports: list[int],
    endpoint: str,
    side: str,
    account: str,
    region: str,
    variables: Mapping[str, str] | None = None,
    state: Path | None = None,
    kept: Kept | None = None,
) -> dict[str, Any]:
    """What the keeper is told to run."""
    general = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    aws = {**general, **environment(endpoint, side, account, region), **(variables or {})}
    ministack = {
        "GATEWAY_PORT": str(ports[0]),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "SIDE_ENDPOINT": side,
        "AUTH": "true",  # IAM is enforced
        "IOT_MTLS_ENABLED": "0",  # else it listens on a port of its own
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///docker/is/not/used",  # else it would run and remove containers where Docker exists
    }
    if state is not None:
        ministack |= {"PERSIST_STATE": "1", "STATE_DIR": str(state), "S3_PERSIST": "1", "S3_DATA_DIR": str(state / "s3")}
    here = str(ROOT)
    server = {"command": [sys.executable, "-m", "finops.embedded.ministack.server"], "directory": here}
    if kept is not None:
        del ministack["SIDE_ENDPOINT"]
        return {"ministack": {**server, "environment": {**aws, **ministack, **kept.variables}}}
    moto = [sys.executable, "-m", "finops.embedded.side_server", "--port", str(ports[1]), "--endpoint", endpoint, "--account", account]
    return {
        "ministack": {**server, "environment": {**aws, **ministack}},
        SIDE: {"command": [*moto, "--secret", SECRET], "environment": {**aws, **MOTO}, "directory": here},
    }


def _tell(keeper: subprocess.Popen[bytes], order: Mapping[str, Any]) -> dict[str, Any]:
    """Give the keeper an order; its answer."""
    stdin, stdout = _pipes(keeper)
    stdin.write(json.dumps(order).encode() + b"\n")
    stdin.flush()
    line = stdout.readline()
    if not line:
        raise StartFailed(f"the keeper of the embedded AWS ended with code {keeper.wait()}")
    answer: dict[str, Any] = json.loads(line)
    if "ended" in answer:
        raise _failed(answer)
    return answer


def _wait_for(url: str, keeper: subprocess.Popen[bytes], deadline: float) -> None:
    """Until `url` answers. StartFailed when a server has ended, or at the deadline."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        with contextlib.suppress(OSError), direct.open(url, timeout=1):
            return
        if keeper.poll() is not None:
            raise _failed(json.loads(_pipes(keeper)[1].readline() or "{}"))
        if time.monotonic() > deadline:
            raise StartFailed(f"the embedded AWS does not answer at {url} after {START_SECONDS:g} s")
        time.sleep(LOOK_SECONDS)


def _failed(last: Mapping[str, Any]) -> StartFailed:
    """What the keeper's last line says."""
    return StartFailed(f"{last.get('ended', 'a server')} of the embedded AWS ended with code {last.get('code')}:\n{last.get('log', '')}")


def _end(keeper: subprocess.Popen[bytes], greeting: Mapping[str, Any]) -> None:
    """Let the keeper end the servers and clean up; should it have been killed, do it in its place."""
    with contextlib.suppress(OSError):
        _pipes(keeper)[0].close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        keeper.wait(END_SECONDS)
    if keeper.poll() is None:
        keeper.kill()
        keeper.wait()
    if greeting and keeper.returncode not in (0, 1):
        for group in greeting["groups"].values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        shutil.rmtree(greeting["folder"], ignore_errors=True)


def _pipes(keeper: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if keeper.stdin is None or keeper.stdout is None:
        raise StartFailed("the keeper has no pipes")
    return keeper.stdin, keeper.stdout
