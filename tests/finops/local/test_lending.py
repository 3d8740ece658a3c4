"""Credentials are lent to whoever has the token and to nobody else, as they are at that moment, and nothing of it is written down."""

from __future__ import annotations

import hmac
import json
import logging
import shlex
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from boto3 import Session
from botocore.session import Session as Core

from finops.local import lending
from finops.local.lending import Lender
from finops.local.profile import Profile
from functions.core.aws import lent
from tests.finops.local.profiles import ACCOUNT, ARN, KEY, KEYS, SECRET, SESSION_TOKEN, Configured, configured


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", serve_briefly)
    with configured(tmp_path, monkeypatch) as made:
        made.profile()
        yield made


serve = ThreadingHTTPServer.serve_forever


def serve_briefly(server: Any, poll_interval: float = 0.5) -> None:
    """It looks more often whether it shall end."""
    serve(server, 0.01)


def lender() -> Lender:
    session = Session(botocore_session=Core(profile="audit"), region_name="us-east-1")
    return Lender(Profile("audit", session, ACCOUNT, ARN, "us-east-1"))


RIGHT = "the right one"


def asked(machine: Lender, token: str | None = RIGHT, method: str = "GET") -> tuple[int, str]:
    """Status and body."""
    right = machine.variables[lent.TOKEN]
    headers = {} if token is None else {"Authorization": right if token == RIGHT else token}
    request = urllib.request.Request(machine.variables[lent.URL], headers=headers, method=method)  # noqa: S310  # this machine's
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def key(machine: Lender) -> str:
    status, body = asked(machine)
    assert status == 200
    return str(json.loads(body)["AccessKeyId"])


def test_whoever_has_the_token_gets_them_for_a_while(aws: Configured) -> None:
    with lender() as machine:
        status, body = asked(machine)
    said = json.loads(body)
    good_for = datetime.fromisoformat(said.pop("Expiration")) - datetime.now(UTC)
    assert (status, said) == (200, {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": SESSION_TOKEN})
    assert timedelta(minutes=19) < good_for <= timedelta(minutes=20)


def test_a_function_that_is_told_the_variables_is_lent_them_and_asks_again_after_five_minutes(
    aws: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lender() as machine:
        for name, value in machine.variables.items():
            monkeypatch.setenv(name, value)
        held = lent.Lent().load_credentials()
    assert held.get_frozen_credentials().secret_key == SECRET
    assert [held.refresh_needed(60 * minutes) for minutes in (15, 19, 21)] == [False, False, True], "botocore's are 15"


@pytest.mark.parametrize("wrong", [None, "", "x", "Bearer the right one", "right minus", "right plus", "upper", "ü"])
def test_a_wrong_token_gets_nothing(aws: Configured, monkeypatch: pytest.MonkeyPatch, wrong: str | None) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, right: bytes) -> bool:
        compared.append((given, right))
        return hmac.compare_digest(given, right)

    monkeypatch.setattr(lending, "hmac", SimpleNamespace(compare_digest=compare))
    with lender() as one:
        right = one.variables[lent.TOKEN]
        made = {"right minus": right[:-1], "right plus": f"{right}x", "upper": right.swapcase()}
        shown = wrong and made.get(wrong, wrong)
        assert asked(one, shown) == (401, "wrong token")
        assert asked(one)[0] == 200
    assert len(compared) == 2, "in a time that tells nothing of the token"
    assert all(against == right.encode() for _, against in compared)


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE", "OPTIONS"])
def test_it_can_only_be_asked(aws: Configured, method: str) -> None:
    with lender() as machine:
        status, body = asked(machine, method=method)
    assert status == 501
    assert SECRET not in body


def test_it_listens_on_this_machine_alone_under_a_token_of_its_own_and_no_longer_than_its_block(aws: Configured) -> None:
    with lender() as one, lender() as other:
        assert one.variables[lent.URL].startswith("http://127.0.0.1:")
        assert one.variables[lent.TOKEN] != other.variables[lent.TOKEN]
        assert len(one.variables[lent.TOKEN]) >= 43, "of 32 random bytes"
        assert asked(other, one.variables[lent.TOKEN])[0] == 401
    with pytest.raises(urllib.error.URLError, match="refused"):
        asked(one)


def test_the_variables_hold_no_credentials(aws: Configured) -> None:
    with lender() as machine:
        said = json.dumps(machine.variables)
    assert set(machine.variables) == set(lent.VARIABLES)
    assert [text for text in (KEY, SECRET, SESSION_TOKEN) if text in said] == []


PROGRAM = """
import json, pathlib, sys
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
runs = pathlib.Path(__file__).with_name("runs")
number = len(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text("x" * number)
if pathlib.Path(__file__).with_name("broken").exists():
    sys.exit("the card\\nis not there")
ends = (datetime.now(UTC) + timedelta(minutes=MINUTES)).isoformat()
print(json.dumps({"Version": 1, "AccessKeyId": f"key-{number}", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": ends}))
"""


def given_by_program(aws: Configured, minutes: int) -> Path:
    """The profile's keys come from a program, "key-1", "key-2" and so on; while the file that is returned exists, there are none."""
    program = aws.config.with_name("program.py")
    program.write_text(PROGRAM.replace("MINUTES", str(minutes)), encoding="utf-8")
    aws.profile(f"credential_process = {shlex.quote(sys.executable)} {program}\n")
    return program.with_name("broken")


@pytest.mark.parametrize(("minutes", "keys"), [(5, ["key-2", "key-3"]), (60, ["key-1", "key-1"])])
def test_what_renews_itself_is_renewed_when_it_is_time(aws: Configured, minutes: int, keys: list[str]) -> None:
    given_by_program(aws, minutes)
    with lender() as machine:
        assert [key(machine) for _ in range(2)] == keys


def test_a_renewal_that_fails_says_why_and_the_next_one_may_do_better(aws: Configured) -> None:
    broken = given_by_program(aws, 5)
    with lender() as machine:
        assert key(machine) == "key-2"
        broken.touch()
        status, body = asked(machine)
        assert (status, body) == (403, "Error when retrieving credentials from custom-process: the card is not there")
        broken.unlink()
        assert key(machine) == "key-4"


def test_keys_that_were_edited_are_read_anew(aws: Configured) -> None:
    with lender() as machine:
        assert key(machine) == KEY
        aws.profile(KEYS.replace(KEY, "EDITED"))
        assert key(machine) == "EDITED"
        aws.profile("")
        assert key(machine) == "EDITED", "there is nothing newer"


def test_a_profile_that_is_gone_gives_no_credentials_and_the_reason(aws: Configured) -> None:
    with lender() as machine:
        aws.write("[profile another]\n")
        assert asked(machine) == (403, "The config profile (audit) could not be found")


def test_a_profile_that_never_had_credentials_lends_none(aws: Configured) -> None:
    aws.profile("")
    with lender() as machine:
        assert asked(machine)[0] == 403


def test_nothing_of_it_is_written_down(aws: Configured, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    broken = given_by_program(aws, 5)
    with lender() as machine:
        for token in (RIGHT, "wrong", None):
            asked(machine, token)
        asked(machine, method="POST")
        broken.touch()
        assert asked(machine)[0] == 403
    assert capfd.readouterr() == ("", "")
    assert [text for text in ("key-", machine.variables[lent.TOKEN]) if text in caplog.text] == []
