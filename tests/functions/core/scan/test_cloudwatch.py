"""Fetching metrics: which questions are asked, and whose answer is whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.model import Resource
from functions.core.scan import cloudwatch
from functions.core.usage import Dimensions, Metric

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def _parts(resource: Resource) -> Sequence[Dimensions]:
    return [{"Id": resource.id, "Part": part} for part in resource.name.split()]


ONE = Metric("Test", "Load", "Maximum", lambda resource: {"Id": resource.id})
EACH = Metric("Test", "PartLoad", "Maximum", _parts)


@pytest.fixture
def aws() -> Iterator[Aws]:
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name="us-east-1")
        yield Aws("111122223333", "us-east-1", session, NOW)


def _thing(name: str, parts: str = "") -> Resource:
    return Resource(arn=f"arn:{name}", id=name, account="111122223333", region="us-east-1", name=parts)


def _put(aws: Aws, metric: Metric, dimensions: Dimensions, values: Sequence[float]) -> None:
    """One value a day, the last of them yesterday."""
    data = [
        {
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Timestamp": NOW - timedelta(days=len(values) - day),
            "Value": value,
        }
        for day, value in enumerate(values)
    ]
    aws.session.client("cloudwatch").put_metric_data(Namespace=metric.namespace, MetricData=data)


def test_each_part_of_a_resource_gets_its_own_series_in_order(aws: Aws) -> None:
    many, none, plain = _thing("many", "a b c"), _thing("none"), _thing("plain")
    _put(aws, EACH, {"Id": "many", "Part": "a"}, [1, 2])
    _put(aws, EACH, {"Id": "many", "Part": "c"}, [3])
    _put(aws, ONE, {"Id": "plain"}, [4, 5, 6])
    cloudwatch.fetch(aws, [(many, EACH, 3), (none, EACH, 3), (plain, ONE, 3)])
    assert [list(series.values) for series in many.usage.each(EACH)] == [[1, 2], [], [3]]
    assert EACH in none.usage
    assert none.usage.each(EACH) == ()
    assert list(plain.usage[ONE].values) == [4, 5, 6]
    assert plain.usage.each(ONE) == (plain.usage[ONE],)
    with pytest.raises(KeyError, match="PartLoad has 3 series"):
        many.usage[EACH]


def test_a_resource_without_the_metric_costs_no_request(aws: Aws) -> None:
    none = _thing("none")
    cloudwatch.fetch(aws, [(none, EACH, 3)])
    assert EACH in none.usage
    assert not aws.meter.calls


@pytest.mark.parametrize(("resources", "calls"), [(249, 1), (250, 1), (251, 2)])
def test_five_hundred_questions_make_one_request(aws: Aws, resources: int, calls: int) -> None:
    things = [_thing(f"t{number}", "a b") for number in range(resources)]
    _put(aws, EACH, {"Id": f"t{resources - 1}", "Part": "b"}, [7])
    cloudwatch.fetch(aws, [(thing, EACH, 3) for thing in things])
    assert aws.meter.calls == {"cloudwatch:GetMetricData": calls}
    assert aws.meter.metrics == 2 * resources
    assert [[list(series.values) for series in thing.usage.each(EACH)] for thing in things[:-1]] == [[[], []]] * (resources - 1)
    assert [list(series.values) for series in things[-1].usage.each(EACH)] == [[], [7]]


def test_up_to_five_statistics_of_a_metric_are_billed_as_one() -> None:
    def asked(stat: str, part: str = "a", name: str = "Load") -> cloudwatch.Query:
        return Metric("Ours", name, stat, lambda _: {}), {"Part": part}

    assert cloudwatch.billed([]) == 0
    assert cloudwatch.billed([asked("Sum"), asked("Sum", "b"), asked("Sum", name="Other")]) == 3
    assert cloudwatch.billed([asked(stat) for stat in ("Sum", "Maximum", "p95", "p99", "Average")]) == 1
    assert cloudwatch.billed([asked(stat) for stat in ("Sum", "Maximum", "p95", "p99", "Average", "Minimum")]) == 2


@pytest.mark.parametrize(("days", "calls"), [(8, 1), (9, 2)])
def test_no_call_asks_for_more_datapoints_than_fit_into_one_page(aws: Aws, days: int, calls: int) -> None:
    """500 metrics over 8 days of hours are 96,000 datapoints, over 9 days 108,000."""
    hourly = Metric("Ours", "Hourly", "Sum", lambda thing: {"Id": thing.id}, period=3_600)
    things = [_thing(f"t{number}") for number in range(500)]
    cloudwatch.fetch(aws, [(thing, hourly, days) for thing in things])
    assert aws.meter.calls == {"cloudwatch:GetMetricData": calls}
    assert aws.meter.metrics == 500


def test_what_was_refused_is_not_billed(aws: Aws) -> None:
    with Stubber(aws.client("cloudwatch")) as stub:
        stub.add_client_error("get_metric_data", "AccessDenied", "no")
        with pytest.raises(Denied):
            cloudwatch.fetch(aws, [(_thing("plain"), ONE, 3)])
    assert aws.meter.metrics == 0


@pytest.mark.parametrize("as_of", ["2026-06-01T12:00:00+00:00", "2026-06-01T12:59:59.999+00:00", "2026-06-01T18:00:00+05:30"])
@pytest.mark.parametrize("days", [1, 7, 90])
def test_the_window_ends_with_the_last_full_hour_and_not_at_midnight(as_of: str, days: int) -> None:
    """What came back into use this morning is in use; a sweep of the same hour asks the very same."""
    end = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert cloudwatch.window(datetime.fromisoformat(as_of), days) == (end - timedelta(days=days), end)


def test_what_was_used_since_midnight_is_seen(aws: Aws) -> None:
    """One datapoint more than by UTC days would be another question; 14 days of 24 hours are 14 datapoints still."""
    used = _thing("used")
    dimensions = [{"Name": "Id", "Value": "used"}]
    data = [{"MetricName": "Load", "Dimensions": dimensions, "Timestamp": NOW - timedelta(minutes=1), "Value": 9.0}]
    aws.session.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=data)
    cloudwatch.fetch(aws, [(used, ONE, 14)])
    series = used.usage[ONE]
    assert (list(series.values), series.expected) == ([9.0], 14)
    assert series.silent_since == NOW
    assert aws.meter.metrics == 1
