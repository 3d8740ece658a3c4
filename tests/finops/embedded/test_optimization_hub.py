"""Our Cost Optimization Hub on a port of this machine, asked through boto3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.serving import make_server

from finops.embedded.optimization_hub import HubControl, OptimizationHub
from finops.embedded.side_server import ByAccount

ACCOUNT, OTHER = "111111111111", "222222222222"


def handed_on(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """What stands for moto."""
    start_response("418 I'm a teapot", [("Content-Type", "text/plain")])
    return [b"moto"]


class Served:
    """The Hub behind an endpoint, with clients and its control."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint, self.control = endpoint, HubControl(endpoint)

    def client(self, service: str = "cost-optimization-hub", account: str = ACCOUNT, region: str = "us-east-1") -> Any:
        return boto3.client(  # type: ignore[call-overload]  # the service's name is data
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="x",
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )

    def listed(self, **given: Any) -> list[str]:
        pages = self.client(account=given.pop("account", ACCOUNT)).get_paginator("list_recommendations").paginate(**given)
        return [item["recommendationId"] for page in pages for item in page["items"]]


@pytest.fixture
def served() -> Iterator[Served]:
    application = ByAccount(OptimizationHub(handed_on), lambda key: key)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()


def item(name: str, region: str = "us-east-1", **other: Any) -> dict[str, Any]:
    return {"recommendationId": name, "accountId": ACCOUNT, "region": region, "actionType": "Delete", "lastRefreshTimestamp": 1.0, **other}


def test_an_account_is_enrolled_with_nothing_to_say_until_it_is_told_otherwise(served: Served) -> None:
    assert served.client().list_enrollment_statuses()["items"] == [{"status": "Active"}]
    assert served.client("compute-optimizer").get_enrollment_status()["status"] == "Active"
    assert served.client().get_preferences()["savingsEstimationMode"] == "AfterDiscounts"
    assert served.listed() == []
    served.control.enrol(ACCOUNT, hub="Inactive", optimizer="Inactive", mode="BeforeDiscounts")
    assert served.client().list_enrollment_statuses()["items"] == [{"status": "Inactive"}]
    assert served.client("compute-optimizer").get_enrollment_status()["status"] == "Inactive"
    assert served.client().get_preferences()["savingsEstimationMode"] == "BeforeDiscounts"
    assert served.client(account=OTHER).list_enrollment_statuses()["items"] == [{"status": "Active"}]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        served.listed()


def test_each_account_has_its_own_recommendations_in_pages_as_it_filters_them(served: Served) -> None:
    for number in range(5):
        served.control.recommend(ACCOUNT, item(f"r{number}", region="us-west-2" if number > 2 else "us-east-1"))
    served.control.recommend(OTHER, item("theirs"))
    served.control.page_size(2)
    assert served.listed() == ["r0", "r1", "r2", "r3", "r4"]
    assert served.listed(account=OTHER) == ["theirs"]
    assert served.listed(filter={"regions": ["us-west-2"], "accountIds": [ACCOUNT]}) == ["r3", "r4"]
    assert served.listed(filter={"actionTypes": ["Stop"]}) == []


def test_elsewhere_there_is_nothing(served: Served) -> None:
    served.control.recommend(ACCOUNT, item("one"))
    assert served.client(region="eu-west-1").list_recommendations()["items"] == []


def test_one_recommendation_has_its_costs_and_one_that_is_not_there_is_refused(served: Served) -> None:
    pricing = {"estimatedCostBeforeDiscounts": 2.0, "estimatedCostAfterDiscounts": 1.0}
    costs = {"currentResourceDetails": {"ebsVolume": {"costCalculation": {"pricing": pricing}}}}
    served.control.recommend(ACCOUNT, item("one"), costs)
    found = served.client().get_recommendation(recommendationId="one")
    assert found["currentResourceDetails"]["ebsVolume"]["costCalculation"]["pricing"] == pricing
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        served.client().get_recommendation(recommendationId="two")


def test_what_it_does_not_know_is_handed_on(served: Served) -> None:
    with pytest.raises(ClientError, match="418"):
        served.client().list_recommendation_summaries(groupBy="Region")
