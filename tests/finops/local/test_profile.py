"""Which profile is meant, who it is, where it asks, and what of it another process is told."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import Session as Core

from finops.ending import Ending, ExitCode
from finops.local import profile as module
from finops.local.profile import open_profile
from functions.core.aws import lent
from tests.finops.local.profiles import ACCOUNT, ARN, KEY, KEYS, SECRET, SESSION_TOKEN, Configured, configured


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    with configured(tmp_path, monkeypatch) as made:
        made.profile()
        yield made


def refused(name: str = "audit") -> str:
    with pytest.raises(Ending) as caught:
        open_profile(name)
    assert caught.value.code is ExitCode.BAD_INPUT
    return str(caught.value)


def test_a_profile_is_who_aws_says_it_is(aws: Configured) -> None:
    opened = open_profile("audit")
    assert (opened.name, opened.account, opened.arn, opened.region) == ("audit", ACCOUNT, ARN, "us-east-1")
    assert aws.sts.asked == [(KEY, "us-east-1")]


def test_the_keys_of_the_environment_are_not_taken_for_the_profiles(aws: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "ANOTHER")
    monkeypatch.setenv("AWS_PROFILE", "another")
    open_profile("audit")
    assert aws.sts.asked == [(KEY, "us-east-1")]


@pytest.mark.parametrize("region", ["", "eu-west-1"])
@pytest.mark.parametrize(
    ("config", "credentials", "there"),
    [
        ("[profile prod]\n[profile dev]\nregion = eu-west-1\n", "[keys]\naws_access_key_id = x\n", "dev, keys, prod"),
        ("[default]\nregion = eu-west-1\n", "", "default"),
        ("", "", "none: `aws configure sso` or `aws configure` makes one"),
    ],
)
def test_a_profile_that_is_not_there_names_those_that_are(
    aws: Configured, monkeypatch: pytest.MonkeyPatch, config: str, credentials: str, there: str, region: str
) -> None:
    aws.write(config, credentials)
    if region:
        monkeypatch.setenv("AWS_REGION", region)
    assert refused("audti") == f"--profile: there is no profile 'audti' in the AWS configuration; there is: {there}"


@pytest.mark.parametrize(
    ("environment", "own", "named", "region"),
    [
        ({}, "", (), "us-east-1"),
        ({}, "", ("eu-west-1", "eu-west-2"), "eu-west-1"),
        ({}, "region = sa-east-1\n", ("eu-west-1",), "sa-east-1"),
        ({"AWS_REGION": "ap-south-1"}, "region = sa-east-1\n", ("eu-west-1",), "ap-south-1"),
        ({"AWS_REGION": "ap-south-1"}, "", (), "ap-south-1"),
        ({"AWS_REGION": ""}, "region = sa-east-1\n", (), "sa-east-1"),
    ],
)
def test_the_region_is_the_environments_the_profiles_or_the_first_to_be_swept(
    aws: Configured, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], own: str, named: tuple[str, ...], region: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    aws.profile(KEYS + own)
    assert open_profile("audit", named).region == region
    assert aws.sts.asked == [(KEY, region)]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ExpiredToken", "the credentials have expired: log in again (`aws sso login`, or fresh keys) and repeat the command"),
        ("InvalidClientTokenId", "AWS does not accept these credentials (InvalidClientTokenId)"),
        ("SignatureDoesNotMatch", "AWS does not accept these credentials (SignatureDoesNotMatch)"),
        ("AccessDenied", "not allowed to GetCallerIdentity (no)"),
    ],
)
def test_credentials_that_do_not_work_end_it_with_what_to_do(aws: Configured, code: str, advice: str) -> None:
    aws.sts.refusal = code
    assert refused().startswith(f"the profile audit cannot be used: {advice}")


def test_no_network_is_told_from_credentials_that_do_not_work(aws: Configured) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        aws.sts.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        aws.profile()
        assert refused().startswith("the profile audit cannot be used: AWS cannot be reached")


@pytest.mark.parametrize(
    ("lines", "advice"),
    [
        ("", "no AWS credentials"),
        ("aws_access_key_id = x\n", "no AWS credentials"),
        (
            "sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n",
            "the login has expired: log in again",
        ),
        (f"credential_process = {shlex.quote(sys.executable)} -c 'raise SystemExit(\"no card\")'\n", "no card"),
        ("role_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n", "gone"),
    ],
)
def test_a_profile_without_credentials_says_which_are_missing(aws: Configured, lines: str, advice: str) -> None:
    aws.profile(lines)
    said = refused()
    assert said.startswith("the profile audit cannot be used: ")
    assert advice in said
    assert aws.sts.asked == []


def test_a_profile_whose_keys_a_program_gives_is_one_as_any(aws: Configured, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    given = {"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET, "SessionToken": SESSION_TOKEN}
    program.write_text(f"print({json.dumps(given)!r})", encoding="utf-8")
    aws.profile(f"credential_process = {shlex.quote(sys.executable)} {program}\n")
    assert open_profile("audit").arn == ARN


# --- what another process is told -------------------------------------------------------------------------------------------------


def told(aws: Configured, lines: str = KEYS) -> dict[str, str]:
    aws.profile(lines)
    return open_profile("audit").variables()


def test_another_process_is_told_no_credentials(aws: Configured) -> None:
    said = told(aws)
    assert set(said) == {lent.PROFILE, lent.ENDPOINTS, lent.OPTIONS}
    assert (said[lent.PROFILE], said[lent.OPTIONS]) == ("audit", "{}")
    assert [text for text in (KEY, SECRET, SESSION_TOKEN) if text in json.dumps(said)] == []


def test_another_process_reaches_aws_as_the_profile_does(aws: Configured, tmp_path: Path) -> None:
    said = told(aws, f"{KEYS}use_fips_endpoint = true\nuse_dualstack_endpoint = false\nca_bundle = {tmp_path / 'ca.pem'}\n")
    assert json.loads(said[lent.OPTIONS]) == {"use_fips_endpoint": True}
    assert said["AWS_CA_BUNDLE"] == str(tmp_path / "ca.pem")


SECTION = "\n[services mine]\nec2 =\n  endpoint_url = https://ec2.example\ncost_explorer =\n  endpoint_url = https://ce.example\n"
TWO = {"ec2": "https://ec2.example", "ce": "https://ce.example"}


@pytest.mark.parametrize(
    ("lines", "environment", "endpoints"),
    [
        ("", {}, {}),
        ("services = mine\n", {}, TWO),
        ("services = mine\nendpoint_url = https://all.example\n", {}, {"*": "https://all.example", **TWO}),
        ("services = mine\nendpoint_url = https://ec2.example\n", {}, {"*": "https://ec2.example", "ce": "https://ce.example"}),
        ("endpoint_url = https://all.example\n", {}, {"*": "https://all.example"}),
        ("endpoint_url = https://all.example\n", {"AWS_ENDPOINT_URL": "https://env.example"}, {"*": "https://env.example"}),
        ("services = mine\n", {"AWS_ENDPOINT_URL_EC2": "https://env.example"}, {**TWO, "ec2": "https://env.example"}),
        ("services = mine\nignore_configured_endpoint_urls = true\n", {"AWS_ENDPOINT_URL": "https://env.example"}, {}),
    ],
)
def test_where_services_are_answered_is_told_by_botocores_names(
    aws: Configured, monkeypatch: pytest.MonkeyPatch, lines: str, environment: dict[str, str], endpoints: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    aws.write(f"[profile audit]\n{lines}{SECTION}")
    assert module._endpoints(Core(profile="audit")) == endpoints


PROXY, HERE = "http://proxy.example:3128", "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("environment", "proxies"),
    [
        ({}, {}),
        ({"NO_PROXY": "corp.example"}, {}),
        ({"HTTPS_PROXY": PROXY}, {"HTTPS_PROXY": PROXY, "NO_PROXY": HERE}),
        ({"https_proxy": PROXY}, {"HTTPS_PROXY": PROXY, "NO_PROXY": HERE}),
        ({"HTTPS_PROXY": PROXY, "https_proxy": "http://other"}, {"HTTPS_PROXY": PROXY, "NO_PROXY": HERE}),
        (
            {"HTTP_PROXY": PROXY, "https_proxy": PROXY, "no_proxy": "corp.example"},
            {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "NO_PROXY": f"corp.example,{HERE}"},
        ),
    ],
)
def test_a_proxy_of_this_shell_is_used_and_never_for_this_machine(environment: dict[str, str], proxies: dict[str, str]) -> None:
    both = {spelt: value for name, value in proxies.items() for spelt in (name, name.lower())}
    assert module._proxies(environment) == both


def test_the_proxies_are_told_with_the_rest(aws: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    opened = open_profile("audit")
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    said = opened.variables()
    assert (said["HTTPS_PROXY"], said["no_proxy"]) == (PROXY, f"127.0.0.1,{HERE}")
