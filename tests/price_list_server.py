"""An AWS Price List Query API on 127.0.0.1: it speaks GetProducts over offers of AWS's shape, with filters, pages, and refusals first.

    with PriceListServer(offers(REGION), page=2) as price_list:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", price_list.url)

Real boto3 talks to it, in this process or, by `environment`, in another one. `requests` are those so far, as they were asked.
Shapes: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PUBLISHED = "2026-11-20T17:35:10Z"
TARGET = "AWSPriceListService.GetProducts"
MAX_PAGE = 100
ON_DEMAND, RATE = "JRTCKXETXF", "6YS6EN2CT7"
"""The codes that AWS's on-demand terms and their first rate have in every offer."""
PREFIXES = {"us-east-1": "", "eu-west-1": "EU-", "eu-west-2": "EUW2-", "ap-northeast-2": "APN2-"}
Tiers = Sequence[tuple[str, str]]
"""Where a rate begins, and USD."""


def offer(
    service: str,
    usage: str,
    usd: str | Tiers,
    unit: str,
    *,
    region: str,
    family: str | None = None,
    published: str = PUBLISHED,
    sku: str | None = None,
    **attributes: str,
) -> dict[str, Any]:
    """A product and its on-demand term, as one string of PriceList is once it is parsed. `usage` gets the region's prefix."""
    tiers = [("0", usd)] if isinstance(usd, str) else list(usd)
    named = {
        "servicecode": service,
        "regionCode": region,
        "locationType": "AWS Region",
        "usagetype": PREFIXES[region] + usage,
        "operation": "",
        **attributes,
    }
    sku = sku or hashlib.blake2b(json.dumps([family, named, tiers]).encode(), digest_size=8).hexdigest().upper()
    ends = [begin for begin, _ in tiers[1:]] + ["Inf"]
    dimensions = {
        f"{sku}.{ON_DEMAND}.{RATE}{index or ''}": {
            "unit": unit,
            "beginRange": begin,
            "endRange": end,
            "description": f"${rate} per {unit}",
            "appliesTo": [],
            "rateCode": f"{sku}.{ON_DEMAND}.{RATE}{index or ''}",
            "pricePerUnit": {"USD": rate},
        }
        for index, ((begin, rate), end) in enumerate(zip(tiers, ends, strict=True))
    }
    term = {
        "priceDimensions": dimensions,
        "sku": sku,
        "effectiveDate": "2026-11-01T00:00:00Z",
        "offerTermCode": ON_DEMAND,
        "termAttributes": {},
    }
    product = {"sku": sku, "attributes": named, **({"productFamily": family} if family else {})}
    return {
        "product": product,
        "serviceCode": service,
        "terms": {"OnDemand": {f"{sku}.{ON_DEMAND}": term}},
        "version": "20261120173510",
        "publicationDate": published,
    }


LINUX = {
    "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used", "marketoption": "OnDemand",
    "licenseModel": "No License required", "operation": "RunInstances",
}  # fmt: skip


def instance(kind: str, usd: str, region: str, **other: str) -> dict[str, Any]:
    """An EC2 instance; `other` attributes make it something else than Linux, shared, on demand."""
    named = {"usagetype_": f"BoxUsage:{kind}", "family_": "Compute Instance", "instanceType": kind, **LINUX, **other}
    usage, family = named.pop("usagetype_"), named.pop("family_")
    return offer("AmazonEC2", usage, usd, "Hrs", region=region, family=family, **named)


def ebs(usage: str, usd: str | Tiers, unit: str, family: str, region: str, **more: str) -> dict[str, Any]:
    return offer("AmazonEC2", usage, usd, unit, region=region, family=family, **more)


def rds(usage: str, usd: str, unit: str, family: str | None, region: str, engine: str = "Any", **more: str) -> dict[str, Any]:
    return offer("AmazonRDS", usage, usd, unit, region=region, family=family, databaseEngine=engine, **more)


def offers(region: str = "us-east-1") -> list[dict[str, Any]]:
    """What the offers of a region hold of what we look for, beside what looks alike and is something else."""
    az = {"Single-AZ": "InstanceUsage", "Multi-AZ": "Multi-AZUsage"}
    return [
        instance("m5.large", "0.0970000000", region),
        instance("m5.xlarge", "0.1940000000", region),
        instance("m5.large", "0.0000000000", region, usagetype_="Reservation:m5.large", capacitystatus="AllocatedCapacityReservation"),
        instance("m5.large", "0.1900000000", region, operatingSystem="Windows", operation="RunInstances:0002"),
        instance("m5.large", "0.1180000000", region, usagetype_="DedicatedUsage:m5.large", tenancy="Dedicated"),
        instance("m5.large", "0.0400000000", region, marketoption="CapacityBlock"),
        instance("m5.large", "0.5770000000", region, preInstalledSw="SQL Std", operation="RunInstances:0004"),
        instance("m5.metal", "4.6080000000", region, family_="Compute Instance (bare metal)"),
        ebs("EBS:VolumeUsage.gp2", "0.1100000000", "GB-Mo", "Storage", region, volumeApiName="gp2"),
        ebs("EBS:VolumeUsage.gp3", "0.0800000000", "GB-Mo", "Storage", region, volumeApiName="gp3"),
        ebs("EBS:VolumeUsage.gp3", "0.0960000000", "GB-Mo", "Storage", region, locationType="AWS Local Zone"),
        ebs("EBS:VolumeUsage.piops", "0.1250000000", "GB-Mo", "Storage", region, volumeApiName="io1"),
        ebs("EBS:VolumeUsage.io2", "0.1250000000", "GB-month", "Storage", region, volumeApiName="io2"),
        ebs("EBS:VolumeUsage", "0.0500000000", "GB-Mo", "Storage", region, volumeApiName="standard"),
        ebs("EBS:VolumeIOUsage", "0.0000000500", "IOs", "System Operation", region),
        ebs("EBS:VolumeP-IOPS.gp3", [("3000", "0.0050000000")], "IOPS-Mo", "System Operation", region),
        ebs("EBS:VolumeP-IOPS.io2", "0.0650000000", "IOPS-Mo", "System Operation", region),
        ebs("EBS:VolumeP-IOPS.io2.tier2", "0.0455000000", "IOPS-Mo", "System Operation", region),
        ebs("EBS:VolumeP-Throughput.gp3", "40.9600000000", "GiBps-mo", "Provisioned Throughput", region),
        ebs("EBS:SnapshotUsage", "0.0500000000", "GB-Mo", "Storage Snapshot", region),
        ebs("EBS:SnapshotArchiveStorage", "0.0125000000", "GB-Mo", "Storage Snapshot", region),
        ebs("EBS:SnapshotUsageUnderBilling", "0.0000000000", "GB-Mo", "Storage Snapshot", region),
        ebs("NatGateway-Hours", "0.0450000000", "Hrs", "NAT Gateway", region, operation="NatGateway"),
        ebs("RegionalNatGateway-Hours", "0.0700000000", "Hrs", "NAT Gateway", region, operation="RegionalNatGateway"),
        ebs("NatGateway-Bytes", "0.0450000000", "GB", "NAT Gateway", region, operation="NatGateway"),
        *(
            offer("AmazonVPC", f"PublicIPv4:{usage}", "0.0050000000", "Hrs", region=region, group="VPCPublicIPv4Address")
            for usage in ("InUseAddress", "IdleAddress")
        ),
        *(
            offer("AWSELB", usage, usd, "Hrs", region=region, family=family, operation=operation)
            for usage, usd, family, operation in (
                ("LoadBalancerUsage", "0.0250000000", "Load Balancer", "LoadBalancing"),
                ("LoadBalancerUsage", "0.0225000000", "Load Balancer-Application", "LoadBalancing:Application"),
                ("LoadBalancerUsage", "0.0230000000", "Load Balancer-Network", "LoadBalancing:Network"),
                ("TS-LoadBalancerUsage", "0.0056000000", "Load Balancer-Application", "LoadBalancing:Application"),
                ("Outposts-LoadBalancerUsage", "0.0225000000", "Load Balancer-Application", "LoadBalancing:Application"),
                ("LCUUsage", "0.0080000000", None, "LoadBalancing:Application"),
            )
        ),
        *(
            offer("AWSLambda", usage, usd, unit, region=region, family="Serverless", group=group)
            for usage, usd, unit, group in (
                ("Request", "0.0000002000", "Requests", "AWS-Lambda-Requests"),
                (
                    "Lambda-GB-Second",
                    [("0", "0.0000166667"), ("6000000000", "0.0000150000"), ("15000000000", "0.0000133334")],
                    "Lambda-GB-Second",
                    "AWS-Lambda-Duration",
                ),
                ("Lambda-GB-Second-ARM", [("0", "0.0000133334"), ("7500000000", "0.0000120001")], "Second", "AWS-Lambda-Duration-ARM"),
                ("Lambda-Provisioned-Concurrency", "0.0000041667", "Lambda-GB-Second", "AWS-Lambda-Provisioned-Concurrency"),
                ("Lambda-Provisioned-GB-Second", "0.0000097222", "Lambda-GB-Second", "AWS-Lambda-Duration-Provisioned"),
                ("Lambda-Provisioned-GB-Second-ARM", "0.0000077778", "Lambda-GB-Second", "AWS-Lambda-Duration-Provisioned-ARM"),
            )
        ),
        *(
            rds(f"{az[where]}:db.m6g.xl", usd, "Hrs", "Database Instance", region, engine, instanceType="db.m6g.xlarge",
                deploymentOption=where)
            for engine, where, usd in (
                ("PostgreSQL", "Single-AZ", "0.3180000000"),
                ("PostgreSQL", "Multi-AZ", "0.6360000000"),
                ("MySQL", "Single-AZ", "0.3040000000"),
                ("SQL Server", "Single-AZ", "1.2000000000"),
            )
        ),
        *(
            rds(f"{usage}:db.r6g.2xl", usd, "Hrs", "Database Instance", region, "Aurora PostgreSQL", instanceType="db.r6g.2xlarge",
                deploymentOption="Single-AZ", storage=storage)
            for usage, usd, storage in (
                ("InstanceUsage", "1.0380000000", "EBS Only"),
                ("InstanceUsageIOOptimized", "1.3490000000", "Aurora IO Optimization Mode"),
            )
        ),
        rds("RDS:GP3-Storage", "0.1150000000", "GB-Mo", "Database Storage", region, deploymentOption="Single-AZ"),
        rds("RDS:Multi-AZ-GP3-Storage", "0.2300000000", "GB-Mo", "Database Storage", region, deploymentOption="Multi-AZ"),
        rds("RDS:Multi-AZCluster-GP3-Storage", "0.3450000000", "GB-Mo", "Database Storage", region),
        rds("RDS:Mirror-GP3-Storage", "0.2400000000", "GB-Mo", "Database Storage", region, "SQL Server"),
        rds("Aurora:StorageUsage", "0.1000000000", "GB-Mo", "Database Storage", region, "Aurora PostgreSQL"),
        rds("RDS:GP3-PIOPS", "0.0200000000", "IOPS-Mo", "Provisioned IOPS", region, "PostgreSQL"),
        rds("RDS:ChargedBackupUsage", "0.0950000000", "GB-Mo", "Storage Snapshot", region, "PostgreSQL"),
        rds("RDS:ChargedBackupUsage", "0.0950000000", "GB-Mo", "Storage Snapshot", region, "MySQL"),
        rds("Aurora:StorageIOUsage", "0.0000002000", "IOs", "System Operation", region, "Aurora MySQL"),
        rds("Aurora:ServerlessV2Usage", "0.1200000000", "ACU-Hr", "ServerlessV2", region, "Aurora PostgreSQL"),
        *(
            rds(f"ExtendedSupport:{short}:{engine}", usd, "vCPU-hour", None, region, extendedSupportPricingYear=years)
            for short, years, engine, usd in (
                ("Yr1-Yr2", "Year 1, Year 2", "PostgreSQL11", "0.1000000000"),
                ("Yr1-Yr2", "Year 1, Year 2", "MySQL5.7", "0.1000000000"),
                ("Yr1-Yr2", "Year 1, Year 2", "AuroraMySQL2", "0.1010000000"),
                ("Yr1-Yr2", "Year 1, Year 2", "AuroraPostgreSQL11", "0.1020000000"),
                ("Yr1-Yr2", "Year 1, Year 2", "Any13", "0.0990000000"),
                ("Yr3", "Year 3", "PostgreSQL11", "0.2000000000"),
            )
        ),
        *(
            rds(f"ExtendedSupport:{short}:ASv2:{version}", usd, "ACU-hour", None, region, extendedSupportPricingYear=years)
            for short, years, version, usd in (
                ("Yr1-Yr2", "Year 1, Year 2", "AuroraPostgreSQL13", "0.0850000000"),
                ("Yr1-Yr2", "Year 1, Year 2", "Any14", "0.0850000000"),
                ("Yr1-Yr2", "Year 1, Year 2", "Any8.0", "0.0860000000"),
                ("Yr3", "Year 3", "Any13", "0.1700000000"),
            )
        ),
        rds("RDS:PIOPS-Storage-IO2", "0.1250000000", "GB-Mo", "Database Storage", region, deploymentOption="Single-AZ"),
        rds("RDS:GP3-Throughput", "0.0800000000", "MBPS-Mo", "Provisioned Throughput", region, "PostgreSQL"),
        ebs("EBS:FastSnapshotRestore", "0.7500000000", "DSU-Hours", "Fast Snapshot Restore", region),
        ebs("CPUCredits:t3", "0.0500000000", "vCPU-Hours", "CPU Credits", region, operatingSystem="Linux"),
        ebs("CPUCredits:t3", "0.0960000000", "vCPU-Hours", "CPU Credits", region, operatingSystem="Windows"),
        ebs("CPUCredits:t3", "0.0500000000", "vCPU-Hours", "CPU Credits", region, operatingSystem="RHEL"),
    ]  # fmt: skip


class PriceListServer:
    """The server, until its block is left.

    `page`: products on a page at most. `throttle_first`: so many requests are refused with ThrottlingException before the first is
    answered. `fail_from`: from the request of that number on (1 is the first), all are refused with `code`.
    """

    def __init__(
        self,
        products: Iterable[dict[str, Any] | str],
        *,
        page: int = MAX_PAGE,
        throttle_first: int = 0,
        fail_from: int | None = None,
        code: str = "AccessDeniedException",
    ) -> None:
        self.products = list(products)
        self.requests: list[dict[str, Any]] = []
        self._page, self._throttle_first, self._fail_from, self._code = page, throttle_first, fail_from, code
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What turns boto3's pricing in another process here."""
        return {"AWS_ENDPOINT_URL_PRICING": self.url, "NO_PROXY": "127.0.0.1"}

    def answer(self, target: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the body for a request."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        if target != TARGET:
            return _refusal("UnknownOperationException", f"only {TARGET} is spoken here")
        if number <= self._throttle_first:
            return _refusal("ThrottlingException", "Rate exceeded")
        if self._fail_from is not None and number >= self._fail_from:
            return _refusal(self._code, "scripted")
        if not 1 <= request.get("MaxResults", MAX_PAGE) <= MAX_PAGE or request.get("FormatVersion", "aws_v1") != "aws_v1":
            return _refusal("InvalidParameterException", "MaxResults is 1 to 100, FormatVersion aws_v1")
        found = [one for one in self.products if isinstance(one, str) or _matches(one, request["ServiceCode"], request.get("Filters", []))]
        start = int(request.get("NextToken", "0"))
        end = start + min(self._page, request.get("MaxResults", MAX_PAGE))
        listed = [one if isinstance(one, str) else json.dumps(one) for one in found[start:end]]
        more = {"NextToken": str(end)} if end < len(found) else {}
        return 200, {"FormatVersion": "aws_v1", "PriceList": listed, **more}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def _refusal(code: str, message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": f"com.amazonaws.pricing#{code}", "message": message}


def _matches(one: dict[str, Any], service: str, filters: Sequence[Mapping[str, str]]) -> bool:
    """TERM_MATCH on the attributes; productFamily stands beside them, ServiceCode too."""
    product = one["product"]
    known = {**product["attributes"], "productFamily": product.get("productFamily"), "ServiceCode": one["serviceCode"]}
    return one["serviceCode"] == service and all(
        wanted["Type"] == "TERM_MATCH" and known.get(wanted["Field"]) == wanted["Value"] for wanted in filters
    )


def _handler(price_list: PriceListServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the name is http.server's
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            status, content = price_list.answer(self.headers.get("X-Amz-Target", ""), request)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the requests are in `requests`."""

    return Handler
