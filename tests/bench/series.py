"""A unit of 1,000 instances whose CPU is read in full: `python -m tests.bench.series worst`.

AWS's answers are made here and given to the real boto3 clients where they would send, so that all of botocore's parsing is measured, and
nothing waits for a network. Every instance has two weeks of CPU maxima; `worst`: of each the hours leave open whether a smaller type
would do, so that its 4,032 five-minute maxima are read too. `typical`: of every tenth; a third are too busy by their hours, and the rest
fits by them.

The last line is JSON: CPU seconds of this process, its largest resident set in MiB, datapoints, requests, and findings.
"""

from __future__ import annotations

import json
import resource
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS

from functions.core.aws import sessions
from functions.core.aws.clients import Aws
from functions.core.model import Finding, Unit, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from tests.bench.folder_s3 import answered

ACCOUNT, REGION, TYPE = "123456789012", "us-east-1", "ec2:instance"
AS_OF = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
INSTANCES = 1_000
KINDS = ("worst", "typical")
GOAL_SECONDS = 70.0
"""CPU seconds of a unit: what a function has, with room for a slower CPU."""
HOUR = 3_600
QUIET, OPEN, BUSY = 4.0, 30.0, 90.0
"""Percent: on a fourth of the vCPUs the first fits, and the others do not."""
BURSTS = 5
"""Hours of a week above the rest: more than the hours may have, fewer than the five-minute maxima may."""
SIZES = (("xlarge", 4), ("2xlarge", 8))


def answer(request: AWSPreparedRequest, event_name: str = "", **_: Any) -> AWSResponse:
    """What botocore takes for the answer of the network."""
    operation = event_name.rpartition(".")[2]
    asked[operation] += 1
    given: Any = request.body
    body = given.encode() if isinstance(given, str) else bytes(given)
    return answered(request, 200, _metric_data(body) if operation == "GetMetricData" else ANSWERS[operation](body).encode())


asked: Counter[str] = Counter()
"""Requests by operation, and datapoints that were given."""


def _instances(body: bytes) -> str:
    item = (
        "<item><instancesSet><item><instanceId>i-{:05}</instanceId><imageId>ami-1</imageId><instanceState><code>16</code>"
        "<name>running</name></instanceState><instanceType>m5.2xlarge</instanceType><launchTime>2026-01-01T00:00:00.000Z</launchTime>"
        "<placement><availabilityZone>us-east-1a</availabilityZone><tenancy>default</tenancy></placement><architecture>x86_64</architecture>"
        "<platformDetails>Linux/UNIX</platformDetails><usageOperation>RunInstances</usageOperation><rootDeviceType>ebs</rootDeviceType>"
        "<enaSupport>true</enaSupport><virtualizationType>hvm</virtualizationType></item></instancesSet></item>"
    )
    return _listed("DescribeInstances", "reservationSet", "".join(map(item.format, range(instances))))


def _types(body: bytes) -> str:
    item = (
        "<item><instanceType>m5.{}</instanceType><vCpuInfo><defaultVCpus>{}</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>{}</sizeInMiB>"
        "</memoryInfo><networkInfo><maximumNetworkInterfaces>4</maximumNetworkInterfaces></networkInfo></item>"
    )
    return _listed("DescribeInstanceTypes", "instanceTypeSet", "".join(item.format(size, vcpus, vcpus * 4096) for size, vcpus in SIZES))


def _offerings(body: bytes) -> str:
    types = (name for key, (name,) in parse_qs(body.decode()).items() if key.startswith("Filter.1.Value."))
    item = "<item><instanceType>{}</instanceType><location>us-east-1a</location></item>"
    return _listed("DescribeInstanceTypeOfferings", "instanceTypeOfferingSet", "".join(map(item.format, types)))


def _listed(operation: str, name: str, items: str) -> str:
    return f"<{operation}Response><{name}>{items}</{name}></{operation}Response>"


ANSWERS: dict[str, Callable[[bytes], str]] = {
    "DescribeInstances": _instances,
    "DescribeAddresses": lambda body: _listed("DescribeAddresses", "addressesSet", ""),
    "DescribeInstanceTypes": _types,
    "DescribeInstanceTypeOfferings": _offerings,
}


def _metric_data(body: bytes) -> bytes:
    """In JSON, which boto3 asks for; times are seconds since 1970."""
    given = json.loads(body)
    results = ",".join(_result(query, given["StartTime"], given["EndTime"]) for query in given["MetricDataQueries"])
    return f'{{"MetricDataResults":[{results}]}}'.encode()


def _result(query: dict[str, Any], start: float, end: float) -> str:
    stat = query["MetricStat"]
    namespace, name, period = stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], stat["Period"]
    count = 0 if namespace == "CWAgent" else int(end - start) // period
    instance = next(one["Value"] for one in stat["Metric"]["Dimensions"] if one["Name"] == "InstanceId")
    values = _values(count, _kind(int(instance.removeprefix("i-")))) if name == "CPUUtilization" else _values(count, QUIET)
    asked["datapoints"] += count
    times = _times(start, period, count)
    return f'{{"Id":"{query["Id"]}","Label":"{name}","StatusCode":"Complete","Timestamps":{times},"Values":{values}}}'


def _kind(number: int) -> float:
    """How busy the nth instance is."""
    if worst:
        return OPEN
    return OPEN if number % 10 == 0 else BUSY if number % 3 == 0 else QUIET


worst, instances = False, INSTANCES


@lru_cache
def _times(start: float, period: int, count: int) -> str:
    return json.dumps([start + period * point for point in range(count)])


@lru_cache
def _values(count: int, busy: float) -> str:
    """The same throughout, with as many digits as AWS gives; OPEN is quiet but for a few bursts of five minutes."""
    every = max(1, count // (2 * BURSTS))
    of_point = (BUSY if busy == OPEN and point % every == 0 else QUIET if busy == OPEN else busy for point in range(count))
    return json.dumps([value + point % 7 / 1e9 for point, value in enumerate(of_point)])


def main() -> None:
    global worst, instances
    worst, instances = sys.argv[1] == "worst", int(sys.argv[2]) if len(sys.argv) > 2 else INSTANCES
    BUILTIN_HANDLERS.append(("before-send", answer))
    session = sessions._session(aws_access_key_id="test", aws_secret_access_key="test")
    unit = Unit(unit_id=unit_id(ACCOUNT, REGION, TYPE), account=ACCOUNT, region=REGION, resource_type=TYPE, function="")
    found: list[Finding] = []
    outcome = scanning.scan(unit, Aws(ACCOUNT, REGION, session, AS_OF), Prices(REGION), found.append)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    said = {
        "cpu": round(usage.ru_utime + usage.ru_stime, 2),
        "rss_mib": round(usage.ru_maxrss / 1024),
        "datapoints": asked.pop("datapoints"),
        "requests": dict(asked),
        "outcome": outcome.outcome,
        "findings": dict(Counter(finding.check_id for finding in found)),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
