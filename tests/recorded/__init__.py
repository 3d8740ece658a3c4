"""Replies that real AWS endpoints gave, recorded by the Cloud Custodian project (Apache-2.0), one folder a case, file names kept.

Those of a case that begins with awscli are outputs that the manual of the AWS CLI (Apache-2.0) prints.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def reply(case: str, name: str) -> Any:
    """The response as boto3 gives it; `name` is the file's without ".json": "ec2.DescribeInstances_1"."""
    path = Path(__file__).parent / case / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"), object_hook=_decoded)["data"]


def _decoded(value: dict[str, Any]) -> Any:
    if value.pop("__class__", None) != "datetime":
        return value
    return datetime(**value, tzinfo=UTC)
