"""Which snapshots may hold the same blocks: chains of a volume, copies with and without a key, and what a region bills together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from functions.core.aws.clients import Aws
from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.core.services import Together
from functions.scanners.ebs.snapshot.collector import NO_VOLUME, snapshots
from functions.scanners.ebs.snapshot.lineage import GIB, Kin, relate
from functions.scanners.ebs.snapshot.unused import old_snapshot
from tests.functions.scanners.ebs.samples import ACCOUNT, REGION, SESSION, days_ago

CASES = Path(__file__).parents[4] / "cases"
KEY, OTHER_KEY = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"


def kin(name: str, days: float | None, volume: str = "vol-1", **more: Any) -> Kin:
    """A snapshot of so many days ago, full with 100 GiB."""
    known: dict[str, Any] = {"source_exists": False, "volume_gib": 100, "full_bytes": 100 * GIB, "tier": "standard", "state": "completed"}
    known |= {"description": "", "image": "", **more}
    created = None if days is None else days_ago(days)
    return Kin(arn=name, id=name, account=ACCOUNT, region=REGION, created=created, volume_id=volume, **known)


def copy(name: str, days: float, source: str = "", key: str = "", region: str = "eu-west-1", words: str = "", **more: Any) -> Kin:
    """One that CopySnapshot made; in the console's words when there is a source."""
    described = f"[Copied {source} from {region}] {words}" if source else words
    return kin(name, days, NO_VOLUME, source_exists=None, description=described, data_key=key, **{"copied": True, **more})


def related(*found: Kin, **made_from: str) -> dict[str, tuple[int, bool]]:
    """`made_from`: volume → snapshot, with "_" for "-"."""
    relate(found, {volume.replace("_", "-"): origin for volume, origin in made_from.items()})
    return {one.id: (one.relatives, one.one_lineage) for one in found}


def together(one: Kin) -> Together:
    assert one.together is not None
    return one.together


@pytest.mark.parametrize("case", ["snapshot-copies"])
def test_case(case: str) -> None:
    """30 incremental copies are one full copy, $50, and not $1,500; nor can they be more, but for what changed, which is said."""
    given = json.loads((CASES / f"{case}.json").read_text())
    as_of = datetime.fromisoformat(given["as_of"])
    aws = Aws(ACCOUNT, given["region"], SESSION, as_of)
    described = [{**one, "StartTime": datetime.fromisoformat(one["StartTime"])} for one in given["snapshots"]]
    with Stubber(aws.client("ec2")) as stub:
        for operation, reply in (("volumes", {"Volumes": []}), ("images", {"Images": []}), ("snapshots", {"Snapshots": described}),
                                 ("fast_snapshot_restores", {}), ("launch_template_versions", {})):  # fmt: skip
            stub.add_response(f"describe_{operation}", reply)
        verdicts = [old_snapshot(one, old_snapshot.limits(as_of), Prices(given["region"])) for one in snapshots(aws)]
    wastes = [one for one in verdicts if isinstance(one, Waste)]
    assert len(wastes) == given["findings"]
    for end in ("likely", "high"):
        assert sum(getattr(waste.savings, end) for waste in wastes) == pytest.approx(50.0, abs=0.01)
    assert {waste.savings.low for waste in wastes} == {0.0}
    assert {waste.savings.lacks for waste in wastes} == {("blocks that changed between snapshots of one lineage",)}


def test_copies_with_one_data_key_are_one_lineage_whatever_their_size_and_description() -> None:
    found = related(
        copy("a", 90, "snap-0a", KEY),
        copy("b", 60, "snap-0b", KEY, volume_gib=200, full_bytes=150 * GIB),
        copy("c", 30, key=KEY),
        copy("d", 30, "snap-0d", OTHER_KEY),
        copy("e", 30, "snap-0d"),
    )
    assert found == {"a": (2, True), "b": (2, True), "c": (2, True), "d": (0, True), "e": (0, False)}


@pytest.mark.parametrize(
    ("second", "relatives"),
    [
        (copy("b", 60, "snap-0b"), 1),
        (copy("b", 60, "snap-0b", volume_gib=101), 0),
        (copy("b", 60, "snap-0b", region="us-west-2"), 0),
        (copy("b", 60, "snap-0b", words="Created by CreateImage(i-0123456789abcdef0) for ami-01 from vol-0aaaaaaaaaaaaaaaa"), 0),
        (copy("b", 60), 0),
        (copy("b", 60, "snap-0b", tier="archive"), 0),
    ],
)
def test_copies_without_a_key_may_be_of_one_lineage(second: Kin, relatives: int) -> None:
    """The same source region, size and, where the description names it, volume; it is not sure."""
    assert related(copy("a", 90, "snap-0a"), second)["a"] == (relatives, False)


@pytest.mark.parametrize(("copied", "relatives"), [(True, 1), (False, 0)])
def test_without_a_description_only_what_is_surely_a_copy_may_be_of_the_lineage_of_another(copied: bool, relatives: int) -> None:
    """AWS's placeholder for the volume is no kinship: imported snapshots have it too, and share nothing."""
    found = related(*(copy(name, 60, copied=copied) for name in ("a", "b")))
    assert {name: of for name, (of, _) in found.items()} == {"a": relatives, "b": relatives}


def test_the_volume_that_a_description_names_tells_lineages_apart() -> None:
    one, other = "for vol-0aaaaaaaaaaaaaaaa", "for vol-0bbbbbbbbbbbbbbbb"
    found = related(*(copy(f"{number}", 90 - number, "snap-0a", words=words) for number, words in enumerate((one, other, one, one))))
    assert {name: relatives for name, (relatives, _) in found.items()} == {"0": 2, "1": 0, "2": 2, "3": 2}


def test_a_copy_in_its_own_region_that_is_encrypted_as_before_holds_nothing_of_its_own() -> None:
    """With another key it is a full copy."""
    chain = [
        kin("snap-0a", 90),
        kin("snap-0b", 60),
        copy("free", 30, "snap-0b", region=REGION),
        copy("full", 30, "snap-0b", KEY, region=REGION),
        copy("again", 20, "snap-0free", region=REGION),
        copy("image", 10, words="Copied for DestinationAmi ami-1 from SourceAmi ami-2 for SourceSnapshot snap-0a. Task created on 1."),
    ]
    chain[2].id = "snap-0f2ee"
    chain[4].description = f"[Copied snap-0f2ee from {REGION}] [Copied snap-0b from {REGION}]"
    found = related(*chain)
    assert {name: relatives for name, (relatives, _) in found.items()} == {
        "snap-0a": 4, "snap-0b": 4, "snap-0f2ee": 4, "full": 0, "again": 4, "image": 4,
    }  # fmt: skip
    assert [together(one).changes for one in chain] == pytest.approx([0, 100 * 30, 0, 0, 0, 0])


def test_copies_that_name_each_other_end() -> None:
    assert related(copy("snap-0a", 9, "snap-0b"), copy("snap-0b", 8, "snap-0a")) == {"snap-0a": (1, False), "snap-0b": (1, False)}


def test_changes_weigh_by_size_and_by_the_days_since_the_one_before() -> None:
    chain = [kin("d", 10, volume_gib=200, full_bytes=None), kin("a", 100), kin("c", 39.5), kin("b", 40), kin("undated", None)]
    related(*chain)
    assert {one.id: together(one).changes for one in chain} == pytest.approx(
        {"a": 0, "b": 100 * 60, "c": 100 * 0.5, "d": 200 * 29.5, "undated": 0}
    )


def test_the_first_of_a_volume_changed_since_the_snapshot_that_the_volume_was_made_from() -> None:
    base, first = kin("base", 100, "vol-0"), kin("first", 40, "vol-1", source_exists=True)
    assert related(base, first, vol_1="base") == {"base": (1, True), "first": (1, True)}
    assert [together(one).changes for one in (base, first)] == pytest.approx([0, 100 * 60])


def test_what_is_billed_together_is_all_that_a_region_keeps() -> None:
    found: Sequence[Kin] = [
        kin("a", 90, "vol-a"), kin("b", 60, "vol-a", image="ami-1"), kin("alone", 60, "vol-b", full_bytes=None),
        kin("archived", 60, "vol-c", tier="archive"), kin("failed", 60, "vol-d", state="error"),
    ]  # fmt: skip
    relate(found, {})
    assert [one.together is None for one in found] == [False, False, False, True, True]
    for one in found[:3]:
        assert (together(one).count, together(one).all_once, together(one).all_changes) == pytest.approx((3, 200, 100 * 30))
        assert (together(one).free_once, together(one).free_changes) == pytest.approx((150, 0))
    assert [(together(one).most, together(one).once) for one in found[:3]] == [(100, 50), (100, 50), (100, 100)]
