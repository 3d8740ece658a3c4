"""The floor: bare boto3 describes and GetMetricData, no analysis, no output: `python -m tests.bench.floor volumes instances asked.json`.

The file is what `tests.bench.ours --record asked.json …` asked CloudWatch: the floor makes the very same requests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3

LISTINGS: dict[str, tuple[str, str, dict[str, object]]] = {
    "volumes": ("describe_volumes", "Volumes", {}),
    "snapshots": ("describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),
    "instances": ("describe_instances", "Reservations", {}),
}


def _ask(cloudwatch: Any, asked: dict[str, Any]) -> int:
    """One recorded GetMetricData, all its pages."""
    return sum(len(page["MetricDataResults"]) for page in cloudwatch.get_paginator("get_metric_data").paginate(**asked))


def main() -> None:
    ec2, cloudwatch = boto3.client("ec2"), boto3.client("cloudwatch")
    counts = {}
    for what in sys.argv[1:]:
        if what.endswith(".json"):
            counts["metrics"] = sum(_ask(cloudwatch, asked) for asked in json.loads(Path(what).read_text(encoding="utf-8")))
        else:
            operation, key, parameters = LISTINGS[what]
            items = [item for page in ec2.get_paginator(operation).paginate(**parameters) for item in page[key]]
            counts[what] = len(items)
    print(counts)


if __name__ == "__main__":
    main()
