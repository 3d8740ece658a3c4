"""The terminal: what is written there is text, whoever wrote it. No name, message or report moves its cursor, colours or links anything.

All that a command prints goes through here: `say` for a line, `Terminal` for tables. Neither takes markup; what is to be bold or green is a
`Text` (`shown`) with a style. https://rich.readthedocs.io/en/stable/markup.html#escaping says what rich does otherwise.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from functions.core.outside.text import on_terminal

PAGE_WIDTH = 140
"""Columns of a table that goes into a file or a pipe."""


class Terminal(Console):
    """rich's console, which takes markup and emoji codes for text. What reaches it as it came is mended on the way out."""

    def __init__(self, **how: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does, but no text in it is an order to the terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(on_terminal(segment.text, keep="\n"), segment.style)


def standard() -> Terminal:
    """This process's standard output: as wide as the terminal, or PAGE_WIDTH columns into a file or a pipe."""
    return Terminal(width=None if sys.stdout.isatty() else PAGE_WIDTH)


def shown(value: object, style: str = "", *, lines: bool = False) -> Text:
    """A text from outside for a table or a line, all of which can be seen: one line, for a second one would look like ours; or `lines`."""
    return Text(on_terminal(value, keep="\n" if lines else ""), style)


def say(line: object, stream: IO[str] | None = None) -> None:
    """One line, at once: on standard output, or on `stream`."""
    print(on_terminal(line), file=stream or sys.stdout, flush=True)


def say_beside(line: object) -> None:
    """One line beside the results: on standard error."""
    say(line, sys.stderr)


def show_mistake(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A mistake of ours that nobody caught, as Python's `sys.excepthook` shows it; its message may hold anything."""
    sys.stderr.write(on_terminal("".join(traceback.format_exception(kind, error, trace)), keep="\n"))
