"""Mails as text and as HTML. Strings from outside are made plain wherever a template shows one, and escaped in HTML."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from functions.core.digest.message import Message
from functions.core.outside.text import one_line

FOLDER = Path(__file__).parent
BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|s|min|h|UTC)(?!\w))")
"""Where a line must not be broken: between a number and what it counts."""
QUOTED = re.compile(r"`([^`]+)`")
"""A command in a sentence."""
UNBROKEN_CHARS = 36
"""A word of so many characters fits into a row on a telephone: a longer one may be broken anywhere, this one not at its hyphens."""


def html(message: Message) -> str:
    """For a mail client: one table, styles at their elements, nothing fetched from anywhere."""
    return _environment(True).get_template("mail.html.j2").render(mail=message)


def text(message: Message) -> str:
    """The same in words."""
    return _environment(False).get_template("mail.txt.j2").render(mail=message)


@lru_cache(maxsize=2)
def _environment(escape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=escape,  # noqa: S701  # False is for text/plain, where there is nothing to escape
        undefined=StrictUndefined,
        finalize=_line if escape else one_line,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"unbroken": _unbroken, "with_commands": _with_commands}
    return environment


def _line(value: Any) -> Any:
    """Whatever a template shows is one visible line: a name with a line break in it cannot pretend to be a line of ours."""
    return value if isinstance(value, Markup) else BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", one_line(value))


def _unbroken(value: str) -> Markup:
    """us-east-1 stays on one line, as do other words with hyphens that are short enough."""
    kept = Markup('<span style="white-space:nowrap">{}</span>')
    words = _line(value).split(" ")
    return Markup(" ").join(kept.format(word) if "-" in word and len(word) <= UNBROKEN_CHARS else word for word in words)


def _with_commands(value: str) -> Markup:
    """`finops runs` in type of its own, without the quotes."""
    as_code = r'<span style="font-family:ui-monospace,Menlo,Consolas,monospace">\1</span>'
    return Markup(QUOTED.sub(as_code, str(escape(_line(value)))))  # noqa: S704  # what came from outside is escaped
