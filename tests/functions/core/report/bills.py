"""A bill as Rank leaves it, that adds up: what a few (or five hundred) accounts paid in 30 days, with plans, reservations, a surprise."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

START, DAYS = date(2026, 10, 25), 30
END = START + timedelta(DAYS)
ACCOUNT = "111122223333"
EC2, EC2_OTHER, RDS = "Amazon Elastic Compute Cloud - Compute", "EC2 - Other", "Amazon Relational Database Service"
SERVICES = {
    EC2: (4100, True, 0.27),
    RDS: (2380, True, 0.31),
    EC2_OTHER: (1440, True, None),
    "Amazon Simple Storage Service": (905, False, None),
    "AmazonCloudWatch": (310, False, None),
    "Amazon Elastic Load Balancing": (264, True, 0.0),
    "Amazon ElastiCache": (233, False, None),
    "AWS Lambda": (171, True, None),
    "Amazon Virtual Private Cloud": (148, True, None),
    "Amazon Route 53": (61, False, None),
    "AWS Key Management Service": (38, False, None),
    "Amazon DynamoDB": (22, False, None),
    "AWS Secrets Manager": (14, False, None),
    "Amazon Simple Notification Service": (3, False, None),
}
"""Cents an account and day, whether a scanner looks at it, and the effective discount."""
REGIONS = {"us-east-1": 60, "us-west-2": 28, "eu-central-1": 12}
"""Per cent of each service's dollars."""
SURPRISE = ("Amazon ElastiCache", 12, 3.4)
"""A service that costs this many times as much from the day with this number on."""


def accounts(count: int) -> list[str]:
    return [f"{int(ACCOUNT) + 1111 * number:012}" for number in range(count)]


def _cents(service: str, number: int, day: int) -> int:
    """Of one account and day, amortised: a weekly wave, smaller accounts further down, and the surprise in the first account."""
    name, since, times = SURPRISE
    wave = (100, 104, 107, 106, 101, 83, 80)[day % 7]
    sudden = times if service == name and number == 0 and day >= since else 1.0
    return round(SERVICES[service][0] * wave / 100 / (1 + number) * sudden)


def _before(service: str, number: int, day: int) -> int:
    """Of the same day in the window before: DynamoDB is new, the surprise is not there yet, the first service has shrunk since."""
    if service == "Amazon DynamoDB":
        return 0
    return round(SERVICES[service][0] * (1.03 if service == EC2 else 0.93 - 0.01 * (day % 2)) / (1 + number))


def bill(count: int = 3, **changes: Any) -> dict[str, Any]:
    """The bill of `count` accounts; `changes` replaces members. Unblended is amortised with the plan's fee on the window's first day."""
    names = accounts(count)
    daily: list[int] = [0] * DAYS
    by_service: dict[str, int] = defaultdict(int)
    by_account: dict[str, int] = defaultdict(int)
    by_region: dict[str, int] = defaultdict(int)
    before: dict[str, int] = defaultdict(int)
    for number, account in enumerate(names):
        for service in SERVICES:
            for day in range(DAYS):
                cents = _cents(service, number, day)
                daily[day] += cents
                by_service[service] += cents
                by_account[account] += cents
                before[service] += _before(service, number, day)
                before[account] += _before(service, number, day)
                for region, share in REGIONS.items():
                    by_region[region] += cents * share
    amortized = round(sum(daily) / 100, 2)
    unseen = ((service, "", cents) for service, cents in by_service.items() if not SERVICES[service][1])
    in_part = ("EC2 - Other", "DataTransfer-Regional-Bytes", by_service[EC2_OTHER] // 10)
    blind = sorted((*unseen, in_part), key=lambda one: -one[2])
    monthly = amortized * 730 / (24 * DAYS)
    made = {
        "status": "ok",
        "reason": "",
        "currency": "USD",
        "start": START.isoformat(),
        "end": END.isoformat(),
        "days": DAYS,
        "accounts": names,
        "unblended": round(amortized * 0.96, 2),
        "amortized": amortized,
        "net_amortized": amortized,
        "monthly": round(monthly, 4),
        "by_service": [
            {
                "service": service,
                "unblended": round(cents * 0.0096, 4),
                "amortized": cents / 100,
                "before": before[service] / 100,
                "scanned": SERVICES[service][1],
                "discount": SERVICES[service][2],
                "discount_source": "amortised dollars against on-demand rates" if SERVICES[service][2] is not None else "",
            }
            for service, cents in sorted(by_service.items(), key=lambda one: -one[1])
        ],
        "by_account": [
            {"account": account, "unblended": round(cents * 0.0096, 4), "amortized": cents / 100, "before": before[account] / 100}
            for account, cents in by_account.items()
        ],
        "by_region": [
            {"region": region, "unblended": round(cents * 0.000096, 4), "amortized": cents / 10_000} for region, cents in by_region.items()
        ],
        "daily": [
            {"day": (START + timedelta(day)).isoformat(), "unblended": round(cents * 0.0096, 4), "amortized": cents / 100}
            for day, cents in enumerate(daily)
        ],
        "months": [
            {"month": "2026-09", "unblended": round(amortized * 0.93, 2), "amortized": round(amortized * 0.95, 2), "complete": True},
            {"month": "2026-10", "unblended": round(amortized * 0.99, 2), "amortized": round(amortized * 0.98, 2), "complete": True},
            {
                "month": "2026-11",
                "unblended": round(amortized * 0.78, 2),
                "amortized": round(amortized * 0.81, 2),
                "complete": False,
                "same_days_before": round(amortized * 0.75, 2),
            },
        ],
        "anomalies": [
            {"service": SURPRISE[0], "account": names[0], "before": 69.9, "now": 171.25, "change": 1.4499},
            {"service": "Amazon DynamoDB", "account": names[-1], "before": 0.0, "now": 12.4, "change": None},
        ],
        "blind_spot": {
            "monthly": round(sum(cents for *_, cents in blind) / 100 * 730 / (24 * DAYS), 4),
            "services": [
                {"service": service, "usage_type": usage_type, "monthly": round(cents / 100 * 730 / (24 * DAYS), 4)}
                for service, usage_type, cents in blind
            ],
        },
        "by_the_hour": [
            {"what": "Public IPv4 addresses", "region": "us-east-1", "count": 61.4, "monthly": 224.11},
            {"what": "Public IPv4 addresses", "region": "eu-central-1", "count": 12.0, "monthly": 43.8},
        ],
        **_commitments(names),
        "requests": 7,
        "cached": 0,
        "purchase": [
            purchase("AmazonEC2", None, "us-east-1", 1.84, 0.62, 0.27),
            purchase("AmazonRDS", "db.r6g", "us-east-1", 0.72, 0.0, None),
        ],
        "explained": {"findings_monthly_likely": round(monthly * 0.2371, 4), "share": 0.2371},
    }
    return made | changes


def purchase(service: str, family: str | None, region: str, baseline: float, removed: float, discount: float | None) -> dict[str, Any]:
    """One piece of advice, as Rank leaves it."""
    hourly = round(max(0.0, baseline - removed), 4)
    return {
        "service": service,
        "region": region,
        "family": family,
        "kind": "Reserved DB instances" if family else "Compute Savings Plan",
        "baseline_hourly": baseline,
        "removed_hourly": removed,
        "hourly": hourly,
        "covered": 0.43 if discount else None,
        "discount": discount,
        "monthly_saving": round(hourly * discount * 730, 4) if discount else None,
        "advice": f"Act on the findings first: they remove ${removed:.2f} an hour. Then commit to at most ${hourly:.2f} an hour.",
    }


def _commitments(names: list[str]) -> dict[str, Any]:
    plan = f"arn:aws:savingsplans::{names[0]}:savingsplan/9f1c0a52-7d3e-4b61-8a0e-5d2f7be31234"
    instance_plan = f"arn:aws:savingsplans::{names[0]}:savingsplan/0b7d9e11-2a44-47f5-bb0e-0f6f4c9d5678"
    families = [("AmazonEC2", "m5"), ("AmazonEC2", "c6g"), ("AmazonEC2", "t3"), ("AmazonRDS", "db.m5"), ("AmazonRDS", "db.r6g")]
    coverage: list[dict[str, Any]] = [
        {
            "service": service,
            "account": account,
            "region": region,
            "family": family,
            "on_demand_hours": 360.0 * (1 + index),
            "plan_hours": 2160.0 if family in ("m5", "c6g") else 0.0,
            "reserved_hours": 720.0 if family == "db.m5" else 0.0,
            "on_demand_usd": 34.56 * (1 + index),
            "plan_usd": 207.36 if family in ("m5", "c6g") else 0.0,
            "ends": "2027-03-01" if family in ("m5", "c6g") else None,
            "why": "Savings Plan …1234 (Compute)" if family in ("m5", "c6g") else "",
        }
        for account in names
        for region in list(REGIONS)[:2]
        for index, (service, family) in enumerate(families)
    ]
    return {
        "savings_plans": [
            {
                "arn": plan,
                "type": "ComputeSavingsPlans",
                "account": names[0],
                "region": None,
                "family": None,
                "ends": "2027-03-01",
                "hourly_commitment": 1.2,
                "utilization": 0.83,
                "unused_monthly": 148.92,
            },
            {
                "arn": instance_plan,
                "type": "EC2InstanceSavingsPlans",
                "account": names[0],
                "region": "us-west-2",
                "family": "m5",
                "ends": "2026-12-09",
                "hourly_commitment": 0.4,
                "utilization": 1.0,
                "unused_monthly": 0.0,
            },
        ],
        "reservations": [
            {
                "id": "ri-2021-05-01-08-11-22-0ab1",
                "service": RDS,
                "account": names[-1],
                "region": "us-east-1",
                "family": "db.m5",
                "ends": "2027-06-30",
                "utilization": 0.992,
                "unused_monthly": 1.27,
            }
        ],
        "coverage": coverage,
        "baseline": [
            {**{name: row[name] for name in ("service", "account", "region", "family")}, "hourly_usd": round(row["on_demand_usd"] / 720, 4)}
            for row in coverage
        ],
    }


def none(reason: str = "Cost Explorer is not enabled for this account") -> dict[str, Any]:
    """What is left of a bill that could not be had."""
    return {
        "status": "none",
        "reason": reason,
        "accounts": [ACCOUNT],
        "start": START.isoformat(),
        "end": END.isoformat(),
        "days": DAYS,
        "requests": 1,
        "cached": 0,
    }


def new_account() -> dict[str, Any]:
    """An account that has been asked for and has not cost anything yet: no row anywhere."""
    empty: dict[str, list[Any]] = {name: [] for name, value in bill(1).items() if isinstance(value, list) and name != "accounts"}
    sums = dict.fromkeys(("unblended", "amortized", "net_amortized", "monthly"), 0.0)
    spot: dict[str, Any] = {"blind_spot": {"monthly": 0.0, "services": []}, "explained": {"findings_monthly_likely": 0.0, "share": None}}
    return bill(1, **empty, **sums, **spot)


def sweep_cost() -> dict[str, Any]:
    """What a sweep of 1,530 resources cost."""
    source = "AWS Price List, us-east-1, 2026-10-01"
    lines = [
        {"what": "GetMetricData", "quantity": 2210, "unit": "metrics", "usd": 0.0221, "source": source},
        {"what": "Lambda compute", "quantity": 402.5, "unit": "GB-seconds", "usd": 0.00671, "source": source},
        {"what": "State transitions", "quantity": 71, "unit": "transitions", "usd": 0.001775, "source": source},
        {"what": "S3 requests (writes)", "quantity": 140, "unit": "requests", "usd": 0.0007, "source": source},
    ]
    usd = round(sum(float(str(line["usd"])) for line in lines), 6)
    return {
        "usd": usd,
        "lines": lines,
        "unpriced": [{"what": "EventBridge events", "quantity": 3, "unit": "events"}],
        "note": "Requests of the free tier are priced as if there were none.",
        "resources": 1530,
        "per_1000_resources_usd": round(usd / 1.53, 6),
    }


def rate(usage_type: str, own: float | None = 0.0736, listed: float | None = 0.08, **more: Any) -> dict[str, Any]:
    """One row of the bill's own rates, as Rank leaves it; `more` replaces any of its keys."""
    return {
        "usage_type": usage_type,
        "operation": "",
        "service": EC2_OTHER,
        "region": "us-east-1",
        "unit": "GB-Mo",
        "quantity": 1193.0,
        "cost": 87.8,
        "own": own,
        "list": listed,
        "discount": None if own is None or listed is None else round(1 - own / listed, 4),
        "days": 30,
        "agreeing": 30,
        "refused": "" if own is not None else "its days do not agree: from 0.05 to 0.08, a mixture of tiers or prices",
        "explains": 0.0,
        "findings": 0,
    } | more


def rates(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`rates` of a bill."""
    return {"reason": "", "currency": "USD", "cost": "net amortised", "rows": list(rows)} | more


def contract() -> list[dict[str, Any]]:
    """The rows of somebody with 8 % off on storage and NAT; one thing is dearer than list, and two rows are refused."""
    hours, vpc = {"unit": "Hrs"}, "Amazon Virtual Private Cloud"
    return [
        rate("EBS:VolumeUsage.gp3", 0.0736, 0.08, explains=412.5, findings=31, quantity=41_208.0, cost=3032.91),
        rate("NatGateway-Hours", 0.0414, 0.045, **hours, explains=30.22, findings=1, quantity=1460.0, cost=60.44, region="eu-west-1"),
        rate("NatGateway-Bytes", 0.04416, 0.048, unit="GB", quantity=22_137.66, cost=977.6, region="eu-west-1"),
        rate("LoadBalancerUsage", 0.0252, 0.0252, **hours, operation="LoadBalancing:Application", explains=18.4, findings=1, cost=110.38),
        rate("PublicIPv4:InUseAddress", 0.005, 0.005, **hours, service=vpc, quantity=66_499.0, cost=332.5),
        rate("VpcEndpoint-Hours", 0.0113, 0.011, **hours, service=vpc, quantity=34_824.0, cost=393.51),
        rate("Requests-Tier1", 0.000004612, 0.000005, unit="Requests", quantity=174_888.0, cost=0.81),
        rate("MirrorUsage:db.r5.large", 1.01, None, unit="", service=RDS, cost=737.3),
        rate("EBS:VolumeUsage.gp2", None, 0.1, cost=112.72),
        rate("BoxUsage:t3.medium", None, None, **hours, refused="only 2 days cost something, of 3 that it takes", cost=1.22),
    ]
