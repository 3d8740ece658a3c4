"""What is seen while a sweep runs."""

from __future__ import annotations

import io

from rich.console import Console

from finops.sweeping import progress
from finops.sweeping.sweep import Look


def test_a_look_in_words() -> None:
    assert progress.sentence(Look("planning", 0.0)) == "Planning"
    assert progress.sentence(Look("scanning", 1.0, 1048, 12, 3100, 4321.4)) == (
        "Scanning: 12 of 1,048 units, 3,100 findings, about $4,321 a month"
    )


def test_plain_lines_come_with_each_phase_and_not_more_often_than_asked() -> None:
    stream = io.StringIO()
    with progress.plain(stream, every_seconds=5) as observe:
        for look in (
            Look("planning", 0.5),
            Look("planning", 9.0),  # nothing new to say
            Look("scanning", 10.0, 4, 0),
            Look("scanning", 14.9, 4, 1),  # too soon
            Look("scanning", 15.0, 4, 2),
            Look("reporting", 15.1, 4, 4),
        ):
            observe(look)
    assert stream.getvalue().splitlines() == [
        "Planning",
        "Scanning: 0 of 4 units, 0 findings, about $0 a month",
        "Scanning: 2 of 4 units, 0 findings, about $0 a month",
        "Getting advice, writing the report: 4 of 4 units, 0 findings, about $0 a month",
    ]


def test_the_live_display_shows_the_last_look() -> None:
    stream = io.StringIO()
    with progress.live(Console(file=stream, force_terminal=True, width=140)) as observe:
        observe(Look("scanning", 1.0, 48, 12, 310, 4321.0))
    assert "12 of 48 units, 310 findings, about $4,321 a month" in stream.getvalue()


def test_on_a_narrow_screen_nothing_of_it_is_cut() -> None:
    stream = io.StringIO()
    with progress.live(Console(file=stream, force_terminal=True, width=60)) as observe:
        observe(Look("scanning", 1.0, 85_000, 12_345, 310_123, 1_234_321.0))
    assert "about $1,234,321 a month" in " ".join(stream.getvalue().split())
    assert "…" not in stream.getvalue()
