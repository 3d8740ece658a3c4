"""Credentials that are lent: who gets them, when they are asked for again, and what is said where there are none."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from functions.core.aws import lent, roles
from functions.core.aws.clients import Aws
from functions.core.aws.roles import reader_session
from functions.core.aws.sessions import account_client
from functions.core.errors import Denied
from tests.functions.core.aws.lending import OTHER, OWN, PROFILE, REGION, TOKEN, Machine, Network, forget, lending


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with lending(monkeypatch) as made:
        yield made


@pytest.mark.parametrize(("url", "yes"), [(None, False), ("", False), ("http://127.0.0.1:1/", True)])
def test_whether_credentials_are_lent_is_a_matter_of_the_address(monkeypatch: pytest.MonkeyPatch, url: str | None, yes: bool) -> None:
    if url is None:
        monkeypatch.delenv(lent.URL, raising=False)
    else:
        monkeypatch.setenv(lent.URL, url)
    assert lent.lent() is yes


def test_whoever_shows_the_token_gets_the_profiles_credentials(machine: Machine) -> None:
    frozen = lent.Lent().load_credentials().get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == ("lent-1", "s", "token of lent-1")
    assert machine.asked == [TOKEN]


def denied() -> Denied:
    with pytest.raises(Denied) as error:
        lent.Lent().load_credentials()
    return error.value


def test_a_wrong_token_gets_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lent.TOKEN, "another")
    error = denied()
    assert (error.action, "(wrong token)" in str(error)) == ("credentials", True)
    assert machine.asked == ["another"]


@pytest.mark.parametrize("status", [403, 500])
def test_why_there_are_none_is_said_with_the_profile_and_what_to_do(machine: Machine, status: int) -> None:
    machine.refuses = (status, "The SSO session has expired. Zürich says no")
    error = denied()
    assert error.action == lent.ACTION == "credentials"
    assert str(error) == (
        f"credentials: those of the profile {PROFILE} are not to be had or not taken any more: log in again "
        "(The SSO session has expired. Zürich says no)"
    )


def test_where_nobody_listens_the_command_has_ended(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # a port that nobody else gets, and where nobody answers
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(lent.URL, f"http://127.0.0.1:{taken.getsockname()[1]}/")
        error = denied()
    assert error.action == "credentials"
    assert "the command that lends them does not answer: " in str(error)
    assert machine.asked == []


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lent, "SECONDS", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv(lent.URL, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert "does not answer: timed out" in str(denied())


def test_no_proxy_sees_them(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert lent.Lent().load_credentials().get_frozen_credentials().access_key == "lent-1"


@pytest.mark.parametrize(("minutes", "key"), [(20.0, "lent-1"), (15.1, "lent-1"), (14.9, "lent-2"), (9.9, "lent-2")])
def test_near_their_end_they_are_asked_for_again(machine: Machine, minutes: float, key: str) -> None:
    machine.minutes = minutes
    held = lent.Lent().load_credentials()
    machine.minutes = 20.0
    assert [held.get_frozen_credentials().access_key for _ in range(2)] == [key, key]
    assert len(machine.asked) == int(key[-1])


@pytest.mark.parametrize(("minutes", "ends"), [(14.9, False), (10.1, False), (9.9, True), (-1.0, True)])
def test_a_renewal_that_fails_ends_it_only_when_those_at_hand_are_at_their_end(machine: Machine, minutes: float, ends: bool) -> None:
    machine.minutes = minutes
    held = lent.Lent().load_credentials()
    machine.refuses = (403, "expired")
    if not ends:
        assert held.get_frozen_credentials().access_key == "lent-1"
        return
    with pytest.raises(Denied, match=r"^credentials: those of the profile audit .*\(expired\)$"):
        held.get_frozen_credentials()


ELSEWHERE = '{"*": "http://127.0.0.1:9", "ce": "https://ce.example"}'


@pytest.mark.parametrize(
    ("said", "service", "url"),
    [
        (None, "ec2", None),
        ("", "ec2", None),
        ("{}", "ec2", None),
        ('{"ce": "https://ce.example"}', "ce", "https://ce.example"),
        ('{"ce": "https://ce.example"}', "ec2", None),
        (ELSEWHERE, "ce", "https://ce.example"),
        (ELSEWHERE, "ec2", "http://127.0.0.1:9"),
    ],
)
def test_where_a_service_is_answered(monkeypatch: pytest.MonkeyPatch, said: str | None, service: str, url: str | None) -> None:
    forget()
    if said is None:
        monkeypatch.delenv(lent.ENDPOINTS, raising=False)
    else:
        monkeypatch.setenv(lent.ENDPOINTS, said)
    assert lent.endpoint(service) == url
    forget()


# --- credentials that are not taken -------------------------------------------------------------------------------------------------


def reader(monkeypatch: pytest.MonkeyPatch, network: Network) -> Aws:
    """The own account, as functions/scan.py looks at it."""
    made = Aws.client
    monkeypatch.setattr(Aws, "client", lambda aws, service: network.of(made(aws, service)))
    aws = Aws(OWN, REGION, reader_session(OWN, OWN, "Reader", None, "r1"))
    aws.renew = lambda: reader_session(OWN, OWN, "Reader", None, "r1", anew=True)
    return aws


def test_a_token_that_has_expired_is_asked_for_anew_and_the_unit_goes_on(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(expired={"lent-1"}, body=b"<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>")
    aws = reader(monkeypatch, network)
    assert aws.call("ec2", "DescribeVolumes")["Volumes"] == []
    assert [key for key, _ in network.sent] == ["lent-1", "lent-2"]


def test_a_token_that_stays_expired_is_a_matter_of_the_credentials_and_of_no_permission(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(expired={"lent-1", "lent-2"})
    aws = reader(monkeypatch, network)
    with pytest.raises(Denied) as error:
        aws.call("ec2", "DescribeVolumes")
    assert error.value.action == "credentials"
    assert "profile audit" in str(error.value)
    assert "ec2:DescribeVolumes: ExpiredToken: no" in str(error.value)
    assert [key for key, _ in network.sent] == ["lent-1", "lent-2"], "once more, and no more"


def test_credentials_that_expire_while_a_role_is_assumed_are_not_blamed_on_the_role(machine: Machine) -> None:
    network = Network(expired={"lent-1"})
    network.of(account_client("sts"))
    with pytest.raises(Denied) as error:
        roles.assume(OTHER, "Reader", None, "r1")
    assert error.value.action == "credentials"
    assert "sts:AssumeRole: ExpiredToken: no" in str(error.value)
    assert len(network.sent) == 1, "no other endpoint takes them"


def test_a_role_is_not_blamed_either_where_there_are_no_credentials_at_all(machine: Machine) -> None:
    machine.refuses = (403, "log in")
    with pytest.raises(Denied, match=r"^credentials: .*\(log in\)$"):
        roles.assume(OTHER, "Reader", None, "r1")


def test_on_aws_an_expired_token_is_told_as_ever(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(lent.URL)
    network = Network(expired={"own"})
    with pytest.raises(Denied) as error:
        reader(monkeypatch, network).call("ec2", "DescribeVolumes")
    assert error.value.action == "sts:AssumeRole"
    network.of(account_client("sts"))
    with pytest.raises(Denied, match="ExpiredToken") as error:
        roles.assume(OTHER, "Reader", None, "r1")
    assert error.value.action == "sts:AssumeRole"
    assert machine.asked == []
