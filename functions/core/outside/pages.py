"""Listings that others page out: each ends, also where their tokens do not.

A token that came before would be answered as it was before, for ever; so would a listing that has no end. Botocore's paginators see a token
that repeats itself at once, and no longer way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from functions.core.errors import FinOpsError

MOST_PAGES = 1_000_000
"""No listing of ours has so many: 50 million items where a page has 50."""
Page = TypeVar("Page", bound=Mapping[str, Any])


class Endless(FinOpsError):
    """A listing goes round in circles: what it has given is not all there is, and cannot be told from it."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: its pages do not end: {why}")


class Tokens:
    """The tokens of the pages of one listing, `what`, as in "ec2:DescribeVolumes"."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[int] = set()

    def is_new(self, token: object) -> bool:
        """Whether this token did not come before; it has come from now on."""
        known = hash(repr(token))  # a few bytes each, however long the tokens are
        new = known not in self._seen and len(self._seen) < MOST_PAGES
        self._seen.add(known)
        return new

    def check(self, token: object) -> None:
        """Endless when the token came before, or there are too many; None is no token."""
        if token and not self.is_new(token):
            raise Endless(self._what, "a token came again" if len(self._seen) <= MOST_PAGES else f"there are more than {MOST_PAGES:,}")


def ending(pages: Iterable[Page], what: str, token: Callable[[Page], object]) -> Iterator[Page]:
    """The pages of a paginator. Endless when the token of one, as `token` finds it there, came before."""
    tokens = Tokens(what)
    for page in pages:
        tokens.check(token(page))
        yield page
