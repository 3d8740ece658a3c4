"""A store is read in the moment in which another thread writes to it: here, whenever Python collects garbage."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, set_request_account_id, set_request_region

from finops.embedded.ministack import shared

READS = ("values", "items", "values_scoped", "items_scoped", "all_items")
ACCOUNT, REGION = "111111111111", "us-east-1"
MANY = 2_000


@pytest.fixture(autouse=True)
def _caller() -> None:
    set_request_account_id(ACCOUNT)
    set_request_region(REGION)


@pytest.fixture
def written() -> Iterator[AccountRegionScopedDict]:
    """A store to which something is added at each collection of garbage; and garbage is looked for all the time."""
    store, before = AccountRegionScopedDict(), gc.get_threshold()
    store.update({f"i-{number}": number for number in range(MANY)})

    def another_thread(phase: str, info: Any) -> None:
        store[f"i-{len(store._data)}"] = 0

    gc.callbacks.append(another_thread)
    gc.set_threshold(5, 2, 2)
    yield store
    gc.callbacks.remove(another_thread)
    gc.set_threshold(*before)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from 3.12 on, Python collects no garbage in the middle of a list")
def test_ministack_itself_fails(written: AccountRegionScopedDict) -> None:
    """When it does not any more, our correction can go."""
    with pytest.raises(RuntimeError, match="changed size"):
        AccountRegionScopedDict.items(written)


@pytest.mark.parametrize("ours", [shared.values, shared.items, shared.all_items])
def test_a_store_is_read_as_it_was_at_one_moment(written: AccountRegionScopedDict, ours: Callable[[Any], list[Any]]) -> None:
    assert len(ours(written)) >= MANY


@pytest.mark.parametrize("ours", [shared.values_scoped, shared.items_scoped])
def test_so_is_what_a_named_account_has(written: AccountRegionScopedDict, ours: Callable[..., list[Any]]) -> None:
    assert len(ours(written, ACCOUNT, REGION)) >= MANY


@pytest.mark.parametrize("kind", [AccountScopedDict, AccountRegionScopedDict])
@pytest.mark.parametrize("name", READS)
def test_the_answers_are_ministacks(kind: Any, name: str) -> None:
    store = kind()
    for account, region in ((ACCOUNT, REGION), (ACCOUNT, "us-west-2"), ("222222222222", REGION)):
        set_request_account_id(account)
        set_request_region(region)
        store["one"], store[("a", "b")] = f"{account}/{region}", 2
    if hasattr(kind, name):
        where = (ACCOUNT, REGION) if name.endswith("_scoped") else ()
        assert getattr(shared, name)(store, *where) == getattr(kind, name)(store, *where)
