"""Extended Support: when AWS begins to charge for an old major version by the vCPU, and what it charges.

The dates come from AWS where the API gives them (DescribeDBMajorEngineVersions). For a version that it does not list, and where there
is no such operation, as in the embedded AWS, they come from the calendar below; a finding says which of the two. A missing permission
is neither: it is `Denied`.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-charges.html: charged from the day after standard support
ends, for the standby of a Multi-AZ instance too. Not for Aurora Serverless v1 (AuroraUserGuide/extended-support-versions.html).

Whether Aurora MySQL has a third-year rate is contradicted: its release calendar names a first day of it (1 December 2026 for version 2);
https://github.com/aws-samples/rds-extended-support-cost-estimator, quoting the pricing page, says that it pays the first years' rate all
along, and the Price List of December 2025 has no such product. So that rate is likely, Aurora PostgreSQL's the most that it can be, and
one in a refreshed slice settles it. When version 2's support ends is contradicted too, see `may_end`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from functions.core.aws.clients import Aws
from functions.core.aws.refusals import NotOffered
from functions.core.errors import Denied
from functions.core.model import Confidence, Evidence, Waste
from functions.core.money import Amount, Savings, saves
from functions.core.prices.book import Prices
from functions.scanners.rds import billing
from functions.scanners.rds.support_calendar import CALENDAR as CALENDAR
from functions.scanners.rds.support_calendar import Major
from functions.scanners.rds.support_calendar import SupportLifecycle as SupportLifecycle

OPERATION = "DescribeDBMajorEngineVersions"
IAM = f"rds:{OPERATION}"

EXTENDED = "open-source-rds-extended-support"
DISABLED = "open-source-rds-extended-support-disabled"
"""`EngineLifecycleSupport` of what AWS upgrades at the end of standard support instead of charging for it."""


TARGET = "TARGET is one of the versions that the first step lists."
TARGET_EXISTS = (
    "aws rds describe-db-engine-versions --region {region} --engine {engine} --engine-version {version}"
    " --query 'DBEngineVersions[0].ValidUpgradeTarget[].EngineVersion' --output text | tee /dev/stderr | grep -wF TARGET"
)
"""The first step of an upgrade: it lists the versions that there are, and ends there while TARGET is none of them."""


def _utc(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


ENGINES = frozenset(engine for engine, _ in CALENDAR)
"""The engines that have Extended Support at all."""


def major(engine: str, version: str) -> str:
    """ "8.0" of MySQL 8.0.35 and of Aurora's "8.0.mysql_aurora.3.04.0"; "13" of PostgreSQL 13.4."""
    parts = version.split(".")
    return ".".join(parts[:1] if "postgres" in engine and parts[0] != "9" else parts[:2])


def from_aws(answer: Mapping[str, Any]) -> tuple[Major, SupportLifecycle] | None:
    """One DBMajorEngineVersion of the reply, or None for an engine without Extended Support (MariaDB and those with a licence).

    AWS gives the span of Extended Support, but not that the charge began a month late for some, nor when the third year's rate begins:
    the calendar has that of the versions it knows, for others it is two years on. A beginning that AWS has moved on since is AWS's.
    """
    key = (answer["Engine"], answer["MajorEngineVersion"])
    spans = {span["LifecycleSupportName"]: span for span in answer.get("SupportedEngineLifecycles", ())}
    if EXTENDED not in spans:
        return None
    begins, ends = (_utc(spans[EXTENDED][f"LifecycleSupport{end}Date"]) for end in ("Start", "End"))
    known = CALENDAR.get(key)
    if known and begins <= known.charged_from:
        return key, SupportLifecycle(known.charged_from, known.year_3_from, ends, IAM)
    year_3 = date(begins.year + 2, begins.month, min(begins.day, 28))
    return key, SupportLifecycle(begins, year_3 if year_3 <= ends else None, ends, IAM)


@dataclass(slots=True)
class SupportDates:
    """The lifecycles in one region, asked for when the first engine that can have one shows up.

    AWS's refusal is noted in `aws.refused`, so that what needs no dates is judged all the same.
    """

    aws: Aws
    known: Mapping[Major, SupportLifecycle] | None = None

    def lifecycle(self, engine: str, version: str) -> SupportLifecycle | None:
        """The lifecycle of what runs this version; None when it has none, or when AWS refused to say."""
        if engine not in ENGINES:
            return None
        if self.known is None:
            self.known = self._ask()
        return self.known.get((engine, major(engine, version)))

    def _ask(self) -> Mapping[Major, SupportLifecycle]:
        try:
            listing = self.aws.pages("rds", OPERATION, "DBMajorEngineVersions")
            listed = dict(
                self.aws.readable(listing, lambda answer: ((answer["Engine"], answer["MajorEngineVersion"]), from_aws(answer)), [])
            )
        except Denied as denied:
            self.aws.refused = denied
            return {}
        except NotOffered:  # nothing else makes the calendar stand in
            return CALENDAR
        unlisted = {key: row for key, row in CALENDAR.items() if key not in listed}
        return unlisted | dict(found for found in listed.values() if found is not None)


DOUBTED, INSTEAD = "aurora-mysql", "aurora-postgresql"
"""The engine of which it is not known whether the third year costs more, and the one whose rate is then the most that it can be."""


def charge(engine: str, quantity: float, lifecycle: SupportLifecycle, as_of: datetime, prices: Prices, serverless: bool = False) -> Amount:
    """USD a month for so many vCPUs, or capacity units of Serverless v2, now or on the first day that is charged.

    The third year's rate, where it is not known, counts at the first years' rate: that is the least it can be.
    """
    first_years, third_year = (_rate(engine, year, quantity, prices, serverless) for year in ("year-1", "year-3"))
    if not _in_third_year(lifecycle, as_of) or (third_year.usd is None and engine == DOUBTED):
        return first_years
    if third_year.usd is None or third_year.stands_in != first_years.stands_in:
        why = third_year.formula if third_year.usd is None else f"no price known in {prices.region} for {third_year.prices[0].key}"
        return first_years.lacking(f"what the third year's rate adds ({why})")
    return third_year


def at_most(engine: str, quantity: float, lifecycle: SupportLifecycle, as_of: datetime, prices: Prices, serverless: bool = False) -> Amount:
    """The most that `charge` can be, where it is not known whether there is a third year's rate; else the same."""
    likely = charge(engine, quantity, lifecycle, as_of, prices, serverless)
    if engine != DOUBTED or not _in_third_year(lifecycle, as_of) or _rate(engine, "year-3", quantity, prices, serverless).usd is not None:
        return likely
    most = _rate(INSTEAD, "year-3", quantity, prices, serverless)
    return likely if most.usd is None or most.stands_in != likely.stands_in else most


def _in_third_year(lifecycle: SupportLifecycle, as_of: datetime) -> bool:
    return lifecycle.year_3_from is not None and max(_utc(as_of), lifecycle.charged_from) >= lifecycle.year_3_from


def _rate(engine: str, year: str, quantity: float, prices: Prices, serverless: bool) -> Amount:
    key = f"extended-support.{billing.book_name(engine)}{'.serverless-v2' if serverless else ''}.{year}"
    return prices.hourly(billing.SERVICE, key, quantity, "ACU" if serverless else "vCPU")


def due(lifecycle: SupportLifecycle, as_of: datetime, forecast_days: float) -> bool:
    """True when it is charged for, or will be within so many days."""
    return (lifecycle.charged_from - _utc(as_of)).days <= forecast_days


def charged(lifecycle: SupportLifecycle, as_of: datetime) -> bool:
    """True when it is charged for already."""
    return lifecycle.charged_from <= _utc(as_of)


def saving(bill: Amount, lifecycle: SupportLifecycle, as_of: datetime, most: Amount | None = None) -> Savings:
    """What an upgrade saves. Before the charge begins it saves nothing yet: likely is 0, and high is what it will be, `most` of all."""
    if charged(lifecycle, as_of) or bill.usd is None:
        return saves(bill, high=most)
    return saves(bill.times(0, f"0 until {lifecycle.charged_from}"), high=most or bill)


def doubt(bill: Amount, most: Amount) -> str:
    """For the finding's note, where the most that is charged is more than what is likely."""
    if (most.usd or 0.0) <= (bill.usd or 0.0):
        return ""
    return "AWS's pages disagree whether Aurora MySQL has a third-year rate: high is with it, likely and low without."


def waste(
    bill: Amount, lifecycle: SupportLifecycle, as_of: datetime, version: str, evidence: Evidence, most: Amount | None = None
) -> Waste:
    """The finding of something that runs `version` of this lifecycle, for which the check is due; `most` where it may be more."""
    now = charged(lifecycle, as_of)
    begins = "" if now else f"The charge begins on {lifecycle.charged_from}: nothing is saved before then."
    ended = f"Extended Support ended on {lifecycle.ends}: AWS upgrades it by itself." if _utc(as_of) > lifecycle.ends else ""
    if lifecycle.may_end and lifecycle.may_end < _utc(as_of) <= lifecycle.ends:
        ended = f"AWS's pages disagree whether Extended Support ended on {lifecycle.may_end} or ends on {lifecycle.ends}."
    return Waste(
        savings=saving(bill, lifecycle, as_of, most),
        evidence={
            **evidence,
            "version": version,
            "charged_from": lifecycle.charged_from.isoformat(),
            "year_3_from": lifecycle.year_3_from.isoformat() if lifecycle.year_3_from else None,
            "days_until_charged": max(0, (lifecycle.charged_from - _utc(as_of)).days),
            "dates_from": lifecycle.source,
        },
        confidence=Confidence.HIGH if now else Confidence.LOW,
        note=" ".join(word for word in (begins, ended, doubt(bill, most or bill)) if word),
        values={"engine": str(evidence["engine"]), "version": version},
    )
