"""With whose credentials a client signs, where it goes, and what is made once for a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.credentials import CredentialResolver, Credentials

from functions.core.aws import lent, sessions
from functions.core.aws.request_count import spent_calls
from functions.core.aws.roles import reader_session
from tests.functions.core.aws.lending import OTHER, OWN, REGION, TOKEN, Machine, Network, forget, lending

STS_ANSWER = f"""<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>member</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>{(datetime.now(UTC) + timedelta(hours=1)).isoformat()}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""
AWS_IS_AT, HERE = "https://aws.example", "http://127.0.0.1:4566"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Credentials are lent."""
    with lending(monkeypatch) as made:
        yield made


@pytest.fixture
def deployed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lent."""
    for name in lent.VARIABLES:
        monkeypatch.delenv(name, raising=False)


def regions_by(session: Any) -> list[tuple[str, str]]:
    """Who signs a request of the session's client for EC2, and where it goes."""
    network = Network()
    network.of(session.client("ec2", region_name=REGION)).describe_regions()
    return network.sent


@pytest.mark.usefixtures("deployed")
def test_on_aws_all_clients_sign_with_the_functions_own_credentials(machine: Machine) -> None:
    network = Network()
    network.of(sessions.account_client("ec2", REGION)).describe_regions()
    network.of(sessions.own_client("s3", REGION)).list_buckets()
    assert [key for key, _ in network.sent + regions_by(reader_session(OWN, OWN, "Reader", None, "r1"))] == ["own", "own", "own"]
    assert type(sessions.account_session()) is sessions.Session
    assert machine.asked == []


def test_where_credentials_are_lent_accounts_are_looked_at_with_them_and_the_bucket_with_the_own_ones(machine: Machine) -> None:
    network = Network()
    network.of(sessions.own_client("s3", REGION)).list_buckets()
    assert (network.sent[0][0], machine.asked) == ("own", [])
    network.of(sessions.account_client("ec2", REGION)).describe_regions()
    network.of(sessions.account_client("organizations", REGION)).list_accounts()
    assert [key for key, _ in network.sent[1:] + regions_by(reader_session(OWN, OWN, "Reader", None, "r1"))] == ["lent-1"] * 3
    assert machine.asked == [TOKEN], "asked for once in a process"


def test_a_member_role_is_assumed_with_the_lent_credentials(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lent.ENDPOINTS, json.dumps({"*": AWS_IS_AT}))
    network = Network(body=STS_ANSWER.encode())
    network.of(sessions.account_client("sts"))
    session = reader_session(OTHER, OWN, "Reader", None, "r1")
    assert network.sent == [("lent-1", f"{AWS_IS_AT}/")]
    assert regions_by(session) == [("member", f"{AWS_IS_AT}/")]


@pytest.mark.parametrize(
    ("endpoints", "url"),
    [
        ({}, f"https://ec2.{REGION}.amazonaws.com/"),
        ({"ce": "https://ce.example"}, f"https://ec2.{REGION}.amazonaws.com/"),
        ({"*": AWS_IS_AT}, f"{AWS_IS_AT}/"),
        ({"*": "https://other.example", "ec2": AWS_IS_AT}, f"{AWS_IS_AT}/"),
    ],
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"])
def test_accounts_are_never_looked_for_on_this_machine(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, variable: str, endpoints: dict[str, str], url: str
) -> None:
    monkeypatch.setenv(variable, HERE)
    monkeypatch.setenv(lent.ENDPOINTS, json.dumps(endpoints))
    assert [where for _, where in regions_by(reader_session(OWN, OWN, "Reader", None, "r1"))] == [url]


def test_what_is_the_analyzers_own_stays_on_this_machine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", HERE)
    monkeypatch.setenv(lent.ENDPOINTS, json.dumps({"*": AWS_IS_AT}))
    assert sessions.own_client("s3", REGION).meta.endpoint_url == HERE
    assert sessions.own_client("dynamodb", REGION).meta.endpoint_url == HERE
    assert sessions.account_client("sts", REGION).meta.endpoint_url == AWS_IS_AT


@pytest.mark.usefixtures("deployed")
def test_on_aws_the_environment_says_where_aws_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", HERE)
    monkeypatch.setenv(lent.ENDPOINTS, json.dumps({"*": AWS_IS_AT}))
    assert sessions.account_client("ec2", REGION).meta.endpoint_url == HERE


def test_an_address_that_is_asked_for_counts_more_than_all_others(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lent.ENDPOINTS, json.dumps({"*": AWS_IS_AT}))
    client = sessions.account_session(lent.Lent()).client("ec2", region_name=REGION, endpoint_url="https://asked.example")
    assert client.meta.endpoint_url == "https://asked.example"


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ("", f"https://ec2.{REGION}.amazonaws.com"),
        ("{}", f"https://ec2.{REGION}.amazonaws.com"),
        ('{"use_fips_endpoint": true}', f"https://ec2-fips.{REGION}.amazonaws.com"),
        ('{"use_dualstack_endpoint": true}', f"https://ec2.{REGION}.api.aws"),
    ],
)
def test_the_profiles_options_are_handed_on_and_ours_stay(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, options: str, url: str
) -> None:
    monkeypatch.setenv(lent.OPTIONS, options)
    client = sessions.account_client("ec2", REGION)
    assert client.meta.endpoint_url == url
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": 5}
    assert client.meta.config.user_agent.startswith("finops-analyzer ")
    assert (
        sessions.account_session(lent.Lent()).client("ec2", region_name=REGION, config=Config(read_timeout=7)).meta.config.read_timeout == 7
    )


def test_a_client_is_made_once_for_each_service_and_region(machine: Machine) -> None:
    for made in (sessions.own_client, sessions.account_client):
        assert made("ec2", REGION) is made("ec2", REGION)
        assert made("ec2", REGION) is not made("ec2", "eu-west-1")
    assert sessions.own_client("ec2", REGION) is not sessions.account_client("ec2", REGION)


def test_the_models_of_the_apis_are_shared_by_lent_and_own_sessions(machine: Machine) -> None:
    made = (sessions._own_session(), sessions._session(), sessions.account_session(aws_access_key_id="a", aws_secret_access_key="s"))
    assert len({id(session._session.get_component("data_loader")) for session in made}) == 1


@pytest.mark.parametrize("is_lent", [False, True])
def test_one_client_signs_as_whoever_asks_at_that_moment(machine: Machine, monkeypatch: pytest.MonkeyPatch, is_lent: bool) -> None:
    class Signer(CredentialResolver):
        def load_credentials(self) -> Credentials:
            return credentials

    if not is_lent:
        monkeypatch.delenv(lent.URL)
    forget()
    credentials = Credentials("first", "s", "t")
    network = Network()
    client = network.of(sessions.client_of_many("ec2", REGION, Signer([])))
    before = spent_calls()
    for key in ("first", "second"):
        credentials.access_key = key
        client.describe_regions()
    assert [key for key, _ in network.sent] == ["first", "second"]
    assert spent_calls() - before == {"ec2:DescribeRegions": 2}
    assert machine.asked == []
