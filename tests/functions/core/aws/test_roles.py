"""With whose credentials an account is read, and when its role is assumed again."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws import attempts, roles, sessions
from functions.core.aws.clients import Aws
from functions.core.aws.roles import reader_session
from functions.core.errors import Denied, Throttled

ACCOUNT = "111122223333"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that holds no client, session or assumed role yet."""
    for name, value in {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(roles, "_assumed", {})
    for cached in (sessions.own_client, sessions.account_client, sessions._own_session):
        cached.cache_clear()
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield
    for cached in (sessions.own_client, sessions.account_client, sessions._own_session):
        cached.cache_clear()


def _assumes(monkeypatch: pytest.MonkeyPatch, valid_for: timedelta) -> list[dict[str, Any]]:
    """STS that answers with credentials of so long a life; returns what it was asked."""
    asked: list[dict[str, Any]] = []
    sts = sessions.account_client("sts")

    def assume_role(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        keys = {"AccessKeyId": f"key-{len(asked)}", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": {**keys, "Expiration": datetime.now(UTC) + valid_for}}

    monkeypatch.setattr(sts, "assume_role", assume_role)
    return asked


@pytest.mark.usefixtures("fresh")
def test_the_own_account_is_read_with_the_functions_own_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _assumes(monkeypatch, timedelta(hours=1))
    credentials = reader_session(ACCOUNT, ACCOUNT, "Reader", None, "r1").get_credentials()
    assert credentials is not None
    assert (credentials.access_key, asked) == ("own", [])


@pytest.mark.usefixtures("fresh")
def test_another_account_is_read_through_its_role_assumed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _assumes(monkeypatch, timedelta(hours=1))
    for _ in range(2):
        credentials = reader_session("444455556666", ACCOUNT, "Reader", "secret", "r" * 80).get_credentials()
        assert credentials is not None
        assert (credentials.access_key, credentials.token) == ("key-1", "t")
    (parameters,) = asked
    assert parameters["RoleArn"] == "arn:aws:iam::444455556666:role/Reader"
    assert parameters["ExternalId"] == "secret"
    assert len(parameters["RoleSessionName"]) == 64


@pytest.mark.usefixtures("fresh")
def test_a_role_is_assumed_again_when_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _assumes(monkeypatch, timedelta(hours=1))
    for anew in (False, False, True):
        reader_session("444455556666", ACCOUNT, "Reader", None, "r1", anew=anew)
    assert len(asked) == 2


@pytest.mark.usefixtures("fresh")
def test_the_models_of_the_apis_are_parsed_once_for_all_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """EC2's takes a quarter of a second of CPU, which a warm worker must not pay again for every unit."""
    _assumes(monkeypatch, timedelta(hours=1))
    sessions = [reader_session(account, ACCOUNT, "Reader", None, "r1") for account in (ACCOUNT, "444455556666", "777788889999")]
    models = {id(session._session.get_component("data_loader").load_service_model("ec2", "service-2")) for session in sessions}
    assert len(models) == 1
    assert reader_session("444455556666", ACCOUNT, "Reader", None, "r2") is sessions[1]


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(("minutes", "times"), [(19, 2), (21, 1)])
def test_credentials_are_renewed_before_a_scan_could_outlive_them(monkeypatch: pytest.MonkeyPatch, minutes: int, times: int) -> None:
    asked = _assumes(monkeypatch, timedelta(minutes=minutes))
    for _ in range(2):
        reader_session("444455556666", ACCOUNT, "Reader", None, "r1")
    assert len(asked) == times
    assert "ExternalId" not in asked[0]


@pytest.mark.usefixtures("fresh")
def test_the_sessions_that_are_held_are_those_used_last(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _assumes(monkeypatch, timedelta(hours=1))
    accounts = [f"{number:012}" for number in range(roles.SESSIONS + 1)]
    for account in accounts[:-1]:
        reader_session(account, ACCOUNT, "Reader", None, "r1")
    reader_session(accounts[0], ACCOUNT, "Reader", None, "r1")  # so the second is the one that was not used for longest
    reader_session(accounts[-1], ACCOUNT, "Reader", None, "r1")
    assert (len(asked), len(roles._assumed)) == (roles.SESSIONS + 1, roles.SESSIONS)
    for account, again in ((accounts[0], 0), (accounts[-1], 0), (accounts[1], 1)):
        before = len(asked)
        reader_session(account, ACCOUNT, "Reader", None, "r1")
        assert len(asked) - before == again


@pytest.mark.usefixtures("fresh")
def test_a_session_is_small_when_its_clients_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What SESSIONS goes by: 0.16 MiB each, so that all that are held take less than a tenth of a scan function's 256 MiB."""
    _assumes(monkeypatch, timedelta(hours=1))

    def used(account: str) -> None:
        reader = Aws(account, "us-east-1", reader_session(account, ACCOUNT, "Reader", None, "r1"))
        for service in ("ec2", "cloudwatch"):
            reader.client(service)

    used("0" * 12)
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1, 11):
            used(f"{number:012}")
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / 10
    finally:
        tracemalloc.stop()
    assert each * roles.SESSIONS < 25 * 1024 * 1024


@pytest.mark.usefixtures("fresh")
def test_a_role_that_does_not_trust_us_is_denied_and_not_remembered() -> None:
    stub = Stubber(sessions.account_client("sts"))
    for _ in range(2):
        stub.add_client_error("assume_role", "AccessDenied", "is not authorized to perform: sts:AssumeRole")
    with stub:
        for _ in range(2):
            with pytest.raises(Denied, match="sts:AssumeRole: AccessDenied"):
                reader_session("444455556666", ACCOUNT, "Reader", None, "r1")
        stub.assert_no_pending_responses()


@pytest.mark.usefixtures("fresh")
def test_the_own_credentials_are_read_anew_when_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reader_session(ACCOUNT, ACCOUNT, "Reader", None, "r1")
    assert reader_session(ACCOUNT, ACCOUNT, "Reader", None, "r1") is before
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "newer")
    credentials = reader_session(ACCOUNT, ACCOUNT, "Reader", None, "r1", anew=True).get_credentials()
    assert credentials is not None
    assert credentials.access_key == "newer"


OFF = "RegionDisabledException"
HOME, GLOBAL = "eu-south-1", "us-east-1"


@pytest.fixture
def opted_in(fresh: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A function in a region to opt in to; by region, what STS refuses with there: a code, an exception, or nothing."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    monkeypatch.setattr(roles, "_served", {})
    said: dict[str, Any] = {"asked": []}

    class Sts:
        class meta:
            partition = "aws"

        def __init__(self, region: str) -> None:
            self.region = region

        def assume_role(self, **_: Any) -> dict[str, Any]:
            said["asked"].append(self.region)
            refusal = said.get(self.region)
            if isinstance(refusal, Exception):
                raise refusal
            if refusal:
                code, status = refusal
                answer: Any = {"Error": {"Code": code, "Message": "words."}, "ResponseMetadata": {"HTTPStatusCode": status}}
                raise ClientError(answer, "AssumeRole")
            keys = {"AccessKeyId": f"of-{self.region}", "SecretAccessKey": "s", "SessionToken": "t"}
            return {"Credentials": {**keys, "Expiration": datetime.now(UTC) + timedelta(hours=1)}}

    monkeypatch.setattr(roles, "account_client", lambda service, region=HOME: Sts(region))
    return said


def _entered(*, anew: bool = False) -> str:
    credentials = reader_session("444455556666", ACCOUNT, "Reader", None, "r1", anew=anew).get_credentials()
    assert credentials is not None
    return str(credentials.access_key)


SILENT = EndpointConnectionError(endpoint_url="https://sts")


@pytest.mark.parametrize(
    "refusal",
    [(OFF, 403), ("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400), ("OptInRequired", 401), ("OddCode", 400), SILENT],
)
def test_where_sts_does_not_serve_an_account_the_partitions_endpoint_is_asked(opted_in: dict[str, Any], refusal: Any) -> None:
    opted_in[HOME] = refusal
    assert _entered() == f"of-{GLOBAL}"
    assert opted_in["asked"] == [HOME, GLOBAL]
    _entered(anew=True)
    assert opted_in["asked"] == [HOME, GLOBAL, GLOBAL], "the one that served it last comes first"


def test_the_own_endpoint_is_enough_where_it_serves(opted_in: dict[str, Any]) -> None:
    assert _entered() == f"of-{HOME}"
    assert opted_in["asked"] == [HOME]


@pytest.mark.parametrize("code", sorted(roles.FINAL))
def test_a_role_that_does_not_trust_us_does_not_elsewhere_either(opted_in: dict[str, Any], code: str) -> None:
    opted_in[HOME] = (code, 403)
    with pytest.raises(Denied, match=f"^sts:AssumeRole: {code}: words.$"):
        _entered()
    assert opted_in["asked"] == [HOME]


def test_what_the_other_endpoint_says_of_the_role_is_the_reason(opted_in: dict[str, Any]) -> None:
    opted_in.update({HOME: (OFF, 403), GLOBAL: ("AccessDenied", 403)})
    with pytest.raises(Denied, match=r"^sts:AssumeRole: AccessDenied: words\.$"):
        _entered()


@pytest.mark.parametrize(("home", "elsewhere"), [((OFF, 403), (OFF, 403)), ((OFF, 403), SILENT), (SILENT, (OFF, 403)), (SILENT, SILENT)])
def test_an_account_that_no_endpoint_serves_is_denied_and_told_the_way_out(opted_in: dict[str, Any], home: Any, elsewhere: Any) -> None:
    opted_in.update({HOME: home, GLOBAL: elsewhere})
    with pytest.raises(Denied) as denied:
        _entered()
    said = str(denied.value)
    assert said.startswith("sts:AssumeRole: ")
    assert "in account 444455556666" in said
    assert all(words in said for words in (roles.NO_ENDPOINT, "switch STS on for eu-south-1", "route"))


def test_a_slow_down_is_no_reason_to_go_elsewhere(opted_in: dict[str, Any]) -> None:
    opted_in[HOME] = ("Throttling", 400)
    with pytest.raises(Throttled):
        _entered()
    assert opted_in["asked"] == [HOME]


def test_a_failure_of_aws_everywhere_stays_one(opted_in: dict[str, Any]) -> None:
    opted_in.update({HOME: ("InternalFailure", 500), GLOBAL: ("InternalFailure", 500)})
    with pytest.raises(ClientError):
        _entered()


def test_an_endpoint_that_swallows_connections_is_waited_for_once_for_all_accounts(
    opted_in: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    why = {"region": HOME, "endpoint": "https://sts", "attempts": 3, "kind": "they time out"}
    monkeypatch.setattr(attempts, "_silent", {("", HOME): (float("inf"), why)})
    assert _entered() == f"of-{GLOBAL}"
    assert opted_in["asked"] == [GLOBAL]
