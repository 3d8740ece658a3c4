"""Which finding counts for a resource that others cover."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.rank import scratch_database
from functions.core.rank.overlaps import COVERS, Cover, Overlaps, cover_of, covered_coverers
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps


def counted_by(covers: list[Cover], *arns: str) -> list[str | None]:
    with closing(scratch_database.database()) as database:
        overlaps = Overlaps(database)
        for cover in covers:
            overlaps.add([cover])
        overlaps.settle()
        return [overlaps.counted_by(arn) for arn in arns]


def cover(owner: str, likely: float, *arns: str) -> Cover:
    return Cover(owner, f"finding of {owner}", likely, arns)


def test_what_nobody_covers_counts_for_itself() -> None:
    assert counted_by([], "volume") == [None]
    assert counted_by([cover("instance", 10, "volume")], "volume", "instance", "another") == ["finding of instance", None, None]


def test_the_larger_of_two_counts_for_what_both_cover() -> None:
    assert counted_by([cover("a", 1, "volume"), cover("b", 2, "volume")], "volume") == ["finding of b"]
    assert counted_by([cover("b", 1, "volume"), cover("a", 1, "volume")], "volume") == ["finding of a"], "the same every time"


def test_what_is_covered_itself_covers_nothing() -> None:
    chain = [cover("cluster", 9, "instance"), cover("instance", 5, "volume"), cover("volume", 2, "snapshot")]
    assert counted_by(chain, "cluster", "instance", "volume", "snapshot") == [None, "finding of cluster", None, "finding of volume"]


def test_a_ring_counts_once() -> None:
    ring = [cover("a", 3, "b"), cover("b", 2, "c"), cover("c", 1, "a")]
    assert counted_by(ring, "a", "b", "c") == [None, "finding of a", "finding of a"]


@pytest.mark.parametrize(
    ("chains", "lost", "mutual"),
    [
        ([], set(), set()),
        ([("a", "b", 1.0)], {"b"}, set()),
        ([("a", "b", 1.0), ("b", "c", 5.0)], {"b"}, set()),
        ([("a", "b", 1.0), ("b", "a", 2.0)], {"a"}, {("a", "b")}),
        ([("a", "b", 2.0), ("b", "c", 1.0), ("c", "a", 1.0)], {"b", "c"}, {("c", "a")}),
        ([("a", "c", 1.0), ("b", "c", 1.0), ("c", "d", 9.0), ("d", "e", 1.0)], {"c", "e"}, set()),
        ([("x", "a", 1.0), ("a", "b", 2.0), ("b", "a", 3.0)], {"a"}, set()),
    ],
)
def test_chains_and_rings_are_settled(chains: list[tuple[str, str, float]], lost: set[str], mutual: set[tuple[str, str]]) -> None:
    assert covered_coverers(chains) == (lost, mutual)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.sampled_from([1.0, 2.0, 3.0])), max_size=12))
def test_whatever_covers_whatever_nothing_is_counted_twice_and_nothing_is_lost(edges: list[tuple[str, str, float]]) -> None:
    covers = [cover(owner, likely, arn) for owner, arn, likely in edges if owner != arn]
    answers = dict(zip("abcdef", counted_by(covers, *"abcdef"), strict=True))
    counting = {arn for arn, by in answers.items() if by is None}
    assert all(by is None or by.removeprefix("finding of ") in counting for by in answers.values()), "who counts for others counts"
    assert not any(one.owner in counting and arn in counting for one in covers for arn in one.arns), "no cost is in two counted savings"


def test_a_finding_that_does_not_count_covers_nothing() -> None:
    found = sweeps.finding(covers=("volume",))
    assert cover_of(FINDING.dump_python(found, mode="json")) == (found.resource_arn, found.finding_id, 10.0, ("volume",))
    found.headline = False
    assert cover_of(FINDING.dump_python(found, mode="json")) is None
    assert cover_of(FINDING.dump_python(sweeps.finding(), mode="json")) is None


@given(st.lists(st.text(), max_size=3), st.text() | st.sampled_from(['"covers":["', '\\"covers":["', "covers"]))
def test_a_line_says_whether_its_finding_covers_something(arns: list[str], text: str) -> None:
    line = FINDING.dump_json(sweeps.finding(text, tags={text: text, "covers": text}, covers=tuple(arns)))
    assert (COVERS in line) == bool(arns)


def test_many_covers_are_found_among_many_that_are_none() -> None:
    covered = [f"volume-{number}" for number in range(5000)]
    others = [f"snapshot-{number}" for number in range(5000)]
    found = counted_by([cover("cluster", 1, *covered)], *covered, *others)
    assert found == ["finding of cluster"] * 5000 + [None] * 5000
