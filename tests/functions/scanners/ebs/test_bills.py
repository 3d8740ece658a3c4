"""What the replies of EBS bill beyond what is priced, by the value of each member."""

from __future__ import annotations

from typing import Any

import pytest

from functions.scanners.ebs.bills import FAST_RESTORE, SNAPSHOT, VOLUME


@pytest.mark.parametrize(("item", "count"), [({}, 0), ({"RestoreExpiryTime": None}, 0), ({"RestoreExpiryTime": "2026-06-01"}, 1)])
def test_an_archived_snapshot_bills_in_both_tiers_while_it_is_restored(item: dict[str, Any], count: int) -> None:
    assert len(SNAPSHOT.also_bills(item)) == count


def test_volumes_and_fast_restores_are_priced_whole() -> None:
    assert not VOLUME.not_modelled
    assert not FAST_RESTORE.not_modelled
