"""Each account's regions: asked as that account, at the same time, and with a reason where it could not be told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import botocore.endpoint
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from functions.core.aws import sessions
from functions.core.errors import Denied, Throttled
from functions.core.plan import enabled_regions
from functions.core.plan.enabled_regions import of_accounts
from functions.core.settings import Settings

ROOT = Path(__file__).parents[4]
OWN = "111111111111"
MANY = [f"{number:012d}" for number in range(1, 501)]
NAMESPACES = {"AssumeRole": "https://sts.amazonaws.com/doc/2011-06-15/", "DescribeRegions": "http://ec2.amazonaws.com/doc/2016-11-15/"}
PARSED = {"aws_account_id": OWN, "aws_region": "us-east-1", "s3_bucket_name": "bucket", "state_table_name": "table"}
CONFIG = Settings.model_validate({**PARSED, "member_external_id": "secret"})
MEASURE = """
import json, pathlib, sys, time
import functions.plan
from functions.core import settings
from functions.core.plan import enabled_regions
accounts = json.load(sys.stdin)
started = time.monotonic()
told = enabled_regions.of_accounts(accounts, settings.settings(), "run")
seconds = time.monotonic() - started
status = pathlib.Path("/proc/self/status")  # Linux tells; what getrusage says begins with the size of the process that started this one
peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024 if status.exists() else 0
print(json.dumps({"seconds": seconds, "megabytes": peak, "told": sum(isinstance(one, list) for one in told.values())}))
"""


@dataclass
class Regions:
    """STS and EC2. `fail`: by account, the status and error of its answers; an account's own region is called after it.

    `seconds`: what an answer takes, as on AWS. `most`: requests that were open at the same time.
    """

    fail: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    seconds: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    roles: set[tuple[str, str]] = field(default_factory=set)
    open: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: str, authorization: str) -> tuple[int, str]:
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        operation = asked["Action"]
        if operation == "AssumeRole":
            account = asked["RoleArn"].split(":")[4]
            self.roles.add((asked["RoleArn"].rpartition("/")[2], asked.get("ExternalId", "")))
        else:
            account = re.findall(r"Credential=\D*(\d{12})/", authorization)[0]
        with self.lock:
            self.requests[operation] += 1
            self.open += 1
            self.most = max(self.most, self.open)
        time.sleep(self.seconds)
        with self.lock:
            self.open -= 1
        failing, status, code = self.fail.get(account, ("", 200, ""))
        if failing == operation:
            error = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
            return status, f"<Response><Errors>{error}</Errors></Response>" if operation == "DescribeRegions" else f"<R>{error}</R>"
        return 200, f'<{operation}Response xmlns="{NAMESPACES[operation]}">{self._content(operation, account)}</{operation}Response>'

    def _content(self, operation: str, account: str) -> str:
        if operation == "AssumeRole":
            keys = f"<AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>{'t' * 600}</SessionToken>"
            return f"<AssumeRoleResult><Credentials>{keys}<Expiration>2036-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
        names = ("us-west-2", f"of-{account}", "eu-west-1", *(f"region-{number}" for number in range(14)))
        return f"<regionInfo>{''.join(f'<item><regionName>{name}</regionName></item>' for name in names)}</regionInfo>"


@contextmanager
def serving(regions: Regions) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = regions.answer(body, self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def variables(endpoint: str) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": OWN, "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "127.0.0.1"}
    return {**keys, "AWS_ENDPOINT_URL": endpoint}


def forget() -> None:
    """What was made for another AWS."""
    sessions.account_client.cache_clear()
    sessions._own_session.cache_clear()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Regions]:
    """An AWS that `of_accounts` asks."""
    regions = Regions()
    with serving(regions) as endpoint:
        for name, value in variables(endpoint).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))  # between its attempts
        forget()
        yield regions
    forget()


def test_every_account_is_asked_as_itself_and_told_in_order(told: Regions) -> None:
    answers = of_accounts([*MANY[:100], OWN], CONFIG, "run")
    assert set(answers) == {*MANY[:100], OWN}
    for account, regions in answers.items():
        assert isinstance(regions, list)
        assert regions == sorted(regions)
        assert [region for region in regions if region.startswith("of-")] == [f"of-{account}"]
    assert told.requests == {"AssumeRole": 100, "DescribeRegions": 101}
    assert told.roles == {("FinOpsAnalyzerReader", "secret")}


def test_the_own_account_is_told_whoever_is_asked_for_and_alone_needs_no_role(told: Regions) -> None:
    assert set(of_accounts([], CONFIG, "run")) == set(of_accounts([OWN, OWN], CONFIG, "run")) == {OWN}
    assert told.requests == {"DescribeRegions": 2}
    assert set(of_accounts([MANY[0], MANY[0]], CONFIG, "run")) == {OWN, MANY[0]}
    assert told.requests["AssumeRole"] == 1


@pytest.mark.parametrize(
    ("fail", "kind", "message"),
    [
        (("AssumeRole", 403, "AccessDenied"), Denied, "^sts:AssumeRole: AccessDenied: no$"),
        (("AssumeRole", 403, "RegionDisabledException"), Denied, "^sts:AssumeRole: RegionDisabledException"),
        (("AssumeRole", 400, "Throttling"), Throttled, "^sts:AssumeRole: Throttling"),
        (("DescribeRegions", 403, "UnauthorizedOperation"), Denied, "^ec2:DescribeRegions: UnauthorizedOperation: no$"),
        (("DescribeRegions", 401, "AuthFailure"), Denied, "^ec2:DescribeRegions: AuthFailure"),
        (("DescribeRegions", 503, "RequestLimitExceeded"), Throttled, "^ec2:DescribeRegions: RequestLimitExceeded"),
        (("DescribeRegions", 500, "InternalError"), ClientError, "InternalError"),
    ],
)
def test_an_account_that_cannot_tell_says_why_and_the_others_tell(
    told: Regions, fail: tuple[str, int, str], kind: type[Exception], message: str
) -> None:
    told.fail[MANY[1]] = fail
    answers = of_accounts(MANY[:3], CONFIG, "run")
    wrong = answers.pop(MANY[1])
    assert isinstance(wrong, kind)
    assert re.search(message, str(wrong))
    assert all(isinstance(one, list) for one in answers.values())


def test_the_own_account_s_refusal_is_told_too(told: Regions) -> None:
    told.fail[OWN] = ("DescribeRegions", 403, "UnauthorizedOperation")
    assert isinstance(of_accounts([MANY[0]], CONFIG, "run")[OWN], Denied)


def test_no_answer_at_all_is_told(told: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    answers = of_accounts([MANY[0]], CONFIG, "run")
    assert isinstance(answers[MANY[0]], BotoCoreError)
    assert isinstance(answers[OWN], list)


def test_who_does_not_answer_in_time_is_not_waited_for(told: Regions) -> None:
    """All answers would take 12 seconds: 500 accounts, two requests each, 64 at a time."""
    told.seconds = 0.8
    started = time.monotonic()
    answers = of_accounts(MANY, CONFIG, "run", budget_seconds=2.5)
    assert time.monotonic() - started < 10
    late = [one for one in answers.values() if isinstance(one, TimeoutError)]
    assert isinstance(answers[OWN], list)
    assert 300 < len(late) <= 500
    assert {str(one) for one in late} == {"its regions could not be asked within 2.5 s"}


@pytest.mark.parametrize(("accounts", "seconds"), [(0, 30), (500, 42), (2_500, 90), (5_000, 150), (20_000, 160)])
def test_the_time_grows_with_the_number_of_accounts_as_far_as_plan_has_any(accounts: int, seconds: float) -> None:
    assert enabled_regions.budget(accounts) == pytest.approx(seconds)
    assert enabled_regions.BUDGET_AT_MOST + 75 + 30 < 300, "an organization's list and the writing of the plan need theirs"


def test_accounts_with_the_same_regions_share_one_list(told: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "_content", lambda operation, account: Regions._content(told, operation, OWN), raising=True)
    assert len({id(regions) for regions in of_accounts(MANY[:50], CONFIG, "run").values()}) == 1


def test_500_accounts_take_seconds_and_little_memory() -> None:
    """In a process of its own, with all that Plan imports; each request takes 50 ms. One after the other they would take 50 s."""
    regions = Regions(seconds=0.05)
    with serving(regions) as endpoint:
        environment = {name.upper(): value for name, value in PARSED.items()} | variables(endpoint) | {"PATH": os.environ["PATH"]}
        command = [sys.executable, "-c", MEASURE]
        ran = subprocess.run(  # noqa: S603  # our own interpreter
            command, input=json.dumps(MANY), env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
    assert ran.returncode == 0, ran.stderr
    measured = json.loads(ran.stdout)
    assert measured["told"] == 501
    assert measured["megabytes"] <= 150
    assert regions.requests == {"AssumeRole": 500, "DescribeRegions": 501}
    assert 16 < regions.most <= sessions.CONNECTIONS
    assert measured["seconds"] < enabled_regions.budget(500), "or the machine is very busy"
