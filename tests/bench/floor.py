"""The floor: bare boto3 describes and GetMetricData, no analysis, no output. `python -m tests.bench.floor volumes instances metrics`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import boto3

LISTINGS: dict[str, tuple[str, str, dict[str, object]]] = {
    "volumes": ("describe_volumes", "Volumes", {}),
    "snapshots": ("describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),
    "instances": ("describe_instances", "Reservations", {}),
}


def main() -> None:
    ec2, cloudwatch = boto3.client("ec2"), boto3.client("cloudwatch")
    end = datetime.now(UTC)
    instances: list[str] = []
    counts = {}
    for what in sys.argv[1:]:
        if what == "metrics":
            counts[what] = 0
            for start in range(0, len(instances), 500):
                queries = [
                    {
                        "Id": f"q{number}",
                        "MetricStat": {
                            "Metric": {
                                "Namespace": "AWS/EC2",
                                "MetricName": "CPUUtilization",
                                "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                            },
                            "Period": 86_400,
                            "Stat": "Maximum",
                        },
                    }
                    for number, instance in enumerate(instances[start : start + 500])
                ]
                pages = cloudwatch.get_paginator("get_metric_data").paginate(
                    MetricDataQueries=queries,
                    StartTime=end - timedelta(days=14),
                    EndTime=end,
                )
                counts[what] += sum(len(page["MetricDataResults"]) for page in pages)
        else:
            operation, key, parameters = LISTINGS[what]
            items = [item for page in ec2.get_paginator(operation).paginate(**parameters) for item in page[key]]
            if what == "instances":
                instances = [instance["InstanceId"] for reservation in items for instance in reservation["Instances"]]
            counts[what] = len(instances) if what == "instances" else len(items)
    print(counts)


if __name__ == "__main__":
    main()
