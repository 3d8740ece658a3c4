"""The run that is ranked, as Plan described it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

REAL_TIME = timedelta(hours=1)
"""An `as_of` this close to the start (a schedule's time, say) is the sweep of that moment."""


def what_if(as_of: datetime, started: datetime) -> bool:
    """Whether a sweep looks at another moment than the one it started at."""
    return abs(as_of - started) > REAL_TIME


@dataclass(slots=True, frozen=True)
class Run:
    """What Plan said of the run. `as_of` and `started` are aware, in UTC; `resumed`: when it was gone on with, as ISO text.

    `read_as`: the ARN of who looked at the accounts, where the flow ran on somebody's own machine. `account_names`: by id, of the accounts
    that were swept and whose name Organizations told.
    """

    run_id: str
    as_of: datetime
    started: datetime
    min_coverage: float
    analysis_period_days: int | None
    analyze: bool
    warning: str = ""
    resumed: str | None = None
    read_as: str | None = None
    account_names: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def planned(plan: dict[str, Any], account_names: Mapping[str, str] | None = None) -> Run:
        """From Plan's output, and the names that it wrote beside it (`RunFolder.scope`)."""
        return Run(
            plan["run_id"],
            datetime.fromisoformat(plan["as_of"]).astimezone(UTC),
            datetime.fromisoformat(plan["started"]).astimezone(UTC),
            plan["min_coverage"],
            plan.get("analysis_period_days"),
            plan.get("analyze", True),
            plan.get("warning", ""),
            plan.get("resumed"),
            plan.get("read_as"),
            account_names or {},
        )

    @property
    def what_if(self) -> bool:
        return what_if(self.as_of, self.started)

    def as_json(self) -> dict[str, Any]:
        """`run` of report.json; Aggregate adds when it finished and the seconds."""
        return {
            "run_id": self.run_id,
            "as_of": self.as_of.isoformat(timespec="seconds"),
            "started": self.started.isoformat(timespec="seconds"),
            "resumed": self.resumed,
            "what_if": self.what_if,
            "analysis_period_days": self.analysis_period_days,
            "account_names": dict(self.account_names),
            **({"read_as": self.read_as} if self.read_as else {}),
        }
