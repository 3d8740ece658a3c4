"""SQL over an export: its billing periods as tables beside the findings, and a query of Athena.

A table is a billing period at its newest refresh, `billing_export_2026_11`. It stays, so whoever asks about findings in Athena has the bill
beside them. Athena's rights are the caller's: the Cost function may read the export, and nothing else of the bucket.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from functions.core.aws.refusals import translated
from functions.core.costs.export.manifest import Period
from functions.core.costs.export.shapes import type_of
from functions.core.costs.rows import NoBill

IAM_TABLES = ("glue:CreateTable", "glue:GetDatabase", "glue:GetTable", "glue:UpdateTable")
IAM_QUERIES = ("athena:GetQueryExecution", "athena:StartQueryExecution", "athena:StopQueryExecution")
TABLES = "billing_export_"
POLL_SECONDS = 2.0
PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
"""Columns are found by their names, whatever their order: https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html"""
CSV = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde",
)
"""Columns are found by their order, and all are text: https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html"""


@dataclass(slots=True, frozen=True)
class Answer:
    """Where a query's result lies (CSV with a header), and how many bytes Athena read for it."""

    bucket: str
    key: str
    scanned_bytes: int


def table_name(period: Period) -> str:
    """A billing period's table, beside `findings`."""
    return f"{TABLES}{period.month.replace('-', '_')}"


def table(period: Period) -> dict[str, Any]:
    """A billing period as Glue's TableInput."""
    input_format, output_format, serde = PARQUET if period.parquet else CSV
    of_csv = {} if period.parquet else {"skip.header.line.count": "1"}
    return {
        "Name": table_name(period),
        "Description": f"The bill of {period.month}, as the Data Export has it",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet" if period.parquet else "csv", **of_csv},
        "StorageDescriptor": {
            "Columns": [{"Name": name.lower(), "Type": type_of(name) if period.parquet else "string"} for name in period.columns],
            "Location": period.location,
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "SerdeInfo": {"SerializationLibrary": serde},
        },
    }


def _is_the_same(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Glue gives back more than it was given, such as Compressed: only what we say of a table is compared."""
    storage, ours = found.get("StorageDescriptor", {}), wanted["StorageDescriptor"]
    columns = [{name: column.get(name) for name in ("Name", "Type")} for column in storage.get("Columns", ())]
    said = found.get("Parameters", {})
    same = [storage.get("Location") == ours["Location"], columns == ours["Columns"], said | wanted["Parameters"] == said]
    return all(same)


@dataclass(slots=True)
class Athena:
    """Queries in a workgroup, whose limit of bytes holds, over the tables of a database. Clients are `glue` and `athena`.

    A query that has not ended by `deadline`, of `clock`'s seconds, is stopped.
    """

    glue: Any
    athena: Any
    database: str
    workgroup: str
    deadline: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def publish(self, periods: Iterable[Period]) -> None:
        """Make a table of each billing period, or set it to its newest refresh. Raises Denied and Throttled."""
        for period in periods:
            wanted = table(period)
            found = self._table(wanted["Name"])
            if found is None:
                with translated("glue", "CreateTable"):
                    self._create(wanted)
            elif not _is_the_same(found, wanted):
                with translated("glue", "UpdateTable"):
                    self.glue.update_table(DatabaseName=self.database, TableInput=wanted)

    def _table(self, name: str) -> Mapping[str, Any] | None:
        try:
            with translated("glue", "GetTable"):
                found: Mapping[str, Any] = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "EntityNotFoundException":
                return None
            raise
        return found

    def _create(self, wanted: Mapping[str, Any]) -> None:
        with suppress(self.glue.exceptions.AlreadyExistsException):  # another sweep, at the same moment and of the same refresh
            self.glue.create_table(DatabaseName=self.database, TableInput=wanted)

    def ask(self, sql: str, alive: Callable[[], object] = bool) -> Answer:
        """Run a query to its end, and call `alive` while it runs. Raises NoBill when it does not end well, Denied and Throttled."""
        with translated("athena", "StartQueryExecution"):
            query = self.athena.start_query_execution(
                QueryString=sql, QueryExecutionContext={"Database": self.database}, WorkGroup=self.workgroup
            )["QueryExecutionId"]
        while True:
            with translated("athena", "GetQueryExecution"):
                execution = self.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
                return Answer(bucket, key, execution.get("Statistics", {}).get("DataScannedInBytes", 0))
            if status["State"] in ("FAILED", "CANCELLED"):
                reason = status.get("StateChangeReason", "no reason")
                hint = "; athena_bytes_limit allows more" if "limit" in reason.lower() else ""
                raise NoBill(f"Athena's query over the export {status['State'].lower()}: {reason}{hint}")
            if self.clock() >= self.deadline:
                with translated("athena", "StopQueryExecution"):
                    self.athena.stop_query_execution(QueryExecutionId=query)
                raise NoBill("Athena's query over the export did not end in the Cost function's time (cost.timeout), and was stopped")
            alive()
            self.sleep(POLL_SECONDS)
