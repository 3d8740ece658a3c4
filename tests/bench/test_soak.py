"""What counts as growth, from made-up sweeps; the sweeps themselves take minutes: `make bench ARGS=soak`."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.bench.processes import PROC, Processes
from tests.bench.soak import WARM_UP, Sample, lines

SAME = Sample(
    processes=20, open_files=90, sockets=500, files=3, worker_mib=80.0, server_mib=200.0, left_mib=0.5, seconds=4.0, findings=7
)  # fmt: skip


def sweeps(**last: float) -> list[Sample]:
    """A warm-up of any kind, then nine sweeps of which the last differs."""
    warm_up = [replace(SAME, processes=99, open_files=999, files=99, worker_mib=300.0)] * WARM_UP
    return [*warm_up, *[SAME] * 8, replace(SAME, **last)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("last", "missed"),
    [
        ({}, []),
        ({"processes": 22}, []),
        ({"processes": 23}, ["processes"]),
        ({"open_files": 99}, []),
        ({"open_files": 100}, ["open files and pipes"]),
        ({"sockets": 550}, []),
        ({"sockets": 551}, ["sockets"]),
        ({"files": 4}, ["files in the folder of the embedded AWS"]),
        ({"processes": 11, "open_files": 80, "files": 0, "worker_mib": 70.0, "server_mib": 150.0}, []),
        ({"worker_mib": 84.0}, []),
        ({"worker_mib": 84.1}, ["largest Lambda worker, MiB"]),
        ({"server_mib": 212.0}, []),
        ({"server_mib": 212.1}, ["both servers, MiB"]),
        ({"seconds": 400.0}, []),
        ({"findings": 8}, ["findings of each sweep"]),
    ],
)
def test_the_end_is_compared_with_the_beginning_after_the_warm_up(last: dict[str, float], missed: list[str]) -> None:
    assert [line.what for line in lines(sweeps(**last)) if line.met is False] == missed


@pytest.mark.parametrize("number", [1, 2, WARM_UP, WARM_UP + 1])
def test_a_few_sweeps_are_compared_as_well(number: int) -> None:
    assert [line.what for line in lines([SAME] * number) if line.met is False] == []


@pytest.mark.skipif(not PROC.exists(), reason="counts processes in /proc")
def test_this_process_is_counted_with_what_it_has_open() -> None:
    before = {one.pid: one for one in Processes(frozenset({os.getpgid(0)}), "").now()}[os.getpid()]
    with open(__file__, encoding="utf-8"), open(__file__, encoding="utf-8"):  # noqa: PTH123  # two, and no more of it
        after = {one.pid: one for one in Processes(frozenset({os.getpgid(0)}), "").now()}[os.getpid()]
    assert after.open_files - before.open_files == 2
    assert before.mib > 10
