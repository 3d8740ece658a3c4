"""The terminal: whatever is printed, only rich's own orders reach it."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.progress import track
from rich.table import Table

from finops import terminal

HOSTILE = "[red]\x1b]0;owned\x07\x9b31m\u202ex:smile:[/nope]\ud800"
SPELLED = "[red]\\x1b]0;owned\\x07\\x9b31m\\u202ex:smile:[/nope]\\ud800"
RICHS_OWN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def printed(*what: object, **how: object) -> str:
    out = io.StringIO()
    screen = terminal.Terminal(file=out, width=200, force_terminal=True, color_system="truecolor")
    for each in what:
        screen.print(each, **how)  # type: ignore[arg-type]
    return out.getvalue()


def in_a_table(cell: object) -> Table:
    table = Table(title=HOSTILE, box=None)
    table.add_column(HOSTILE)
    table.add_row(cell)  # type: ignore[arg-type]
    return table


@pytest.mark.parametrize("what", [HOSTILE, terminal.shown(HOSTILE, "bold"), in_a_table(HOSTILE), in_a_table(terminal.shown(HOSTILE))])
@pytest.mark.parametrize("soft_wrap", [True, False])
def test_what_rich_prints_is_text(what: object, soft_wrap: bool) -> None:
    out = RICHS_OWN.sub("", printed(what, soft_wrap=soft_wrap))
    assert "[red]" in out
    assert "x:smile:[/nope]\\ud800" in out.replace("\n", "")
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u202a-\u202e\ud800]", out) == []


def test_a_style_is_ours() -> None:
    assert printed(terminal.shown("a", "bold")) == "\x1b[1ma\x1b[0m\n"


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say(HOSTILE + "\nfinops: all is well")
    terminal.say_beside(HOSTILE)
    assert capsys.readouterr() == (SPELLED + "\\nfinops: all is well\n", SPELLED + "\n")


def test_a_live_display_still_moves_the_cursor() -> None:
    out = io.StringIO()
    screen = terminal.Terminal(file=out, force_terminal=True, width=80)
    assert list(track([1, 2], "Asking", console=screen)) == [1, 2]
    assert "\x1b[" in out.getvalue()
    assert "\\x1b" not in out.getvalue()


def test_a_mistake_of_ours_says_no_more_than_text(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        terminal.show_mistake(ValueError, error, error.__traceback__)
    shown = capsys.readouterr().err
    assert f"ValueError: {SPELLED}" in shown
    assert "Traceback" in shown.splitlines()[0]


def test_width_goes_by_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert terminal.standard().width == terminal.PAGE_WIDTH
