"""Many points at once are those that put_metric_data of boto3 puts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.metrics import NotTaken

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
NAME, DIMENSIONS = "VolumeIdleTime", [{"Name": "VolumeId", "Value": 'vol-"é"'}]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def point(hour: int, value: float) -> dict[str, Any]:
    return {"MetricName": NAME, "Dimensions": DIMENSIONS, "Timestamp": NOON - timedelta(hours=hour), "Value": value}


def put_with_boto3(aws: EmbeddedAws, namespace: str, points: list[dict[str, Any]]) -> None:
    aws.client("cloudwatch", ACCOUNTS[1], REGIONS[1]).put_metric_data(Namespace=namespace, MetricData=points)


def put_at_once(aws: EmbeddedAws, namespace: str, points: list[dict[str, Any]]) -> None:
    aws.metrics.put(ACCOUNTS[1], REGIONS[1], namespace, points)


def read(aws: EmbeddedAws, namespace: str, account: str, region: str) -> dict[datetime, float]:
    answer = aws.client("cloudwatch", account, region).get_metric_data(
        MetricDataQueries=[
            {
                "Id": "q",
                "MetricStat": {
                    "Metric": {"Namespace": namespace, "MetricName": NAME, "Dimensions": DIMENSIONS},
                    "Period": 3_600,
                    "Stat": "Sum",
                },
            }
        ],
        StartTime=NOON - timedelta(days=2),
        EndTime=NOON + timedelta(days=1),
    )
    (found,) = answer["MetricDataResults"]
    return dict(zip(found["Timestamps"], found["Values"], strict=True))


def test_they_are_there_where_they_were_put_and_the_same(aws: EmbeddedAws) -> None:
    points = [point(hour, hour / 7) for hour in range(1, 31)]
    put_with_boto3(aws, "Boto3", points)
    put_at_once(aws, "AtOnce", points)
    found = read(aws, "AtOnce", ACCOUNTS[1], REGIONS[1])
    assert found == read(aws, "Boto3", ACCOUNTS[1], REGIONS[1])
    assert len(found) == len(points)
    assert read(aws, "AtOnce", ACCOUNTS[1], REGIONS[0]) == read(aws, "AtOnce", ACCOUNTS[0], REGIONS[1]) == {}


def test_what_is_not_taken_is_an_error(aws: EmbeddedAws) -> None:
    with pytest.raises(NotTaken, match=r"500: .*could not convert string to float"):
        put_at_once(aws, "Wrong", [{**point(1, 1.0), "Value": "much"}])
