"""One synthesis for all tests of the CDK app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.app import synth
from cdk_app.settings.vpc import GATEWAYS, interfaces

ACCOUNT, REGION = "111111111111", "us-east-1"
EVERY_OPTION: dict[str, Any] = {
    "billing_account": "222222222222",
    "member_external_id": "only-us",
    "member_ous": ["ou-ab12-11111111", "r-ab12"],
    "member_call_as": "DELEGATED_ADMIN",
    "max_metric_usd": 25,
    "billing_export": "s3://bills-of-the-payer/exports/cur2",
    "billing_export_key": "arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555",
    "email_from": "finops@example.com",
    "email_to": ["ops@example.com"],
    "savings_alarm_usd": 1000,
    "bill_limit_usd": 25_000,
    "scan_reserved_concurrency": 5,
    "children": "STANDARD",
    "vpc": {
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0000000a", "subnet-0000000b"],
        "endpoints": [*GATEWAYS, *interfaces()],
        "route_table_ids": ["rtb-0000000a"],
    },
}
"""Everything that is off by default, switched on."""


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly with default settings, without the layer, which has tests of its own."""
    return synth(tmp_path_factory.mktemp("assembly") / "out", account=ACCOUNT, region=REGION, bundle=False)


@pytest.fixture(scope="session")
def template(assembly: Path) -> dict[str, Any]:
    """The analyzer's template."""
    read: dict[str, Any] = json.loads((assembly / "FinOpsAnalyzer.template.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="session")
def full_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly with every option."""
    return synth(tmp_path_factory.mktemp("full") / "out", account=ACCOUNT, region=REGION, bundle=False, **EVERY_OPTION)


@pytest.fixture(scope="session")
def full_template(full_assembly: Path) -> dict[str, Any]:
    """The analyzer's template with every option."""
    read: dict[str, Any] = json.loads((full_assembly / "FinOpsAnalyzer.template.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="session")
def member_template(assembly: Path) -> dict[str, Any]:
    """The template for an account that is scanned."""
    read: dict[str, Any] = json.loads((assembly / "FinOpsAnalyzerMember.template.json").read_text(encoding="utf-8"))
    return read
