"""The tables of Data Exports in one shape: what is read of CUR 2.0 and of FOCUS, as expressions of SQL that Athena and DuckDB both know.

An export has the columns that its owner chose. What is missing and can be done without is NULL; what cannot is said by name. All values go
through text: in CSV they are text, in Parquet some rates are, and other tools than AWS write the text NULL for nothing.
https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html and
https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-aws.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass

from functions.core.costs.rows import NoBill

FIELDS = (
    "account", "region", "service", "resource", "currency", "day", "cost", "list_cost",
    "usage_type", "operation", "unit", "quantity", "on_demand",
)  # fmt: skip
"""What `select` gives of a line: text but for costs, quantity and `on_demand`, a truth. `region` may be NULL; `service` is a code such as
AmazonEC2."""
ANSWER = ("account", "region", "service", "resource", "currency", "cost", "list_cost", "first_day", "last_day")
"""Of the query over them (resources.py), in this order. Costs are of the window; days, YYYY-MM-DD, of a resource's lines."""
DISCOUNTS = ("EdpDiscount", "PrivateRateDiscount", "BundledDiscount", "Discount")
"""Lines that take something off another line; where the export has net costs, those have it in them.
https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html"""

CHOOSE = "choose it in the export's query"
Columns = Collection[str]


def _text(column: str) -> str:
    return f"NULLIF(NULLIF(TRIM(CAST({column} AS varchar)), ''), 'NULL')"


@dataclass(slots=True, frozen=True)
class Shape:
    """One kind of table. `needs`: the columns without which nothing can be said, with what to do about it; `may_have`: the others.

    `rates_need`: one of each set, for rates. `net`: the column that has costs after discounts. `fields` and `where` make the expressions
    from the columns that are there.
    """

    name: str
    sign: str
    needs: Mapping[str, str]
    may_have: tuple[str, ...]
    rates_need: tuple[Set[str], ...]
    net: str
    fields: Callable[[_Have], Mapping[str, str]]
    where: str

    def select(self, columns: Columns, table: str) -> str:
        """The lines of a table in terms of FIELDS. Raises NoBill for a column that is needed and not there."""
        for column, remedy in self.needs.items():
            if column not in columns:
                raise NoBill(f"the export has no column {column}: {remedy}")
        of = self.fields(_Have(frozenset(columns)))
        fields = ", ".join(f"{of[field]} AS {field}" for field in FIELDS)
        return f"SELECT {fields} FROM {table} WHERE {self.where}"  # noqa: S608 - of the words in this file

    def can_rate(self, columns: Columns) -> str:
        """ "" where the columns are there of which rates are made, else which is not."""
        missing = next((sorted(some) for some in self.rates_need if some.isdisjoint(columns)), None)
        return f"the export has no column {' or '.join(missing)}: {CHOOSE}" if missing else ""


@dataclass(slots=True, frozen=True)
class _Have:
    """The columns that an export has."""

    columns: frozenset[str]

    def text(self, *names: str) -> str:
        """The first of the columns that says something."""
        return _first([_text(name) for name in names if name in self.columns], "varchar")

    def number(self, *names: str) -> str:
        return _first([f"TRY_CAST({_text(name)} AS double)" for name in names if name in self.columns], "double")

    def any(self, *names: str) -> bool:
        return not self.columns.isdisjoint(names)


def _first(expressions: list[str], type_: str) -> str:
    if len(expressions) > 1:
        return f"COALESCE({', '.join(expressions)})"
    return expressions[0] if expressions else f"CAST(NULL AS {type_})"


def _day(column: str) -> str:
    """YYYY-MM-DD of a moment, which CSV writes 2026-11-01T00:00:00.000Z."""
    return f"SUBSTR({_text(column)}, 1, 10)"


def _cur2(have: _Have) -> Mapping[str, str]:
    """What a line costs net, and with what a plan or a reservation costs for it: "amortised" in Cost Explorer."""
    on_demand = have.number("line_item_net_unblended_cost", "line_item_unblended_cost")
    reserved = have.number("reservation_net_effective_cost", "reservation_effective_cost")
    planned = have.number("savings_plan_net_savings_plan_effective_cost", "savings_plan_savings_plan_effective_cost")
    discount = "0.0" if have.any("line_item_net_unblended_cost") else have.number("line_item_unblended_cost")
    of = "line_item_line_item_type"
    named = ", ".join(f"'{name}'" for name in DISCOUNTS)
    return {
        "account": have.text("line_item_usage_account_id"),
        "region": have.text("product_region_code"),
        "service": have.text("line_item_product_code", "product_servicecode"),
        "resource": have.text("line_item_resource_id"),
        "currency": have.text("line_item_currency_code"),
        "day": _day("line_item_usage_start_date"),
        "cost": f"CASE WHEN {of} = 'DiscountedUsage' THEN {reserved} WHEN {of} = 'SavingsPlanCoveredUsage' THEN {planned} "
        f"WHEN {of} IN ({named}) THEN {discount} ELSE {on_demand} END",
        "list_cost": have.number("pricing_public_on_demand_cost"),
        "usage_type": have.text("line_item_usage_type"),
        "operation": have.text("line_item_operation"),
        "unit": have.text("pricing_unit"),
        "quantity": have.number("line_item_usage_amount"),
        "on_demand": f"{of} = 'Usage'",
    }


def _focus(have: _Have) -> Mapping[str, str]:
    return {
        "account": have.text("SubAccountId"),
        "region": have.text("RegionId"),
        "service": have.text("x_ServiceCode", "ServiceName"),
        "resource": have.text("ResourceId"),
        "currency": have.text("BillingCurrency"),
        "day": _day("ChargePeriodStart"),
        "cost": have.number("EffectiveCost"),
        "list_cost": have.number("ListCost"),
        "usage_type": have.text("SkuMeter", "x_UsageType"),
        "operation": have.text("x_Operation"),
        "unit": have.text("PricingUnit"),
        "quantity": have.number("PricingQuantity"),
        "on_demand": f"{have.text('PricingCategory')} = 'Standard'",
    }


CUR2 = Shape(
    "CUR 2.0",
    "line_item_line_item_type",
    {
        "line_item_resource_id": "create the export with resource ids (INCLUDE_RESOURCES)",
        "line_item_usage_account_id": CHOOSE,
        "line_item_usage_start_date": CHOOSE,
        "line_item_unblended_cost": CHOOSE,
    },
    (
        "line_item_net_unblended_cost",
        "line_item_product_code",
        "line_item_currency_code",
        "product_servicecode",
        "product_region_code",
        "pricing_public_on_demand_cost",
        "reservation_effective_cost",
        "reservation_net_effective_cost",
        "savings_plan_savings_plan_effective_cost",
        "savings_plan_net_savings_plan_effective_cost",
        "line_item_usage_type",
        "line_item_operation",
        "line_item_usage_amount",
        "pricing_unit",
    ),
    ({"line_item_usage_type"}, {"line_item_usage_amount"}, {"line_item_product_code", "product_servicecode"}),
    "line_item_net_unblended_cost",
    _cur2,
    "line_item_line_item_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', "
    + ", ".join(f"'{name}'" for name in DISCOUNTS)
    + ")",
)
"""SavingsPlanNegation, fees, credits, refunds and taxes are no resource's: a covered line has the plan's part in its effective cost."""
FOCUS = Shape(
    "FOCUS",
    "ChargeCategory",
    {"ResourceId": CHOOSE, "SubAccountId": CHOOSE, "ChargePeriodStart": CHOOSE, "EffectiveCost": CHOOSE},
    (
        "RegionId",
        "x_ServiceCode",
        "ServiceName",
        "BillingCurrency",
        "ListCost",
        "SkuMeter",
        "x_UsageType",
        "x_Operation",
        "PricingCategory",
        "PricingQuantity",
        "PricingUnit",
    ),
    ({"SkuMeter", "x_UsageType"}, {"PricingQuantity"}, {"PricingCategory"}, {"x_ServiceCode"}),
    "EffectiveCost",
    _focus,
    "ChargeCategory = 'Usage'",
)
"""1.0 and 1.2 with AWS's columns call what is read here the same, but for the usage type: 1.2 has it in SkuMeter. EffectiveCost has the
commitments' part in it."""
SHAPES = (CUR2, FOCUS)
KNOWN = tuple(column for shape in SHAPES for column in (shape.sign, *shape.needs, *shape.may_have))


def shape_of(columns: Columns) -> Shape:
    """Raises NoBill for a table that is neither."""
    found = next((shape for shape in SHAPES if shape.sign in columns), None)
    if found is None:
        raise NoBill(f"the export has none of the columns {' and '.join(shape.sign for shape in SHAPES)}: it is neither CUR 2.0 nor FOCUS")
    return found


def type_of(column: str) -> str:
    """A column's type in the Glue table of a Parquet export, of those that are read here."""
    if column in ("line_item_usage_start_date", "ChargePeriodStart"):
        return "timestamp"
    return "double" if column.lower().endswith(("cost", "quantity", "usage_amount")) else "string"
