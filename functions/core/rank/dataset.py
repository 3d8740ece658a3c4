"""The SQL dataset: one gzipped JSON Lines row a finding under findings/run_date=…/run_id=…/, columns as in `focus`, and the run's id. The
account's own rates are a second table, laid out alike under rates/.

`run_date` is the one partition column, because Athena can work out dates; it cannot work out run ids, and a partition that it cannot work
out has to be named in every query. So the id is a column of the rows, and the folder of a run is only a folder: Athena reads those below.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Literal

from pydantic_core import to_json

from functions.core import focus
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import Gzip, gzipped

COLUMNS = {**focus.TYPES, "x_RunId": "string", "x_ScopeId": "string"}
"""Name and type of each column in a row; run ids sort by time. Only runs of the same x_ScopeId may be compared; those without one, what-if
sweeps and runs of earlier versions, with none."""
RATES: dict[str, Literal["string", "double"]] = {
    "ServiceName": "string",
    "RegionId": "string",
    "SkuMeter": "string",
    "x_Operation": "string",
    "PricingUnit": "string",
    "BillingCurrency": "string",
    "ListUnitPrice": "double",
    "x_OwnUnitPrice": "double",
    "x_Discount": "double",
    "x_MonthlyQuantity": "double",
    "x_MonthlyCost": "double",
    "x_Days": "double",
    "x_RefusedReason": "string",
    "x_ExplainedMonthlySavings": "double",
    "x_Findings": "double",
    "x_RunId": "string",
}
"""The columns of the rates: a row for each usage type and region (costs/rates.py). SkuMeter is the usage type, as in AWS's FOCUS 1.2;
x_OwnUnitPrice and x_MonthlyCost are in BillingCurrency, ListUnitPrice and x_ExplainedMonthlySavings in USD. x_Discount: 0.08 is 8 % less
than list. What has no own rate says why in x_RefusedReason."""
TABLES: Mapping[str, Mapping[str, str]] = {"findings": COLUMNS, "rates": RATES}
COUNTED = "x_IsHeadline AND x_Lifecycle <> 'suppressed' AND x_MonthlySavingsHigh > 0"
"""In SQL: the findings whose savings add up to a run's total, `totals.Place.COUNTED`. What has no price has NULL there."""
PARTITION = "run_date"
"""The partition column: text, YYYY-MM-DD, the UTC day that the run was started."""
ROWS_PER_PART = 200_000
"""One part is about 20 MB: Athena reads the parts of a run side by side."""


def write_rates(folder: RunFolder, started: datetime, rates: Mapping[str, Any]) -> None:
    """The run's own rates, from `rates` of the bill with what each explains; there may be none."""
    with gzipped(folder.bucket, folder.rows(started.date().isoformat(), table="rates")) as out:
        for row in rates.get("rows", ()):
            out.write(to_json(_rate(row, rates["currency"], folder.run_id)) + b"\n")


def _rate(row: Mapping[str, Any], currency: str, run_id: str) -> dict[str, Any]:
    return {
        "ServiceName": row["service"],
        "RegionId": row["region"],
        "SkuMeter": row["usage_type"],
        "x_Operation": row["operation"] or None,
        "PricingUnit": row["unit"] or None,
        "BillingCurrency": currency,
        "ListUnitPrice": row["list"],
        "x_OwnUnitPrice": row["own"],
        "x_Discount": row["discount"],
        "x_MonthlyQuantity": row["quantity"],
        "x_MonthlyCost": row["cost"],
        "x_Days": row["days"],
        "x_RefusedReason": row["refused"] or None,
        "x_ExplainedMonthlySavings": row["explains"],
        "x_Findings": row["findings"],
        "x_RunId": run_id,
    }


class Dataset:
    """`with Dataset(…) as dataset: dataset.add(finding)`. Running it again for a run overwrites the parts of the time before."""

    def __init__(
        self,
        folder: RunFolder,
        started: datetime,
        as_of: datetime,
        scope_id: str | None,
        rows_per_part: int = ROWS_PER_PART,
        account_names: Mapping[str, str] | None = None,
    ) -> None:
        self._folder, self._run_id, self._run_date = folder, folder.run_id, started.date().isoformat()
        self._scope_id = scope_id
        self._as_of = as_of.isoformat(timespec="seconds")
        self._account_names = account_names or {}
        self._rows_per_part = rows_per_part
        self._keys: list[str] = []
        self._rows = 0
        self._stack = ExitStack()
        self._part: Gzip = self._open()

    def _open(self) -> Gzip:
        key = self._folder.rows(self._run_date, len(self._keys))
        self._keys.append(key)
        return self._stack.enter_context(gzipped(self._folder.bucket, key))

    def __enter__(self) -> Dataset:
        return self

    def add(self, finding: Mapping[str, Any]) -> None:
        """One row, from a ranked finding as JSON."""
        if self._rows == self._rows_per_part:
            self._stack.close()
            self._part, self._rows = self._open(), 0
        row = focus.row(finding, self._as_of, self._account_names)
        row |= {"x_RunId": self._run_id, "x_ScopeId": self._scope_id}
        self._part.write(to_json(row) + b"\n")
        self._rows += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)
        if error is None:
            self._empty_old_parts()

    def _empty_old_parts(self) -> None:
        """A run of Rank before this one may have written more parts: an empty part is no row twice, and needs no right to delete."""
        first = self._folder.rows(self._run_date)
        for key in self._folder.bucket.keys(first.rpartition("/")[0] + "/"):
            if key not in self._keys:
                self._folder.bucket.put(key, gzip.compress(b"", mtime=0), "application/gzip")
