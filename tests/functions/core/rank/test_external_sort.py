"""Sorting with less memory than lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.rank.external_sort import Sorter


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b""))), st.integers(1, 200))
def test_all_lines_come_out_in_order_however_many_runs_it_takes(lines: list[bytes], run_bytes: int) -> None:
    with Sorter(run_bytes) as sorter:
        for line in lines:
            sorter.add(line)
        assert list(sorter) == sorted(lines)


@pytest.mark.parametrize(("lines", "runs"), [(9, 0), (10, 1), (11, 1), (20, 2)])
def test_a_run_is_spilled_when_the_memory_is_full(lines: int, runs: int) -> None:
    with Sorter(run_bytes=10) as sorter:
        for number in range(lines):
            sorter.add(b"%d" % (number % 10))
        assert len(sorter._runs) == runs
        assert len(list(sorter)) == lines
    assert all(run.closed for run in sorter._runs)
