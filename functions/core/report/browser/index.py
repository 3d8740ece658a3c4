"""Every finding in a few bytes: what the page filters, sorts and adds up.

A gzip of JSON lines: blocks of findings by column, each column a line, and last what their numbers stand for. Some 20 to 30 bytes a
finding, half of which is names and ids that no compression makes shorter.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from functions.core.outside.text import in_sentence
from functions.core.rank.totals import exact, place
from functions.core.services import services

BLOCK = 4_000
MOST_BYTES = 2_900_000
"""Of the gzip. As text it is a quarter more, and a page is to have 4 MB at most."""
ID_DIGITS = 10
"""Of the 32 of a finding's id: of 200 pages with 100,000 findings one has two that share them. `finops explain` takes them, too."""
NAME_CHARS = 120
COLUMNS = "irnlwukagocspd"
GZIP = 31
"""zlib's window for a gzip, which is what a browser's DecompressionStream reads."""


class Names:
    """Texts that are numbered as they come, so that a finding only needs the number."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def number(self, name: Any) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    @property
    def all(self) -> list[Any]:
        return list(self._numbers)


class Index:
    """`add` the findings, best first; `content` closes it. What comes when it is full is counted in `left_out`, from the first on.

    The columns of a block, one entry a finding, come in the order of `COLUMNS`, a letter each: i the first digits of all ids in one text; r
    the resource's id; n its name, or 0 where that is the id; l how many hundredths of a cent the likely saving is less than that of the
    finding before, because small numbers take little room; w how much less than the likely one the low one is, u how much more the high
    one; and by number k kind, a account, g region, o owner, c confidence, s state, p place (`Place`), d the day it was first seen.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._gzip = zlib.compressobj(9, zlib.DEFLATED, GZIP)
        self._out = bytearray()
        self._names = {name: Names() for name in ("kinds", "accounts", "regions", "owners", "confidences", "states", "days")}
        self._block: list[tuple[Any, ...]] = []
        self._before = 0
        self.rows = 0
        self.left_out = 0

    def add(self, finding: Mapping[str, Any]) -> None:
        """One ranked finding, as JSON."""
        if self.left_out or len(self._out) >= self._most_bytes:
            self.left_out += 1
            return
        savings, names = finding["savings"], self._names
        likely = exact(savings["likely"])
        kind = (finding["check_id"], finding["title"], finding["resource_type"], finding["action"], finding["effort"], finding["risk"])
        self._block.append(
            (
                finding["finding_id"][:ID_DIGITS],
                _short(finding["resource_id"]),
                0 if finding["resource_name"] in ("", finding["resource_id"]) else _short(finding["resource_name"]),
                self._before - likely,
                likely - exact(savings["low"]),
                exact(savings["high"]) - likely,
                names["kinds"].number(kind),
                names["accounts"].number(finding["account"]),
                names["regions"].number(finding["region"]),
                names["owners"].number(_short(finding["owner"])),
                names["confidences"].number(finding["confidence"]),
                names["states"].number(finding["lifecycle"]),
                int(place(finding)),
                names["days"].number((finding["first_seen"] or "")[:10]),
            )
        )
        self._before = likely
        self.rows += 1
        if len(self._block) == BLOCK:
            self._write_block()

    def _write_block(self) -> None:
        ids, *columns = zip(*self._block, strict=True)
        for column in ("".join(ids), *columns):
            self._line(column)
        self._block = []

    def _line(self, value: Any) -> None:
        """Each with a code of its own: what is short in a column of names is not in one of numbers. A tenth less than with one for all."""
        self._out += self._gzip.compress(to_json(value) + b"\n") + self._gzip.flush(zlib.Z_BLOCK)

    def content(self, account_names: Mapping[str, str]) -> bytes:
        """The gzip; nothing can be added any more. `account_names`: of the accounts that have one."""
        if self._block:
            self._write_block()
        names: dict[str, Any] = {"columns": COLUMNS, **{name: one.all for name, one in self._names.items()}}
        names["accounts"] = [[account, _short(account_names.get(account, ""))] for account in names["accounts"]]
        names["services"] = {card.id: card.name for card in services().values()}
        self._line(names)
        self._out += self._gzip.flush()
        return bytes(self._out)


def _short(name: str) -> str:
    """One line that may be seen on the page; report.csv has the whole of it."""
    return in_sentence(name, NAME_CHARS)
