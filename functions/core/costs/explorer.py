"""Cost Explorer: one query in, plain rows out, every page of it. What it refuses is NoBill, with the reason for people.

A partition has one endpoint of it, for "aws" in us-east-1 (https://docs.aws.amazon.com/general/latest/gr/billing.html): give an `Aws` of
that region, `partitions.home`. Each request is counted by `aws.meter`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.costs.queries import Query
from functions.core.costs.rows import CostRow, EngineRow, NoBill, ReservationRow, SavingsPlanRow
from functions.core.errors import Denied, Throttled
from functions.core.outside.pages import Endless, Tokens
from functions.core.services import instance_hours

IAM = ("ce:GetCostAndUsage", "ce:GetSavingsPlansUtilizationDetails", "ce:GetReservationUtilization", "ce:GetReservationCoverage")
"""Everything that is asked of it."""

NOT_ENABLED = "not enabled for cost explorer"
"""In the message of the AccessDeniedException of an account that has not enabled Cost Explorer, or whose payer keeps it from its members.
https://docs.aws.amazon.com/cost-management/latest/userguide/ce-enable.html"""
NO_DATA = "DataUnavailableException"
AGAIN = frozenset({"LimitExceededException", "InvalidNextTokenException", "RequestChangedException"})
"""Too many requests, or pages that no longer fit together: the state machine asks again, from the first page."""

Row = CostRow | SavingsPlanRow | ReservationRow | EngineRow
Rows = tuple[Row, ...]
TOKENS = {
    "GetCostAndUsage": "NextPageToken",
    "GetReservationUtilization": "NextPageToken",
    "GetReservationCoverage": "NextPageToken",
    "GetSavingsPlansUtilizationDetails": "NextToken",
}
ADAPTERS: Mapping[str, TypeAdapter[Any]] = {
    "GetCostAndUsage": TypeAdapter(tuple[CostRow, ...]),
    "GetReservationUtilization": TypeAdapter(tuple[ReservationRow, ...]),
    "GetReservationCoverage": TypeAdapter(tuple[EngineRow, ...]),
    "GetSavingsPlansUtilizationDetails": TypeAdapter(tuple[SavingsPlanRow, ...]),
}
"""How the rows of an operation are written and read."""


def ask(aws: Aws, query: Query, before_page: Callable[[], object] = lambda: None) -> Rows:
    """The rows of a query's answer. `before_page` is called before each request.

    Raises NoBill, and Throttled when Cost Explorer asks for patience or fails on its side.
    """
    try:
        return tuple(row for page in _pages(aws, query, before_page) for row in _rows(query, page))
    except Denied as denied:
        raise NoBill(_denied(denied)) from denied
    except Endless as endless:
        raise NoBill(str(endless)) from endless
    except UNREACHABLE as error:
        raise NoBill(f"Cost Explorer cannot be reached: {error}") from error
    except ClientError as error:
        code, message = (error.response.get("Error", {}).get(name, "") for name in ("Code", "Message"))
        if code in AGAIN or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise Throttled(f"ce:{query.operation}: {code}: {message}") from error
        if code == NO_DATA and query.operation == "GetSavingsPlansUtilizationDetails":
            return ()  # it says so when there are no plans
        raise NoBill(f"ce:{query.operation}: {code}: {message}") from error


def _denied(denied: Denied) -> str:
    if NOT_ENABLED in str(denied).lower():
        return f"{denied} (enable it in the Billing console of the account, and for members in that of the management account)"
    return str(denied)


def _pages(aws: Aws, query: Query, before_page: Callable[[], object]) -> Iterator[Mapping[str, Any]]:
    name = TOKENS[query.operation]
    token: dict[str, str] = {}
    tokens = Tokens(f"ce:{query.operation}")
    while True:
        before_page()
        page = aws.call("ce", query.operation, **query.parameters, **token)
        yield page
        if not page.get(name):
            return
        tokens.check(page[name])
        token = {name: page[name]}


def _rows(query: Query, page: Mapping[str, Any]) -> Iterable[Row]:
    if query.operation == "GetCostAndUsage":
        return _costs(page)
    if query.operation == "GetReservationUtilization":
        return _reservations(page, query.parameters["Filter"]["Dimensions"]["Values"][0])
    if query.operation == "GetReservationCoverage":
        return _by_engine(page, query.parameters["Filter"]["And"][0]["Dimensions"]["Values"][0])
    return map(_plan, page.get("SavingsPlansUtilizationDetails", ()))


def _costs(page: Mapping[str, Any]) -> Iterator[CostRow]:
    """Groups in which nothing was used and nothing paid are left out."""
    for period in page.get("ResultsByTime", ()):
        start, end = (date.fromisoformat(period["TimePeriod"][name][:10]) for name in ("Start", "End"))
        for group in period.get("Groups", ()):
            names = ("UnblendedCost", "AmortizedCost", "NetAmortizedCost", "UsageQuantity")
            metrics = [group["Metrics"].get(name, {}) for name in names]
            unblended, amortized, net, quantity = amounts = [_number(metric.get("Amount")) for metric in metrics]
            if any(amounts):
                unit, currency = (_said(metric.get("Unit")) for metric in (metrics[-1], metrics[0]))
                yield CostRow(start, end, tuple(group["Keys"]), unblended, amortized, net, quantity, unit, currency)


def _said(unit: str | None) -> str:
    """AWS's "N/A" is of a sum of unlike units, or of nothing that has one."""
    return "" if unit in (None, "N/A") else str(unit)


def _plan(detail: Mapping[str, Any]) -> SavingsPlanRow:
    attributes, utilization = _Attributes(detail), detail.get("Utilization", {})
    return SavingsPlanRow(
        arn=detail.get("SavingsPlanArn") or attributes["SavingsPlanARN"],
        type=attributes["SavingsPlansType"],
        account=attributes["AccountId"],
        region=attributes["Region"],
        family=attributes["InstanceFamily"],
        ends=_day(attributes["EndDateTime"]),
        hourly_commitment=_number(attributes["HourlyCommitment"]),
        committed=_number(utilization.get("TotalCommitment")),
        used=_number(utilization.get("UsedCommitment")),
        unused=_number(utilization.get("UnusedCommitment")),
        utilization=_number(utilization.get("UtilizationPercentage")) / 100,
        on_demand=_number(detail.get("Savings", {}).get("OnDemandCostEquivalent")),
    )


def _product(billed_as: str) -> str:
    """The price book's name of a service."""
    return next(name for name, hours in instance_hours().items() if hours.billed_as == billed_as)


def _by_engine(page: Mapping[str, Any], billed_as: str) -> Iterator[EngineRow]:
    """What has no engine or deployment is left out: it tells nothing."""
    service = _product(billed_as)
    for period in page.get("CoveragesByTime", ()):
        for group in period.get("Groups", ()):
            attributes, hours = _Attributes(group), group.get("Coverage", {}).get("CoverageHours", {})
            engine, deployment = (attributes[name].lower().replace(" ", "-") for name in ("databaseEngine", "deploymentOption"))
            if engine and deployment:
                yield EngineRow(
                    service=service,
                    account=attributes["linkedAccount"] or attributes["accountId"],
                    region=attributes["region"],
                    family=attributes["instanceType"].rpartition(".")[0],
                    engine=engine,
                    deployment=deployment,
                    reserved_hours=_number(hours.get("ReservedHours")),
                    hours=_number(hours.get("TotalRunningHours")),
                )


def _reservations(page: Mapping[str, Any], billed_as: str) -> Iterator[ReservationRow]:
    service = _product(billed_as)
    for period in page.get("UtilizationsByTime", ()):
        for group in period.get("Groups", ()):
            attributes, utilization = _Attributes(group), group.get("Utilization", {})
            instance_type = attributes["instanceType"]
            yield ReservationRow(
                id=attributes["subscriptionId"] or group.get("Value", ""),
                service=service,
                account=attributes["accountId"],
                region=attributes["region"],
                instance_type=instance_type,
                family=instance_type.rpartition(".")[0],
                count=int(_number(attributes["numberOfInstances"])),
                ends=_day(attributes["endDateTime"]),
                utilization=_number(utilization.get("UtilizationPercentage")) / 100,
                purchased_hours=_number(utilization.get("PurchasedHours")),
                used_hours=_number(utilization.get("TotalActualHours")),
                fee=_number(utilization.get("TotalAmortizedFee")),
                unused=_number(utilization.get("RICostForUnusedHours")),
                on_demand=_number(utilization.get("OnDemandCostOfRIHoursUsed")),
            )


class _Attributes:
    """What AWS says of a commitment: names that are in no model, so that their capitals are not relied on. "" for what it does not say."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self._known = {name.lower().replace("_", ""): value for name, value in of.get("Attributes", {}).items()}

    def __getitem__(self, name: str) -> str:
        value = self._known.get(name.lower()) or ""
        return "" if value in ("NA", "N/A", "-") else str(value)


def _number(text: str | None) -> float:
    """AWS writes numbers as text, and nothing or NA where there is none."""
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _day(text: str) -> date | None:
    """2027-03-01T00:00:00.000Z → its day."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
