"""Which bootstrap the CDK deploys with, and whether it is there."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from cdk_app.settings.settings import InvalidContext
from finops.readiness import cdk_bootstrap
from finops.readiness.points import Status
from tests.finops.asked_functions import refusal

ACCOUNT, REGION = "123456789012", "eu-west-1"
KEY = "@aws-cdk/core:bootstrapQualifier"


@pytest.mark.parametrize(
    ("context", "more", "qualifier"),
    [
        ({}, [], "hnb659fds"),
        ({KEY: "platform"}, [], "platform"),
        ({KEY: "platform"}, ["-c", f"{KEY}=other"], "other"),
        ({}, ["--require-approval", "never", "--context", f"{KEY}=other"], "other"),
        ({}, [f"--context={KEY}=one", "-c", "more=x", "-c", f"{KEY}=two"], "two"),
        ({KEY: "platform"}, ["-c"], "platform"),
    ],
)
def test_the_qualifier_is_the_cdks_own_setting(context: dict[str, Any], more: list[str], qualifier: str) -> None:
    assert cdk_bootstrap.qualifier({**context, **dict(cdk_bootstrap.given_context(more))}) == qualifier


@pytest.mark.parametrize("value", ["", "longer-than-ten", "a b", 7, None])
def test_what_is_no_qualifier_is_refused_by_its_key(value: Any) -> None:
    with pytest.raises(InvalidContext, match=f'context "{KEY}": must be 1 to 10 letters'):
        cdk_bootstrap.qualifier({KEY: value})


@pytest.mark.parametrize(
    ("qualifier", "more", "arguments"),
    [
        ("hnb659fds", [], []),
        ("plat_form", [], ["--toolkit-stack-name", "CDKToolkit-plat-form"]),
        ("platform", ["--toolkit-stack-name", "Ours"], []),
        ("platform", ["--toolkit-stack-name=Ours"], []),
    ],
)
def test_another_bootstrap_has_a_stack_of_its_own(qualifier: str, more: list[str], arguments: list[str]) -> None:
    """Else the usual one would be renamed, and whoever deploys with it would find it gone."""
    assert cdk_bootstrap.toolkit(qualifier, more) == arguments


@pytest.mark.parametrize(("asked", "status"), [("platform", Status.OK), ("hnb659fds", Status.MISSING)])
def test_the_version_of_that_qualifier_is_looked_for(asked: str, status: Status) -> None:
    with mock_aws():
        session = boto3.Session(region_name=REGION)
        session.client("ssm").put_parameter(Name="/cdk-bootstrap/platform/version", Value="30", Type="String")
        point = cdk_bootstrap.point(session, ACCOUNT, REGION, asked)
    assert point.status is status
    assert ("with the qualifier platform" in point.seen) == (asked == "platform")


def test_who_may_not_look_may_deploy_with_the_roles_of_cdk(monkeypatch: pytest.MonkeyPatch) -> None:
    session = boto3.Session(region_name=REGION)
    client = session.client("ssm")

    def refuse(**_: str) -> None:
        raise refusal("AccessDeniedException", "GetParameter")

    monkeypatch.setattr(client, "get_parameter", refuse)
    monkeypatch.setattr(session, "client", lambda name: client)
    point = cdk_bootstrap.point(session, ACCOUNT, REGION, "hnb659fds")
    assert (point.status, "ssm:GetParameter is denied to you" in point.seen) == (Status.TO_KNOW, True)
