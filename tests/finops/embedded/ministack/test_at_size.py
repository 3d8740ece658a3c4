"""Metrics asked over HTTP as the scanners ask, and that no request looks at more than it has to.

The assertions on ministack's source say what it does itself: when one of them fails with a newer ministack, our correction can go.
"""

from __future__ import annotations

import gc
import inspect
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.core import iam_actions
from ministack.core.responses import AccountRegionScopedDict, set_request_account_id, set_request_region
from ministack.services import cloudwatch

from finops.embedded import servers
from finops.embedded.aws import ACCOUNTS, REGIONS, EmbeddedAws
from finops.embedded.ministack import at_size as ministack_at_size

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
PUT = [("CPUUtilization", "i-1"), ("CPUUtilization", "i-2"), ("NetworkIn", "i-1")]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with servers.running(ACCOUNTS[0], REGIONS[0]) as ours:
        yield EmbeddedAws(ours)


def test_metrics_are_found_by_what_is_asked_for_and_by_nothing_else(aws: EmbeddedAws) -> None:
    here, there = aws.client("cloudwatch"), aws.client("cloudwatch", region=REGIONS[1])
    for client, value in ((here, 1.0), (there, 7.0)):
        points = [datum(name, instance, value + offset) for offset, (name, instance) in enumerate(PUT)]
        client.put_metric_data(Namespace="AWS/EC2", MetricData=points)
    assert asked(here, [("CPUUtilization", "i-1"), ("NetworkIn", "i-1"), ("CPUUtilization", "i-3")]) == [[1.0], [3.0], []]
    assert asked(here, [("CPUUtilization", "i-9"), ("CPUUtilization", "i-2"), ("CPUUtilization", "i-2")]) == [[], [2.0], [2.0]]
    assert asked(there, [("CPUUtilization", "i-2")]) == [[8.0]]
    assert asked(aws.client("cloudwatch", ACCOUNTS[1]), [("CPUUtilization", "i-2")]) == [[]]
    assert sorted(asked(here, [("CPUUtilization", None)])[0]) == [3.0], "without dimensions: all of them, added up"


def datum(name: str, instance: str, value: float) -> dict[str, Any]:
    return {"MetricName": name, "Dimensions": [{"Name": "InstanceId", "Value": instance}], "Timestamp": NOON, "Value": value}


def asked(client: Any, metrics: Sequence[tuple[str, str | None]]) -> list[list[float]]:
    """The values of each metric on the day of NOON."""
    answer = client.get_metric_data(
        MetricDataQueries=queries(metrics), StartTime=NOON - timedelta(hours=12), EndTime=NOON + timedelta(hours=12)
    )
    return [result["Values"] for result in answer["MetricDataResults"]]


def queries(metrics: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    made = []
    for index, (name, instance) in enumerate(metrics):
        dimensions = [{"Name": "InstanceId", "Value": instance}] if instance else []
        metric = {"Namespace": "AWS/EC2", "MetricName": name, "Dimensions": dimensions}
        made.append({"Id": f"q{index}", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Sum"}})
    return made


def test_a_query_looks_at_no_other_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ministack_at_size.Metrics()
    monkeypatch.setattr(cloudwatch, "_metrics", store)
    for instance in range(100):
        store["AWS/EC2", "CPUUtilization", f"InstanceId=i-{instance}"] = [{"Timestamp": NOON.timestamp(), "Value": float(instance)}]

    def walked(self: Any) -> Any:
        raise AssertionError("every metric is looked at")

    monkeypatch.setattr(AccountRegionScopedDict, "items", walked)
    question = {"MetricDataQueries": queries([("CPUUtilization", "i-7"), ("CPUUtilization", "i-100"), ("CPUUtilization", "i-8")])}
    _, _, body = ministack_at_size.get_metric_data({}, question, is_cbor=False, is_json=True)
    assert body.decode().count('"Values": [7.0]') == body.decode().count('"Values": [8.0]') == body.decode().count('"Values": []') == 1
    with pytest.raises(AssertionError, match="every metric"):
        ministack_at_size.get_metric_data({}, {"MetricDataQueries": queries([("CPUUtilization", None)])}, is_cbor=False, is_json=True)
    assert "in _metrics.items()" in inspect.getsource(cloudwatch._get_metric_data)


def test_old_points_are_forgotten_once_a_minute_in_each_account_and_region(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[tuple[str, str]] = []
    now = [1_000.0]

    def forget() -> None:
        forgotten.append((cloudwatch.get_account_id(), cloudwatch.get_region()))

    monkeypatch.setattr(ministack_at_size, "_forget_old_points", forget)
    monkeypatch.setattr(ministack_at_size, "_forgot", {})
    monkeypatch.setattr(ministack_at_size, "time", SimpleNamespace(monotonic=lambda: now[0]))
    scopes = [(ACCOUNTS[0], REGIONS[0]), (ACCOUNTS[0], REGIONS[1]), (ACCOUNTS[1], REGIONS[0])]
    for seconds in (0, 1, 59):
        now[0] = 1_000.0 + seconds
        for scope in scopes:
            look_as(*scope)
            ministack_at_size.forget_old_points()
    assert forgotten == scopes
    now[0] = 1_060.0
    ministack_at_size.forget_old_points()
    assert forgotten == [*scopes, scopes[-1]]
    assert "\n    _evict_old_metrics()\n" in inspect.getsource(cloudwatch.handle_request)


def test_a_body_is_read_only_for_a_name_that_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"AlarmName": "high", "Empty": null}'
    for field in ("AlarmName", "Empty", "Other", ""):
        assert ministack_at_size.json_field(body, field) == ministack_at_size._json_field(body, field)
    assert ministack_at_size.json_field(b"", "AlarmName") == ministack_at_size._json_field(b"", "AlarmName") == ""
    monkeypatch.setattr(ministack_at_size, "_json_field", lambda *_: pytest.fail("it was read"))
    assert ministack_at_size.json_field(body, "Other") == ""
    assert "json.loads(body).get(field" in inspect.getsource(iam_actions)


def test_a_moment_is_written_and_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[float] = []
    iso = cloudwatch._ts_iso
    monkeypatch.setattr(cloudwatch, "_ts_iso", lambda epoch: written.append(epoch) or iso(epoch))  # type: ignore[func-returns-value]
    for name in ("_json_timestamp", "_metrics", "_get_metric_data", "_evict_old_metrics"):
        monkeypatch.setattr(cloudwatch, name, getattr(cloudwatch, name))
    monkeypatch.setattr(iam_actions, "_safe_json_field", iam_actions._safe_json_field)
    monkeypatch.setattr(gc, "set_threshold", lambda *given: None)
    ministack_at_size.put_right()
    for instance in ("i-1", "i-2"):
        key = ("AWS/EC2", "CPUUtilization", f"InstanceId={instance}")
        cloudwatch._metrics[key] = [{"Timestamp": (NOON - timedelta(days=day)).timestamp(), "Value": float(day)} for day in range(3)]
    question = {"MetricDataQueries": queries([("CPUUtilization", "i-1"), ("CPUUtilization", "i-2")])}
    _, _, body = cloudwatch._get_metric_data({}, question, is_cbor=False, is_json=True)
    midnight = NOON - timedelta(hours=12)
    moments = [int((midnight - timedelta(days=day)).timestamp()) for day in (2, 1, 0)]
    assert [result["Timestamps"] for result in json.loads(body)["MetricDataResults"]] == [moments, moments]
    assert written == moments
    assert "_parse_ts(value)" in inspect.getsource(cloudwatch._json_timestamp.__wrapped__)


def test_all_of_it_is_put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    thresholds: list[tuple[int, ...]] = []
    monkeypatch.setattr(gc, "set_threshold", lambda *given: thresholds.append(given))
    for name in ("_metrics", "_get_metric_data", "_evict_old_metrics"):
        monkeypatch.setattr(cloudwatch, name, None)
    for name in ("_ts_iso", "_json_timestamp"):
        monkeypatch.setattr(cloudwatch, name, getattr(cloudwatch, name))
    monkeypatch.setattr(iam_actions, "_safe_json_field", None)
    ministack_at_size.put_right()
    assert iam_actions._safe_json_field is ministack_at_size.json_field
    assert isinstance(cloudwatch._metrics, ministack_at_size.Metrics)
    assert cloudwatch._get_metric_data is ministack_at_size.get_metric_data
    assert cloudwatch._evict_old_metrics is ministack_at_size.forget_old_points
    assert [given > ours for given, ours in zip(thresholds[0], gc.get_threshold(), strict=True)] == [True, True, True]


def look_as(account: str, region: str) -> None:
    set_request_account_id(account)
    set_request_region(region)
