"""SendEmail is allowed by the sender's identity and address, as a role of ours names them; ministack alone would refuse it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from ministack.core import iam_actions

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws

SENDER, OTHER = "finops@example.com", "somebody@example.com"
IDENTITY = f"arn:aws:ses:{REGIONS[0]}:{ACCOUNTS[0]}:identity/{SENDER}"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def sender(aws: EmbeddedAws, role: str, **statement: Any) -> Any:
    """A client with a role that has one statement."""
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS[0]}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    allow = {"Effect": "Allow", "Action": "ses:SendEmail", **statement}
    iam.put_role_policy(RoleName=role, PolicyName="send", PolicyDocument=json.dumps({"Statement": [allow]}))
    credentials = aws.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNTS[0]}:role/{role}", RoleSessionName="mail")["Credentials"]
    return boto3.client(
        "sesv2",
        region_name=REGIONS[0],
        endpoint_url=aws.endpoint,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def send(client: Any, address: str) -> Any:
    return client.send_email(
        FromEmailAddress=address,
        Destination={"ToAddresses": ["ops@example.org"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    )


def test_the_senders_identity_and_address_decide(aws: EmbeddedAws) -> None:
    for address in (SENDER, OTHER):
        aws.client("ses").verify_email_identity(EmailAddress=address)
    condition = {"StringEquals": {"ses:FromAddress": SENDER}}
    ours = sender(aws, "one-sender", Resource=IDENTITY, Condition=condition)
    assert send(ours, SENDER)["MessageId"]
    with pytest.raises(ClientError, match=r"AccessDenied.*ses:SendEmail"):
        send(ours, OTHER)
    anybody = sender(aws, "any-identity", Resource="*", Condition=condition)
    assert send(anybody, SENDER)["MessageId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        send(anybody, OTHER)


def test_so_does_the_configuration_set_that_it_goes_through(aws: EmbeddedAws) -> None:
    aws.client("ses").verify_email_identity(EmailAddress=SENDER)
    sesv2 = aws.client("sesv2")
    sesv2.create_configuration_set(ConfigurationSetName="house-rules")
    arn = IDENTITY.replace(f"identity/{SENDER}", "configuration-set/house-rules")
    alone, both = sender(aws, "no-set", Resource=IDENTITY), sender(aws, "with-set", Resource=[IDENTITY, arn])
    assert send(alone, SENDER)["MessageId"]
    sesv2.put_email_identity_configuration_set_attributes(EmailIdentity=SENDER, ConfigurationSetName="house-rules")
    with pytest.raises(ClientError, match=r"ses:SendEmail.*configuration-set/house-rules"):
        send(alone, SENDER)
    assert send(both, SENDER)["MessageId"]
    sesv2.put_email_identity_configuration_set_attributes(EmailIdentity=SENDER)
    assert send(alone, SENDER)["MessageId"]


def test_other_requests_are_asked_about_as_before(aws: EmbeddedAws) -> None:
    ours = sender(aws, "only-sends", Resource=IDENTITY)
    with pytest.raises(ClientError, match="ses:GetAccount"):
        ours.get_account()


def test_ministack_itself_knows_neither() -> None:
    assert iam_actions._ses_v2_resource_arn("POST", "/v2/email/outbound-emails", b'{"FromEmailAddress": "a@b.co"}', "r", "1") == "*"
    assert "FromAddress" not in inspect.getsource(iam_actions)
