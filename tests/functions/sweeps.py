"""Sweeps as Plan and the scans leave them in the bucket: what Rank and Aggregate start from."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest import mock

from moto import mock_aws

from functions.core.aws.sessions import own_client
from functions.core.model import Action, Confidence, Coverable, Evidence, Finding, Level, Outcome, Unit, UnitOutcome, finding_id, unit_id
from functions.core.money import HYGIENE, Price, Savings
from functions.core.settings import settings
from functions.core.store import unit_objects
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

BUCKET = "reports"
TABLE = "state"
STARTED = "2026-11-24T16:04:02+00:00"
RUN_ID = "20261124T160402Z-aaaaaa"
ACCOUNT = "111122223333"
REGION = "us-east-1"
PRICE = Price("AmazonEBS", "volume.gp2", 0.1, "GB-Mo", "us-east-1", "AWS Price List, AmazonEC2 in us-east-1", "2026-10-01")
STAND_IN = Price("AmazonEBS", "volume.gp2", 0.1, "GB-Mo", "us-east-1", "AWS Price List, AmazonEC2 in us-east-1", "2026-10-01", "eu-south-2")


def folder(s3: Any = None, run_id: str = RUN_ID) -> RunFolder:
    """A run as the functions are given it. Without a client it has only its keys."""
    return RunFolder(Bucket(s3, BUCKET), run_id)


def saving(likely: float, low: float | None = None, high: float | None = None, prices: tuple[Price, ...] = (PRICE,)) -> Savings:
    """USD per month; without `low` or `high` the range is a point."""
    return Savings(likely if low is None else low, likely, likely if high is None else high, f"{likely:g} GiB × $1", prices)


UNPRICED = Savings(0.0, 0.0, 0.0, "1 h × ?", (), unpriced="no price known for AmazonEC2 x9.large in us-east-1")


def unit(resource_type: str = "ebs:volume", account: str = ACCOUNT, region: str = REGION) -> Unit:
    return Unit(
        unit_id=unit_id(account, region, resource_type),
        account=account,
        region=region,
        resource_type=resource_type,
        function="scan-" + resource_type.partition(":")[0],
    )


def finding(
    name: str = "vol-1",
    savings: Savings | None = None,
    *,
    check: str = "ebs-unattached-volume",
    of: Unit | None = None,
    tags: Mapping[str, str] | None = None,
    evidence: Evidence | None = None,
    covers: tuple[str, ...] = (),
    counted_by: str | None = None,
    coverable: Coverable | None = None,
) -> Finding:
    """A finding of `check` on the resource `name` in a unit."""
    of = of or unit()
    arn = arn_of(name, of)
    return Finding(
        finding_id=finding_id(of.account, of.region, arn, check),
        check_id=check,
        title="EBS volume is attached to nothing",
        resource_type=of.resource_type,
        resource_arn=arn,
        resource_id=name,
        resource_name=f"name of {name}",
        account=of.account,
        region=of.region,
        tags=dict(tags or {}),
        owner="",
        action=Action.DELETE,
        effort=Level.VERY_LOW,
        risk=Level.LOW,
        undo="Create a volume from the snapshot that was taken first.",
        command=f"aws ec2 delete-volume --region {of.region} --volume-id {name}",
        reference="https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html",
        confidence=Confidence.HIGH,
        evidence=evidence or {"state": "available", "age_days": 66.1, "size_gib": 100},
        savings=saving(10.0) if savings is None else savings,
        covers=covers,
        headline=counted_by is None,
        counted_by=counted_by,
        coverable=coverable,
    )


def arn_of(name: str, of: Unit) -> str:
    return f"arn:aws:{of.resource_type.partition(':')[0]}:{of.region}:{of.account}:{name}"


def hygiene(name: str = "tg-1", of: Unit | None = None) -> Finding:
    return finding(name, HYGIENE, check="elb-orphan-target-group", of=of or unit("elb:target-group"))


def plan_output(run_id: str = RUN_ID, as_of: str = STARTED, started: str = STARTED, min_coverage: float = 0.95) -> dict[str, Any]:
    """What Plan returns, as far as Rank reads it."""
    return {
        "run_id": run_id,
        "as_of": as_of,
        "started": started,
        "bucket": BUCKET,
        "plan_key": folder(run_id=run_id).plan,
        "units": 1,
        "analysis_period_days": 30,
        "min_coverage": min_coverage,
        "max_concurrency": 40,
        "analyze": True,
        "expires_at": "1803000000",
    }


NO_BILL = {"status": "none", "reason": "not asked", "requests": 0, "cached": 0}
"""What Cost returns when there is no bill, as far as Rank reads it."""


def coverage(
    family: str = "m5", plan_hours: float = 0.0, reserved_hours: float = 0.0, on_demand_hours: float = 0.0, **more: Any
) -> dict[str, Any]:
    """A row of a bill's coverage: EC2 hours of the account in the region, a dollar each."""
    return {
        "service": "AmazonEC2",
        "account": ACCOUNT,
        "region": REGION,
        "family": family,
        "on_demand_hours": on_demand_hours,
        "plan_hours": plan_hours,
        "reserved_hours": reserved_hours,
        "on_demand_usd": on_demand_hours,
        "plan_usd": plan_hours,
        "plan_paid_usd": 0.7 * plan_hours,
        "ends": "2027-03-01",
        "why": "Savings Plan …1234 (EC2 Instance)",
        "bound": True,
        **more,
    }


def bill(rows: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """A bill of $1,000 a month, as far as Rank reads it."""
    return {
        "status": "ok",
        "reason": "",
        "end": "2026-11-24",
        "days": 30,
        "monthly": 1000.0,
        "coverage": list(rows),
        "baseline": [],
        "reservations": [],
        **more,
    }


def write_plan(s3: Any, units: Iterable[Unit], run_id: str = RUN_ID) -> None:
    """The plan and its scope, as Plan writes them."""
    planned = list(units)
    body = b"".join(unit_objects.UNIT.dump_json(one) + b"\n" for one in planned)
    parts = {"accounts": "account", "regions": "region", "resource_types": "resource_type"}
    scope = {name: sorted({getattr(one, field) for one in planned}) for name, field in parts.items()}
    body_of_scope = json.dumps({**scope, "asked": scope}).encode()
    s3.put_object(Bucket=BUCKET, Key=folder(run_id=run_id).scope, Body=body_of_scope, ContentType="application/json")
    s3.put_object(Bucket=BUCKET, Key=folder(run_id=run_id).plan, Body=body, ContentType="application/x-ndjson")


def write_unit(
    s3: Any, of: Unit, findings: Iterable[Finding] = (), run_id: str = RUN_ID, outcome: Outcome | None = None, **more: Any
) -> None:
    """The unit's object, as scan writes it; without `outcome` it is ok, or empty when nothing was found."""
    with unit_objects.FindingsSpool() as spool:
        count = 0
        for one in findings:
            spool.add(one)
            count += 1
        ended = UnitOutcome(
            unit_id=of.unit_id,
            account=of.account,
            region=of.region,
            resource_type=of.resource_type,
            outcome=outcome or (Outcome.OK if count else Outcome.EMPTY),
            findings=count,
            **{"resources": count, **more},
        )
        spool.upload(Bucket(s3, BUCKET), folder(run_id=run_id).unit(of.unit_id, good=ended.outcome.good), ended)


def lines_of(s3: Any, name: str, run_id: str = RUN_ID) -> list[dict[str, Any]]:
    """A gzipped JSON Lines object of a run."""
    return gz_lines(s3, folder(run_id=run_id).file(name))


def gz_lines(s3: Any, key: str) -> list[dict[str, Any]]:
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCOUNT_ID": ACCOUNT,
    "S3_BUCKET_NAME": BUCKET,
    "STATE_TABLE_NAME": TABLE,
}


@dataclass(slots=True)
class Context:
    """What powertools reads of a Lambda's context."""

    function_name: str = "rank"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:111122223333:function:rank"
    aws_request_id: str = "request"


class World(NamedTuple):
    """The bucket's and the state table's clients."""

    s3: Any
    dynamodb: Any

    def fail(self, of: Unit, error: str, cause: str, run_id: str = RUN_ID) -> None:
        """Note a failure as the state machine does."""
        values = {"pk": f"run#{run_id}", "sk": f"failed#{of.unit_id}", "error": error, "cause": cause}
        self.dynamodb.put_item(TableName=TABLE, Item={name: {"S": value} for name, value in values.items()})

    def fail_advice(self, group_id: str, error: str, cause: str, run_id: str = RUN_ID) -> None:
        """Note that no model gave advice on a group, as the state machine does."""
        values = {"pk": f"run#{run_id}", "sk": f"advice-failed#{group_id}", "error": error, "cause": cause}
        self.dynamodb.put_item(TableName=TABLE, Item={name: {"S": value} for name, value in values.items()})

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket."""
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in Bucket(self.s3, BUCKET).keys("")}


@contextmanager
def world() -> Iterator[World]:
    """An empty bucket and state table in moto, the environment of the functions, and no client or setting of another test."""
    with mock.patch.dict(os.environ, ENVIRONMENT), mock_aws():
        settings.cache_clear()
        own_client.cache_clear()
        s3, dynamodb = own_client("s3", REGION), own_client("dynamodb")
        s3.create_bucket(Bucket=BUCKET)
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield World(s3, dynamodb)
        settings.cache_clear()
        own_client.cache_clear()
