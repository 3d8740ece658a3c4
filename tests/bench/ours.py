"""What a scanner Lambda does, without the Lambda: `python -m tests.bench.ours ebs:volume ec2:instance`.

The same calls as functions/scan.py: the engine, all checks, prices, findings gzipped into a unit object, which goes to a file.
`--record FILE` first writes down what CloudWatch was asked, for the floor.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.core.aws import sessions
from functions.core.aws.clients import Aws
from functions.core.model import Finding, Unit, unit_id
from functions.core.prices.book import Prices
from functions.core.scan import unit as scanning
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket


class _Disk:
    """Stands where S3's client stands: the unit object goes to a temporary file."""

    def upload_fileobj(self, body: Any, *_: Any, **__: Any) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(body.read())


def main() -> None:
    account, region = "123456789012", os.environ["AWS_DEFAULT_REGION"]
    found: Counter[str] = Counter()
    types, session, asked = sys.argv[1:], sessions._own_session(), list[dict[str, Any]]()
    if types[0] == "--record":
        record, *types = types[1:]
        session.events.register("provide-client-params.cloudwatch.GetMetricData", lambda params, **_: asked.append(params))
    for resource_type in types:
        unit = Unit(
            unit_id=unit_id(account, region, resource_type), account=account, region=region, resource_type=resource_type, function=""
        )
        with unit_objects.FindingsSpool() as spool:

            def sink(finding: Finding, spool: unit_objects.FindingsSpool = spool) -> None:
                found[finding.check_id] += 1
                spool.add(finding)

            outcome = scanning.scan(unit, Aws(account, region, session, datetime.now(UTC)), Prices(region), sink)
            spool.upload(Bucket(_Disk(), ""), "", outcome)
        print(resource_type, outcome.outcome, outcome.resources, dict(outcome.calls), dict(outcome.insufficient))
    print(dict(found))
    if asked:
        Path(record).write_text(json.dumps(asked, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
