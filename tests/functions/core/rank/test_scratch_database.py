"""The scratch database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from functions.core.rank import scratch_database


def test_it_holds_more_than_its_cache_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(scratch_database, "CACHE_KIB", 100)
    with closing(scratch_database.database()) as database:
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
        database.executemany("INSERT INTO t VALUES (?, ?)", ((number, "x" * 100) for number in range(20_000)))
        assert database.execute("SELECT count(*), max(id) FROM t").fetchone() == (20_000, 19_999)
    assert list(tmp_path.iterdir()) == []
