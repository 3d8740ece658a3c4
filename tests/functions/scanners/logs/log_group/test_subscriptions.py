"""Who subscribes to log groups: of the account, of a group, or nobody lets us know."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from functions.core.services import services
from functions.scanners.logs.log_group.subscriptions import Subscriptions
from functions.scanners.logs.service import OF_ALL
from tests.functions.scanners.logs.samples import aws
from tests.recorded import reply

FILTERS = reply("test_log_group_subscription_filter", "logs.DescribeSubscriptionFilters_1")
POLICY = {"policyName": "all", "policyType": OF_ALL, "scope": "ALL"}


@pytest.mark.parametrize(("answer", "subscribed"), [(FILTERS, True), ({"subscriptionFilters": []}, False), ({}, False)])
def test_a_group_is_asked_and_the_account_only_once(answer: dict[str, Any], subscribed: bool) -> None:
    subscriptions = Subscriptions(aws())
    with Stubber(subscriptions.aws.client("logs")) as logs:
        logs.add_response("describe_account_policies", {"accountPolicies": []}, {"policyType": OF_ALL})
        for name in ("a", "b"):
            logs.add_response("describe_subscription_filters", answer, {"logGroupName": name})
        assert [subscriptions.to("a"), subscriptions.to("b")] == [subscribed] * 2
        logs.assert_no_pending_responses()


def test_a_policy_of_the_account_subscribes_to_all_of_them() -> None:
    subscriptions = Subscriptions(aws())
    with Stubber(subscriptions.aws.client("logs")) as logs:
        logs.add_response("describe_account_policies", {"accountPolicies": [POLICY]}, {"policyType": OF_ALL})
        assert [subscriptions.to("a"), subscriptions.to("b")] == [True, True]


@pytest.mark.parametrize("operation", ["describe_account_policies", "describe_subscription_filters"])
def test_where_it_is_refused_nothing_is_known_and_nothing_more_is_asked(operation: str) -> None:
    subscriptions = Subscriptions(aws())
    with Stubber(subscriptions.aws.client("logs")) as logs:
        if operation != "describe_account_policies":
            logs.add_response("describe_account_policies", {"accountPolicies": []})
        logs.add_client_error(operation, "AccessDeniedException", http_status_code=400)
        assert [subscriptions.to("a"), subscriptions.to("b")] == [None, None]
    refused = subscriptions.aws.refused
    assert refused is not None
    assert operation.replace("_", "") in str(refused).lower()


def test_a_group_that_was_deleted_since_has_no_subscriber_and_no_such_policies_are_none() -> None:
    services()  # their cards know what is gone
    subscriptions = Subscriptions(aws())
    with Stubber(subscriptions.aws.client("logs")) as logs:
        logs.add_client_error("describe_account_policies", "UnknownOperationException", http_status_code=400)
        logs.add_client_error("describe_subscription_filters", "ResourceNotFoundException", http_status_code=400)
        assert subscriptions.to("a") is False
        assert subscriptions.of_all is False
