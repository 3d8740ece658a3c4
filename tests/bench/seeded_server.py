"""A moto server with a seeded account, for the benchmarks: `python -m tests.bench.seeded_server --volumes 10000`.

Seeding happens in-process (50,000 volumes take a second); the server listens on a free port of 127.0.0.1 and prints it, then waits
until its standard input closes, so that it never outlives whoever started it.

  volumes    half attached to the instances (or, without instances, to ones that no describe shows), half unattached; gp2, gp3, io1 and
             st1 in turn; 90 days old
  snapshots  half of them 400 days old, half 5
  instances  running m5.large, 60 days old, half idle (1 % CPU) and half busy (60 %), a CPU datapoint a day for 14 days
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import defaultdict
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace
from typing import Any

from moto.backends import get_backend
from moto.core.utils import utcnow
from moto.ec2.models import elastic_block_store
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from finops.embedded.side_answers import SideAnswers

ACCOUNT, REGION = "123456789012", "us-east-1"
KINDS = ("gp2", "gp3", "io1", "st1")


def _seed_instances(ec2: Any, cloudwatch: Any, count: int) -> list[Any]:
    image = next(iter(ec2.amis))
    options = {"placement": f"{REGION}a", "region_name": REGION, "is_instance_type_default": False, "tags": {}}
    made: list[Any] = []
    for start in range(0, count, 200):
        amount = min(200, count - start)
        made += ec2.run_instances(image, amount, b"", ["default"], instance_type="m5.large", **options).instances
    now = utcnow()
    for number, instance in enumerate(made):
        instance.launch_time = (now - timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        points = [
            {
                "MetricName": "CPUUtilization",
                "Value": 60.0 if number % 2 else 1.0,
                "Dimensions": [{"Name": "InstanceId", "Value": instance.id}],
                "Timestamp": now - timedelta(days=day, hours=1),
                "Unit": "Percent",
            }
            for day in range(14)
        ]
        cloudwatch.put_metric_data("AWS/EC2", points)
    return made


def _seed_volumes(ec2: Any, count: int, instances: list[Any]) -> None:
    attachment: Any = elastic_block_store.VolumeAttachment  # abstract to a type checker, used as it is by moto itself
    created = (utcnow() - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for number in range(count):
        kind = KINDS[number // 2 % 4]
        iops = 3000 if kind in ("gp3", "io1") else None
        volume = ec2.create_volume(size="100", zone_name=f"{REGION}a", volume_type=kind, iops=iops)
        volume.create_time = created
        if number % 2 and instances:
            ec2.attach_volume(volume.id, instances[number % len(instances)].id, f"/dev/sd{number}")
        elif number % 2:
            volume.attachment = attachment(volume, SimpleNamespace(id=f"i-{number:017x}"), "/dev/sdf", "attached")


def _seed_snapshots(ec2: Any, count: int) -> None:
    source = next(iter(ec2.volumes.values()))
    for number in range(count):
        snapshot = ec2.create_snapshot(source.id, f"bench {number}")
        snapshot.start_time = utcnow() - timedelta(days=5 if number % 2 else 400)


def _answer_only_what_is_asked(cloudwatch: Any) -> None:
    """moto walks through every datapoint of every metric for every period of every query; let it see the query's own metric only."""
    whole, everything = cloudwatch.get_metric_data, list(cloudwatch.get_all_metrics())
    known: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for point in everything:
        known[point.name, *sorted(dimension.value for dimension in point.dimensions)].append(point)

    def get_metric_data(queries: list[dict[str, Any]], *rest: Any, **more: Any) -> list[dict[str, Any]]:
        answers = []
        for query in queries:
            metric = query["MetricStat"]["Metric"]
            points = known.get((metric["MetricName"], *sorted(one["Value"] for one in metric.get("Dimensions", ()))), [])
            cloudwatch.get_all_metrics = lambda points=points: points
            answers += whole([query], *rest, **more)
        return answers

    cloudwatch.get_metric_data = get_metric_data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for what in ("volumes", "instances", "snapshots"):
        parser.add_argument(f"--{what}", type=int, default=0)
    wanted = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ec2, cloudwatch = get_backend("ec2")[ACCOUNT][REGION], get_backend("cloudwatch")[ACCOUNT][REGION]
    _seed_volumes(ec2, wanted.volumes, _seed_instances(ec2, cloudwatch, wanted.instances))
    _seed_snapshots(ec2, wanted.snapshots)
    _answer_only_what_is_asked(cloudwatch)
    application = SideAnswers(DomainDispatcherApplication(create_backend_app))  # operations that moto lacks
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
