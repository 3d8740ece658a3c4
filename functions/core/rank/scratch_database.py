"""A scratch database on the temporary disk: joins of a million findings in a few megabytes of memory. SQLite, of the standard library."""

from __future__ import annotations

import sqlite3

CACHE_KIB = 8 * 1024
"""Pages kept in memory, in KiB; the rest waits on the disk. With a million rows, six times as many are no faster."""


def database() -> sqlite3.Connection:
    """An empty database that vanishes with its connection. Nothing in it has to survive a crash, so nothing is synced."""
    connection = sqlite3.connect("", isolation_level=None)  # "": a private temporary file
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")  # one transaction that never ends: a commit for each row would cost more than the row
    return connection
