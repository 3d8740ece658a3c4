"""Fetching metrics: which questions are asked, and whose answer is whose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.core.aws.clients import Aws
from functions.core.errors import Denied
from functions.core.model import Resource
from functions.core.scan import cloudwatch
from functions.core.usage import Dimensions, Metric
from tests.functions.paged import Answers

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


def test_where_nothing_may_be_paid_for_nothing_is_asked_and_every_metric_is_unknown(aws: Aws) -> None:
    many, plain, known = _thing("many", "a b"), _thing("plain"), _thing("known")
    for thing in (plain, known):
        _put(aws, ONE, {"Id": thing.id}, [4])
    cloudwatch.fetch(aws, [(known, ONE, 3)])
    before = dict(aws.meter.calls), aws.meter.metrics
    aws.unpaid = "not asked, because this sweep was to be free"
    cloudwatch.fetch(aws, [(many, EACH, 3), (many, ONE, 3), (plain, ONE, 3), (known, ONE, 30)])
    assert (dict(aws.meter.calls), aws.meter.metrics) == before
    assert many.usage.unknown == {EACH: aws.unpaid, ONE: aws.unpaid}
    assert plain.usage.unknown == known.usage.unknown == {ONE: aws.unpaid}
    assert [ONE in thing.usage for thing in (many, plain, known)] == [False, False, False]


# --- the status of an answer --------------------------------------------------------------------------------------------------------


def _result(query: str, status: str | None = "Complete", values: Sequence[float] = (1,), **more: Any) -> dict[str, Any]:
    times = [NOW - timedelta(days=len(values) - day) for day in range(len(values))]
    said = {} if status is None else {"StatusCode": status}
    return {"Id": query, "Values": list(values), "Timestamps": times, **said, **more}


class Said:
    """CloudWatch that answers with these pages, one after the other; `asked`: the ids of the queries of each request."""

    def __init__(self, aws: Aws, *pages: Mapping[str, Any]) -> None:
        self.aws, self.pages, self.asked = aws, list(pages), list[list[str]]()

    def _next(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append([query["Id"] for query in parameters["MetricDataQueries"]])
        return self.pages.pop(0)

    def fetch(self, *wanted: cloudwatch.Wanted) -> list[list[str]]:
        client = self.aws.client("cloudwatch")
        with Answers({"cloudwatch:GetMetricData": self._next}).taken_by(client, "cloudwatch"):
            cloudwatch.fetch(self.aws, wanted)
        return self.asked


def _page(*results: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"MetricDataResults": list(results), **more}


NOT_COMPLETE = [
    ([_result("q1", "InternalError", ())], "InternalError"),
    ([_result("q1", "InternalError", (), Messages=[{"Code": "InternalError", "Value": "retry"}])], "InternalError (retry)"),
    ([_result("q1", "PartialData", (7,))], "PartialData"),
    ([_result("q1", "Forbidden", ())], "Forbidden"),
    ([_result("q1", "NeverHeardOf", (7,))], "NeverHeardOf"),
    ([_result("q1", None, (7,))], "without a status"),
    ([_result("q1", values=(7, 8), Timestamps=[NOW])], "2 values of 1 moments"),
    ([], "not in the answer"),
]


@pytest.mark.parametrize(("first", "why"), NOT_COMPLETE)
def test_what_is_not_complete_is_asked_for_once_more_and_nothing_else_is(aws: Aws, first: list[dict[str, Any]], why: str) -> None:
    good, odd = _thing("good"), _thing("odd")
    said = Said(aws, _page(_result("q0"), *first), _page(_result("q1", values=(5, 6))))
    assert said.fetch((good, ONE, 3), (odd, ONE, 3)) == [["q0", "q1"], ["q1"]]
    assert (list(good.usage[ONE].values), list(odd.usage[ONE].values)) == ([1], [5, 6]), "nothing of the first answer stays in it"
    assert not odd.usage.unknown
    assert aws.meter.metrics == 3, "each question is billed"


@pytest.mark.parametrize(("again", "why"), NOT_COMPLETE)
def test_what_stays_incomplete_is_unknown_and_has_no_series(aws: Aws, again: list[dict[str, Any]], why: str) -> None:
    good, odd = _thing("good"), _thing("odd")
    said = Said(aws, _page(_result("q0"), _result("q1", "InternalError", (9,))), _page(*again))
    assert len(said.fetch((good, ONE, 3), (odd, ONE, 3))) == 2
    assert odd.usage.unknown == {ONE: why}
    assert ONE not in odd.usage
    assert odd.usage.get(ONE) is None
    with pytest.raises(KeyError):
        odd.usage[ONE]
    assert not good.usage.unknown


def test_a_metric_is_unknown_when_one_of_its_parts_is(aws: Aws) -> None:
    many = _thing("many", "a b c")
    Said(aws, _page(_result("q0"), _result("q2")), _page()).fetch((many, EACH, 3))
    assert many.usage.unknown == {EACH: "not in the answer"}
    assert EACH not in many.usage


def test_what_is_said_of_the_whole_answer_is_the_reason_for_what_is_left_out(aws: Aws) -> None:
    odd = _thing("odd")
    page = _page(Messages=[{"Code": "MaxMetricsExceeded", "Value": "Maximum number of allowed metrics exceeded"}])
    Said(aws, page, page).fetch((odd, ONE, 3))
    assert odd.usage.unknown == {ONE: "not in the answer (Maximum number of allowed metrics exceeded)"}


def test_partial_data_with_a_next_page_has_its_rest_there_and_is_billed_once(aws: Aws) -> None:
    one, two = _thing("one"), _thing("two")
    pages = _page(_result("q0", "PartialData", (1, 2)), _result("q1"), NextToken="2"), _page(_result("q0", values=(3,)))
    assert len(Said(aws, *pages).fetch((one, ONE, 3), (two, ONE, 3))) == 2
    assert list(one.usage[ONE].values) == [1, 2, 3]
    assert aws.meter.metrics == 2


def test_partial_data_whose_next_page_does_not_have_it_is_asked_for_again(aws: Aws) -> None:
    one = _thing("one")
    pages = _page(_result("q0", "PartialData", (1,)), NextToken="2"), _page(), _page(_result("q0", values=(4,)))
    assert len(Said(aws, *pages).fetch((one, ONE, 3))) == 3
    assert list(one.usage[ONE].values) == [4]


def test_a_token_that_leads_to_itself_ends_the_answer(aws: Aws) -> None:
    one = _thing("one")
    page = _page(_result("q0", "PartialData"), NextToken="2")
    Said(aws, page, page, page, page).fetch((one, ONE, 3))
    assert one.usage.unknown == {ONE: "PartialData"}


def test_what_becomes_unknown_later_is_not_judged_by_what_was_known_before(aws: Aws) -> None:
    one = _thing("one")
    Said(aws, _page(_result("q0"))).fetch((one, ONE, 3))
    Said(aws, _page(), _page()).fetch((one, ONE, 9))
    assert (ONE in one.usage, list(one.usage.unknown)) == (False, [ONE])
    Said(aws, _page(_result("q0"))).fetch((one, ONE, 3))
    assert (ONE in one.usage, list(one.usage.unknown)) == (True, [])


@pytest.mark.parametrize("value", ["", None, 7])
def test_a_resource_whose_dimension_has_no_value_costs_itself_and_not_the_call(aws: Aws, value: Any) -> None:
    odd, good = _thing("odd"), _thing("good")
    metric = Metric("Test", "Load", "Maximum", lambda thing: {"Id": value if thing.id == "odd" else thing.id})
    assert Said(aws, _page(_result("q0"))).fetch((odd, metric, 3), (good, metric, 3)) == [["q0"]]
    assert odd.usage.unknown == {metric: f"dimensions: ValueError: Id is {value!r}"}
    assert list(good.usage[metric].values) == [1]


def test_credentials_that_expire_between_two_batches_are_renewed(aws: Aws) -> None:
    client = aws.client("cloudwatch")
    renewed: list[int] = []

    def renew() -> boto3.Session:
        renewed.append(1)
        return aws.session

    aws.renew = renew
    with Stubber(client) as stub:
        stub.add_client_error("get_metric_data", "ExpiredToken", "The security token included in the request is expired")
        cloudwatch.fetch(aws, [(_thing("plain"), ONE, 3)])
    assert renewed == [1]


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
