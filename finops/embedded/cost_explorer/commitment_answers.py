"""What Cost Explorer answers about commitments: GetSavingsPlansUtilizationDetails and GetReservationUtilization.

The shapes are botocore's `ce` model. The attributes' names are in no model; they are those that programs read which use the two operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from finops.embedded.cost_explorer.answers import interval, text
from finops.embedded.cost_explorer.ledger import Ledger, Reservation, Row, SavingsPlan
from finops.embedded.cost_explorer.requests import Json, Refused, asked_for, days, groups, invalid, matcher, page_of, periods

PLAN_DIMENSIONS = {
    "LINKED_ACCOUNT": "account",
    "SAVINGS_PLAN_ARN": "arn",
    "SAVINGS_PLANS_TYPE": "type",
    "REGION": "region",
    "PAYMENT_OPTION": "payment",
    "INSTANCE_TYPE_FAMILY": "family",
}
RESERVATION_DIMENSIONS = {"SERVICE": "service", "LINKED_ACCOUNT": "account", "REGION": "region", "INSTANCE_TYPE": "instance_type"}
EC2 = "Amazon Elastic Compute Cloud - Compute"
UNITS = {"nano": 0.25, "micro": 0.5, "small": 1, "medium": 2, "large": 4}
"""Normalisation factors; xlarge is 8, Nxlarge 8 × N. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html"""


def savings_plans_utilization_details(ledger: Ledger, request: Json, today: date, page_size: int) -> dict[str, Any]:
    """GetSavingsPlansUtilizationDetails. Without a plan AWS says that the data is unavailable, not that there are none."""
    start, end = days(request, today, finished=True)
    wanted = matcher(request.get("Filter"), PLAN_DIMENSIONS, operators=("And",))
    plans = [plan for plan in ledger.plans if wanted(plan) and _hours(plan, start, end)]
    if not plans:
        raise Refused("DataUnavailableException", "Data is not available. Please try to adjust the time period.")
    parts = request.get("DataType") or ["ATTRIBUTES", "UTILIZATION", "AMORTIZED_COMMITMENT", "SAVINGS"]
    first, last, onwards = page_of(request, len(plans), request.get("MaxResults") or page_size, "NextToken")
    details = [_plan(plan, ledger.rows, start, end) for plan in plans]
    return {
        "SavingsPlansUtilizationDetails": [
            {"SavingsPlanArn": plan.arn, **({"Attributes": _plan_attributes(plan)} if "ATTRIBUTES" in parts else {}), **_asked(sums, parts)}
            for plan, sums in zip(plans[first:last], details[first:last], strict=True)
        ],
        "Total": _asked([sum(column) for column in zip(*details, strict=True)], ("UTILIZATION", "AMORTIZED_COMMITMENT", "SAVINGS")),
        "TimePeriod": interval(start, end),
        **onwards,
    }


def _hours(commitment: SavingsPlan | Reservation, start: date, end: date) -> int:
    """Hours of [start, end) in which a commitment runs."""
    return max(0, (min(commitment.end, end) - max(commitment.start, start)).days) * 24


def _plan(plan: SavingsPlan, rows: Iterable[Row], start: date, end: date) -> list[float]:
    """Commitment, the part of it that was used, and what the covered usage would cost on demand; USD."""
    covered = [row for row in rows if row.plan == plan.arn and row.record_type == "SavingsPlanCoveredUsage"]
    used, on_demand = (
        sum(row.days_in(start, end) * row.amount(metric) for row in covered) for metric in ("AmortizedCost", "UnblendedCost")
    )
    return [plan.hourly * _hours(plan, start, end), used, on_demand]


def _asked(sums: Sequence[float], parts: Sequence[str]) -> dict[str, Any]:
    total, used, on_demand = sums
    made = {
        "UTILIZATION": {
            "Utilization": {
                "TotalCommitment": text(total),
                "UsedCommitment": text(used),
                "UnusedCommitment": text(total - used),
                "UtilizationPercentage": text(_percent(used, total)),
            }
        },
        "SAVINGS": {"Savings": {"NetSavings": text(on_demand - total), "OnDemandCostEquivalent": text(on_demand)}},
        "AMORTIZED_COMMITMENT": {
            "AmortizedCommitment": {
                "AmortizedRecurringCommitment": text(total),
                "AmortizedUpfrontCommitment": "0",
                "TotalAmortizedCommitment": text(total),
            }
        },
    }
    return {name: value for part, shape in made.items() if part in parts for name, value in shape.items()}


def _plan_attributes(plan: SavingsPlan) -> dict[str, str]:
    return {
        "SavingsPlanARN": plan.arn,
        "SavingsPlansType": plan.type,
        "AccountId": plan.account,
        "AccountName": f"account {plan.account}",
        "Region": plan.region,
        "InstanceFamily": plan.family,
        "PaymentOption": plan.payment,
        "PurchaseTerm": plan.term,
        "HourlyCommitment": text(plan.hourly),
        "UpfrontFee": "0",
        "RecurringHourlyFee": text(plan.hourly),
        "StartDateTime": f"{plan.start}T00:00:00.000Z",
        "EndDateTime": f"{plan.end}T00:00:00.000Z",
        "Status": "Active",
    }


def reservation_utilization(ledger: Ledger, request: Json, today: date, page_size: int) -> dict[str, Any]:
    """GetReservationUtilization. It speaks of one service, which is EC2 when the filter names none; grouped, it tells the whole period."""
    start, end = days(request, today, finished=True)
    grouped = bool(groups(request, ("SUBSCRIPTION_ID",)))
    if grouped and request.get("Granularity"):
        raise invalid("If GroupBy is set, Granularity can't be set")
    services = asked_for(request.get("Filter"), "SERVICE") or [EC2]
    if len(services) > 1:
        raise invalid("The SERVICE filter takes one value")
    wanted = matcher(request.get("Filter"), RESERVATION_DIMENSIONS, operators=("And",))
    found = [one for one in ledger.reservations if one.service == services[0] and wanted(one) and _hours(one, start, end)]
    first, last, onwards = page_of(request, len(found) if grouped else 0, request.get("MaxResults") or page_size, "NextPageToken")
    spans = [(start, end)] if grouped else periods(request.get("Granularity") or "DAILY", start, end)

    def total(span: tuple[date, date]) -> list[float]:
        return [sum(column) for column in zip(*(_reserved(one, ledger.rows, *span) for one in found), [0.0] * 6, strict=True)]

    return {
        "UtilizationsByTime": [
            {
                "TimePeriod": interval(*span),
                "Groups": [_subscription(one, _reserved(one, ledger.rows, *span)) for one in found[first:last]],
                "Total": _aggregates(total(span)),
            }
            for span in spans
        ],
        "Total": _aggregates(total((start, end))),
        **onwards,
    }


def _reserved(one: Reservation, rows: Iterable[Row], start: date, end: date) -> list[float]:
    """Hours bought and used, the same in normalised units, and USD: the fee, and what the used hours would cost on demand."""
    bought = float(one.count * _hours(one, start, end))
    used = sum(row.days_in(start, end) * row.quantity for row in rows if row.reservation == one.id and row.record_type == "DiscountedUsage")
    factor = units(one.instance_type)
    return [bought, used, bought * factor, used * factor, bought * one.hourly, used * one.on_demand]


def units(instance_type: str) -> float:
    """The normalisation factor of a type or class."""
    size = instance_type.rpartition(".")[2]
    return UNITS.get(size) or 8.0 * float(size.removesuffix("xlarge") or 1)


def _aggregates(sums: Sequence[float]) -> dict[str, str]:
    bought, used, bought_units, used_units, fee, on_demand = sums
    unused_fee = fee * (bought - used) / bought if bought else 0.0
    potential = on_demand * bought / used - fee if used else 0.0
    amounts: dict[str, float] = {
        "UtilizationPercentage": _percent(used, bought),
        "UtilizationPercentageInUnits": _percent(used_units, bought_units),
        "PurchasedHours": bought,
        "PurchasedUnits": bought_units,
        "TotalActualHours": used,
        "TotalActualUnits": used_units,
        "UnusedHours": bought - used,
        "UnusedUnits": bought_units - used_units,
        "OnDemandCostOfRIHoursUsed": on_demand,
        "NetRISavings": on_demand - fee,
        "TotalPotentialRISavings": potential,
        "AmortizedUpfrontFee": 0.0,
        "AmortizedRecurringFee": fee,
        "TotalAmortizedFee": fee,
        "RICostForUnusedHours": unused_fee,
        "RealizedSavings": on_demand - (fee - unused_fee),
        "UnrealizedSavings": potential - (on_demand - fee) - unused_fee,
    }
    return {name: text(amount) for name, amount in amounts.items()}


def _subscription(one: Reservation, sums: Sequence[float]) -> dict[str, Any]:
    """AWS's names for a reservation's attributes; the service is not among them."""
    attributes = {
        "accountId": one.account,
        "accountName": f"account {one.account}",
        "subscriptionId": one.id,
        "leaseId": f"ri-{one.id}",
        "instanceType": one.instance_type,
        "region": one.region,
        "availabilityZone": "NA",
        "platform": one.platform,
        "scope": "Region",
        "tenancy": "Shared",
        "numberOfInstances": str(one.count),
        "subscriptionType": one.payment,
        "subscriptionStatus": "Active",
        "offeringType": "STANDARD",
        "startDateTime": f"{one.start}T00:00:00.000Z",
        "endDateTime": f"{one.end}T00:00:00.000Z",
        "averageOnDemandHourlyRate": text(one.on_demand),
        "hourlyRecurringFee": text(one.hourly),
        "effectiveHourlyRate": text(one.hourly),
        "upfrontFee": "0",
    }
    return {"Key": "SUBSCRIPTION_ID", "Value": one.id, "Attributes": attributes, "Utilization": _aggregates(sums)}


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0
