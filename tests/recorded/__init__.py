"""Replies that real AWS endpoints gave, recorded by the Cloud Custodian project (Apache-2.0), one folder a case, file names kept.

Those of a case that begins with awscli are outputs that the manual of the AWS CLI (Apache-2.0) prints, with localstack snapshots that the
LocalStack project (Apache-2.0) took of AWS.

The bill of workshop_bill_2018 is of the AWS Well-Architected Labs (200_4_Cost_and_Usage_Analysis, © Amazon Web Services, CC BY-SA 4.0),
three months of 2018: cut to the usage on demand of some usage types, and its lines of all accounts summed up by day.

data_exports has three months of hourly lines of the same bill in the shape of AWS's Data Exports, CUR 2.0 and FOCUS 1.2 with AWS's columns;
nobody has published a real one. focus_sample_1_0 is of the FinOps Foundation (FOCUS-Sample-Data, CC BY 4.0): real lines in FOCUS 1.0,
anonymised, with the text NULL for nothing.
"""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def reply(case: str, name: str) -> Any:
    """The response as boto3 gives it; `name` is the file's without ".json": "ec2.DescribeInstances_1"."""
    path = Path(__file__).parent / case / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"), object_hook=_decoded)["data"]


def table(case: str, name: str) -> list[dict[str, str]]:
    """The rows of a table, by the names of its columns; `name` is the file's without ".csv.gz"."""
    with gzip.open(Path(__file__).parent / case / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


EXPORTS = Path(__file__).parent / "data_exports"
"""Each in a folder of its name, laid out as AWS does: data/ and metadata/."""


def _decoded(value: dict[str, Any]) -> Any:
    if value.pop("__class__", None) != "datetime":
        return value
    return datetime(**value, tzinfo=UTC)
