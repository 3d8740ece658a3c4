"""`finops sql`: the findings with SQL on this machine, by DuckDB, with the table and the saved queries that Athena has in the account."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdk_app.constructs.saved_queries import SavedQuery, saved
from finops import terminal
from finops.commands.rights import FIND_STACK, FINDINGS, LIST_BUCKET, RATES, Right, needs
from finops.ending import Ending, ExitCode
from finops.sweeping import dataset, deployed, progress, rows
from finops.sweeping.dataset import Found, Part
from functions.core.outside.text import literal, only_itself
from functions.core.rank.dataset import COUNTED, PARTITION, TABLES
from functions.core.store.bucket import Bucket

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMPLES = """
[bold]Examples[/bold]

What a sweep wrote to out/, no account needed. Each run has its rows, and a resource may have several in it; `latest` has the rows of the
newest run that its report adds up:

finops sql --from out "select x_CheckId, count(*), sum(x_MonthlySavingsLikely) from latest group by 1 order by 3 desc"

The deployed analyzer's findings, all runs; downloads are cached:

finops sql "select x_RunId, count(*) from findings where x_Lifecycle <> 'suppressed' group by 1 order by 1"

The account's own rates beside the list prices, those first that explain most:

finops sql --from out "select SkuMeter, RegionId, x_OwnUnitPrice, ListUnitPrice, x_Discount from rates order by x_ExplainedMonthlySavings
desc"

The saved queries, the same as in Athena:

finops sql --list

finops sql --saved owners-and-tags --csv > owners.csv

finops sql --saved new-since 2026-11-01

All columns, and what is in them:

finops sql "describe findings"

finops sql --from out "select * from findings limit 1"

[bold]Exit codes[/bold]

0 done, 2 bad input (a mistake in the SQL, no findings, no such stack), 4 failed, 130 interrupted
"""
LATEST = f"SELECT * FROM findings WHERE x_RunId = (SELECT max(x_RunId) FROM findings) AND {COUNTED}"  # noqa: S608 - words of our own
"""What `latest` is; the saved query of that name is the same for Athena, with an end to how far it looks back."""
TRINO = (
    "CREATE MACRO json_parse(x) AS CAST(x AS JSON)",
    "CREATE MACRO json_extract_scalar(x, path) AS json_extract_string(x, path)",
    "CREATE MACRO from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMPTZ)",
    "CREATE MACRO regexp_like(x, pattern) AS regexp_matches(x, pattern)",
)
"""Functions that Trino has and DuckDB calls otherwise, so that a query which works here works in Athena."""


@needs(FIND_STACK, LIST_BUCKET, Right("s3:GetObject", FINDINGS, RATES))
def sql(
    words: Annotated[list[str] | None, typer.Argument(metavar="[SQL] [VALUE]…", help="The query, then a value for each ? in it.")] = None,
    from_: Annotated[Path | None, typer.Option("--from", metavar="DIR", help="Read the findings under DIR, such as out.")] = None,
    saved_query: Annotated[str, typer.Option("--saved", metavar="NAME", help="Run a saved query.", show_default=False)] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the saved queries.")] = False,
    since: Annotated[str, typer.Option(metavar="DATE", help="Only runs on or after that day.", show_default=False)] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of objects on standard output.")] = False,
    stack: Annotated[str, typer.Option(help="Name of the deployed CloudFormation stack.")] = deployed.STACK,
) -> None:
    """Query with SQL: `latest`, the findings in the sum of the newest run; `findings`, those of all runs; `rates`, the account's own."""
    if as_csv and as_json:
        raise Ending(ExitCode.BAD_INPUT, "--csv and --json: give only one of them")
    if list_:
        _show(("name", "values", "what it answers"), [(one.name, one.values, one.description) for one in saved().values()], as_csv, as_json)
        return
    query, values = _query(words or [], saved_query)
    found = _find(from_, since, stack)
    columns, answer = run(found, query, values)
    _show(columns, answer, as_csv, as_json)
    if not as_csv and not as_json:
        runs = found.runs
        count = f"{len(answer)} row{'' if len(answer) == 1 else 's'} from {len(runs)} run{'' if len(runs) == 1 else 's'}"
        progress.note(f"{count}, the newest {runs[-1]} ({found.where})", sys.stderr)


def run(found: Found, query: str, values: Sequence[str] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and the rows of a query. Ending (bad input) with DuckDB's words when it cannot be answered."""
    duckdb = _duckdb()
    try:
        with connect(found) as connection:
            answer = connection.execute(query, list(values))
            return [column[0] for column in answer.description or ()], answer.fetchall()
    except duckdb.Error as error:
        raise Ending(ExitCode.BAD_INPUT, f"SQL: {_message(error)}") from None


def connect(found: Found) -> DuckDBPyConnection:
    """A DuckDB in memory with the views `findings` and `rates`, the columns and types of the Glue tables, and `latest`."""
    connection: DuckDBPyConnection = _duckdb().connect(":memory:", config={"autoinstall_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")  # as in Athena: current_date is the same day here and there
    connection.execute("SET enable_progress_bar = false")
    for macro in TRINO:
        connection.execute(macro)
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS {_select(table, [part for part in found.parts if part.table == table])}")
    connection.execute(f"CREATE VIEW latest AS {LATEST}")
    return connection


def _select(table: str, parts: Sequence[Part]) -> str:
    """The rows of a table; a run of an older analyzer has none of the rates."""
    names = f"{', '.join(TABLES[table])}, {PARTITION}"
    if not parts:
        nothing = ", ".join(f"CAST(NULL AS {'varchar' if type_ == 'string' else type_}) AS {name}" for name, type_ in TABLES[table].items())
        return f"SELECT {names} FROM (SELECT {nothing}, CAST(NULL AS varchar) AS {PARTITION}) WHERE false"  # noqa: S608 - names of our own
    columns = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in TABLES[table].items())
    files = ", ".join(literal(only_itself(str(part.path))) for part in parts)
    return (
        f"SELECT {names} FROM read_json([{files}], format = 'newline_delimited', "  # noqa: S608 - names of our own, and literals
        f"compression = 'gzip', columns = {{{columns}}}, hive_partitioning = true, hive_types = {{{PARTITION}: 'varchar'}})"
    )


def _query(words: list[str], name: str) -> tuple[str, list[str]]:
    """The SQL and the values for its question marks."""
    if not name:
        if not words:
            raise Ending(ExitCode.BAD_INPUT, 'give a query, such as "select * from findings limit 1", or --saved NAME (--list lists them)')
        return words[0], words[1:]
    queries = saved()
    if name not in queries:
        raise Ending(ExitCode.BAD_INPUT, f"--saved {name}: no such query; there are {', '.join(queries)}")
    _same_number(queries[name], words)
    return queries[name].sql, words


def _same_number(query: SavedQuery, words: list[str]) -> None:
    if len(words) != query.values:
        wanted = f"{query.values} value{'' if query.values == 1 else 's'}"
        raise Ending(ExitCode.BAD_INPUT, f"--saved {query.name} takes {wanted} and got {len(words)}: {query.description}")


def _find(folder: Path | None, since: str, stack: str) -> Found:
    if since:
        try:
            since = date.fromisoformat(since).isoformat()
        except ValueError:
            raise Ending(ExitCode.BAD_INPUT, f"--since {since}: must be a date such as 2026-11-01") from None
    if folder is not None:
        return dataset.in_folder(folder, since)
    target = deployed.find(stack)
    bucket = Bucket(target.s3, target.bucket)
    found, passed_over = dataset.with_report(dataset.in_bucket(bucket, dataset.cache_for(target.bucket), _note, since), bucket)
    if passed_over:
        _note(f"the newest run is {found.runs[-1]}; passed over, without a report: {', '.join(passed_over)}")
    return found


def _note(line: str) -> None:
    progress.note(line, sys.stderr)


def _show(columns: Sequence[str], answer: Sequence[Sequence[Any]], as_csv: bool, as_json: bool) -> None:
    if as_json:
        rows.as_json(sys.stdout, columns, answer)
    elif as_csv:
        rows.as_csv(sys.stdout, columns, answer)
    else:
        rows.as_table(terminal.standard(), columns, answer)


def _duckdb() -> Any:
    """Imported here: it takes a tenth of a second and 60 MB, and nothing else needs it."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise Ending(ExitCode.BAD_INPUT, "DuckDB is not installed: pip install -r requirements-dev.txt") from None
    return duckdb


def _message(error: Exception) -> str:
    """DuckDB's message without the part that draws an arrow under the SQL."""
    return re.split(r"\n+LINE \d+:", str(error))[0]
