"""When AWS's pages say that Extended Support begins to be charged for a major version, costs more, and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(slots=True, frozen=True)
class SupportLifecycle:
    """Of one major version: the first day charged, the first at the year-3 rate (None: it never gets there), the last, and who says so.

    `may_end`: an earlier last day, where AWS's pages contradict each other.
    """

    charged_from: date
    year_3_from: date | None
    ends: date
    source: str
    may_end: date | None = None


_MYSQL = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html"
_POSTGRES = "https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html"
_AURORA_MYSQL = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.release-calendars.html"
_AURORA_POSTGRES = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/aurorapostgresql-release-calendar.html"

_ROWS = f"""
mysql             5.7 2024-03-01 2026-03-01 2027-02-28 {_MYSQL}
mysql             8.0 2026-08-01 2028-08-01 2029-07-31 {_MYSQL}
mysql             8.4 2029-08-01 2031-08-01 2032-07-31 {_MYSQL}
postgres          11  2024-04-01 2026-04-01 2027-03-31 {_POSTGRES}
postgres          12  2025-03-01 2027-03-01 2028-02-29 {_POSTGRES}
postgres          13  2026-03-01 2028-03-01 2029-02-28 {_POSTGRES}
postgres          14  2027-03-01 2029-03-01 2030-02-28 {_POSTGRES}
postgres          15  2028-03-01 2030-03-01 2031-02-28 {_POSTGRES}
postgres          16  2029-03-01 2031-03-01 2032-02-29 {_POSTGRES}
postgres          17  2030-03-01 2032-03-01 2033-02-28 {_POSTGRES}
postgres          18  2031-03-01 2033-03-01 2034-02-28 {_POSTGRES}
aurora-mysql      5.7 2024-12-01 2026-12-01 2029-06-30 {_AURORA_MYSQL}
aurora-mysql      8.0 2028-05-01 -          2029-07-31 {_AURORA_MYSQL}
aurora-postgresql 11  2024-04-01 2026-04-01 2027-03-31 {_AURORA_POSTGRES}
aurora-postgresql 12  2025-03-01 2027-03-01 2028-02-29 {_AURORA_POSTGRES}
aurora-postgresql 13  2026-03-01 2028-03-01 2029-02-28 {_AURORA_POSTGRES}
aurora-postgresql 14  2027-03-01 2029-03-01 2030-02-28 {_AURORA_POSTGRES}
aurora-postgresql 15  2028-03-01 2030-03-01 2031-02-28 {_AURORA_POSTGRES}
aurora-postgresql 16  2029-03-01 2031-03-01 2032-02-28 {_AURORA_POSTGRES}
aurora-postgresql 17  2030-03-01 2032-03-01 2033-02-28 {_AURORA_POSTGRES}
aurora-postgresql 18  2031-03-01 2033-03-01 2034-02-28 {_AURORA_POSTGRES}
"""
_MAY_END = {("aurora-mysql", "5.7"): date(2027, 2, 28)}
"""3 years and 4 months past the community's end of life, says AuroraUserGuide/extended-support.html; the calendar has June 2029."""
# postgres 18: the page of RDS says "1 March 2032", a year after its own end of standard support; Aurora's page says 2031, like the rule.

Major = tuple[str, str]
"""Engine and major version: ("mysql", "8.0"), ("postgres", "13")."""


def _day(text: str) -> date | None:
    return None if text == "-" else date.fromisoformat(text)


def _calendar() -> dict[Major, SupportLifecycle]:
    rows = [line.split() for line in _ROWS.strip().splitlines()]
    return {
        (row[0], row[1]): SupportLifecycle(
            date.fromisoformat(row[2]), _day(row[3]), date.fromisoformat(row[4]), row[5], _MAY_END.get((row[0], row[1]))
        )
        for row in rows
    }


CALENDAR: Mapping[Major, SupportLifecycle] = _calendar()
