"""The bill of a made-up run: commitments in every tenth account, and a discount on everything that findings save."""

from __future__ import annotations

from typing import Any

from tests.bench.big_findings import FAMILIES
from tests.functions.core.report import bills

REGION_NAMES = (
    "us-east-1", "us-west-2", "eu-west-1", "us-east-2", "us-west-1", "eu-central-1", "eu-west-2", "eu-west-3", "eu-north-1", "ca-central-1",
    "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "sa-east-1",
)  # fmt: skip
"""Those that every account has. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html"""


def account_id(number: int) -> str:
    """Twelve digits."""
    return str(100_000_000_000 + number)


def bill(accounts: int) -> dict[str, Any]:
    """A bill with commitments in every tenth account."""
    rows = [
        {
            "service": service, "account": account_id(number), "region": region, "family": family, "on_demand_hours": 500.0,
            "plan_hours": 300.0, "reserved_hours": 0.0, "on_demand_usd": 50.0, "plan_usd": 30.0, "plan_paid_usd": 21.0,
            "ends": "2027-03-01", "why": "Savings Plan …1234 (EC2 Instance)", "bound": True,
        }
        for number in range(0, accounts, 10)
        for region in REGION_NAMES[:4]
        for service, family in (("AmazonEC2", "m5"), ("AmazonEC2", "c5"), ("AmazonRDS", "r6g"))
    ]  # fmt: skip
    return bills.bill(accounts, coverage=rows, rates=_rates())


def _rates() -> dict[str, Any]:
    """A discount of 8 % on everything that findings save, in every region: each of them is priced anew."""
    rows = [
        {
            "usage_type": f"Usage:{key}", "operation": "", "service": service, "region": region, "unit": "Hrs", "quantity": 1e4,
            "cost": 9e2, "own": round(0.92 * listed, 9), "list": listed, "discount": 0.08, "days": 30, "agreeing": 30, "refused": "",
            "book": [[service, key, 1.0]],
        }
        for region in REGION_NAMES
        for service in ("AmazonEC2", "AmazonRDS")
        for family in FAMILIES
        for key, listed in ((f"ondemand.linux.shared.{family}.large", 0.096), ("volume.gp3", 0.08))
    ]  # fmt: skip
    return {"reason": "", "currency": "USD", "cost": "net amortised", "rows": rows}
