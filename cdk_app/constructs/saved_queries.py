"""The saved queries: one file each in `queries/`, the same SQL for Athena and for `finops sql --saved`.

A file's name is the query's name, its first line, a comment, says what it answers, and each `?` in it is a value to be given. What is
written there has to mean the same in Trino (Athena) and in DuckDB; tests/cdk_app/constructs/test_saved_queries.py knows what that allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"
COMMENT = "-- "


@dataclass(slots=True, frozen=True)
class SavedQuery:
    """`sql` is the whole file, its comment too; `values` is how many `?` it has."""

    name: str
    description: str
    sql: str

    @property
    def values(self) -> int:
        return self.sql.count("?")


def saved() -> dict[str, SavedQuery]:
    """Every saved query by its name, in the order of the names. ValueError for a file that does not say what it answers."""
    return {query.name: query for query in map(_read, sorted(FOLDER.glob("*.sql")))}


def _read(path: Path) -> SavedQuery:
    sql = path.read_text(encoding="utf-8")
    first, _, _ = sql.partition("\n")
    if not first.startswith(COMMENT):
        raise ValueError(f"{path.name}: the first line must be a comment that says what the query answers")
    return SavedQuery(path.stem, first.removeprefix(COMMENT), sql)
