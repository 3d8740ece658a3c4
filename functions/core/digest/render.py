"""Mails as text and as HTML. Strings from outside are made plain wherever a template shows one, and escaped in HTML."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from functions.core.digest.message import Message, plain

FOLDER = Path(__file__).parent


def html(message: Message) -> str:
    """For a mail client: one table, styles at their elements, nothing fetched from anywhere."""
    return _environment(True).get_template("mail.html.j2").render(mail=message)


def text(message: Message) -> str:
    """The same in words."""
    return _environment(False).get_template("mail.txt.j2").render(mail=message)


@lru_cache(maxsize=2)
def _environment(escape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=escape,  # noqa: S701  # False is for text/plain, where there is nothing to escape
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _plain(value: Any) -> str:
    """Whatever a template shows is one visible line: a name with a line break in it cannot pretend to be a line of ours."""
    return plain(value)
