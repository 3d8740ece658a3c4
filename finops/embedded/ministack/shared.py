"""ministack's stores, which one thread reads while another one writes: a reader sees what was there at one moment.

ministack 1.5.33 answers RDS, ElastiCache and parts of EC2 in threads. Its stores make a list of a dictionary's items before they look at
them; but while Python before 3.12 makes that list it may collect garbage, and another thread goes on meanwhile and adds something. Now
and then a request failed with "dictionary changed size during iteration". A copy of a dictionary is made in one go.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

Store = Any
"""One of ministack's, which has no types."""


def values(store: Store) -> list[Any]:
    """What the caller's account, and region, has in a store."""
    return [value for key, value in store._data.copy().items() if store._is_mine(key)]


def items(store: Store) -> list[tuple[Any, Any]]:
    """The same with its keys."""
    return [(store._unscope(key), value) for key, value in store._data.copy().items() if store._is_mine(key)]


def values_scoped(store: Store, account: str, region: str) -> list[Any]:
    """What another account has in a region."""
    return [value for key, value in store._data.copy().items() if key[:2] == (account, region)]


def items_scoped(store: Store, account: str, region: str) -> list[tuple[Any, Any]]:
    """The same with its keys."""
    return [(store._unscope(key), value) for key, value in store._data.copy().items() if key[:2] == (account, region)]


def all_items(store: Store) -> list[tuple[Any, Any]]:
    """What all accounts have, with keys that name account and region."""
    return list(store._data.copy().items())


def put_right() -> None:
    """Put ours in the place of ministack's."""
    for kind in (AccountScopedDict, AccountRegionScopedDict):
        for ours in (values, items, values_scoped, items_scoped, all_items):
            if hasattr(kind, ours.__name__):
                setattr(kind, ours.__name__, ours)
