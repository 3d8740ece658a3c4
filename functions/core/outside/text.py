"""Text from outside as it may stand in each place that we put it: one function for each place.

Names, tags, messages of AWS, an execution's input and what lies in the bucket were written by others. In a terminal such a text could move
the cursor or turn the direction of writing, in a spreadsheet be a formula, in a shell a command, in a glob many files. Where a text becomes
HTML, jinja2 escapes it; where it becomes a value of SQL, it is a parameter: `literal` is for the places that take none.
"""

from __future__ import annotations

import glob
import json
import re
import shlex
import unicodedata
from collections.abc import Callable, Mapping
from fnmatch import translate
from typing import Any

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what has no look of its own: controls (also those of C1), marks that turn the direction of writing, halves of
surrogate pairs, private and unassigned characters, separators of lines. https://www.unicode.org/reports/tr44/#General_Category_Values"""
FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula, and the wide forms. https://owasp.org/www-community/attacks/CSV_Injection"""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LOADED = re.compile(r"(?:fileb?|https?)://", re.IGNORECASE)
"""How a value begins that the AWS CLI reads from a file, and its version 1 also from an address.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html"""
TICKS = re.compile("`+")
MACRO = re.compile(r"[{}\[\]!|\\]")
SPELLED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}")
Cell = str | float | bool | None


def _each(text: str, instead: Callable[[str], str], keep: str = "") -> str:
    """The text with something else in place of each character that cannot be seen, but for those in `keep`."""
    if text.isprintable():
        return text
    return "".join(instead(char) if unicodedata.category(char) in INVISIBLE and char not in keep else char for char in text)


def one_line(value: Any) -> str:
    """For a mail: one visible line. A name with a line break in it cannot pretend to be a line of ours."""
    return " ".join(_each(str(value), lambda char: " ").split())


def on_page(value: str) -> str:
    """For HTML, before it is escaped: lines stay lines, as in a command, and nothing turns the direction of what follows."""
    return _each(value, lambda char: REPLACEMENT, keep="\n\t")


def in_sentence(value: str, chars: int) -> str:
    """For a part of a sentence: one line of so many characters at most, with a sign for each character that cannot be seen."""
    line = "".join(char if char.isprintable() else REPLACEMENT for char in value)
    return line if len(line) <= chars else line[: chars - 1] + "…"


def on_terminal(value: Any, keep: str = "") -> str:
    """For a terminal: what would be no letter but an order to it is spelled out, as ``\\x1b`` and ``\\u202e``. `keep`: such as line breaks
    that are ours."""
    return _each(str(value), _spelled, keep)


def _spelled(char: str) -> str:
    code = ord(char)
    return SPELLED.get(char) or f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def as_json(value: Any, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """For a program that reads JSON, and for a terminal too: the same values, but what cannot be seen is written as JSON's own escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    return _each(text, lambda char: json.dumps(char)[1:-1], keep="\n")


def in_cell(cell: Cell) -> Cell:
    """For CSV: a text that a spreadsheet would run gets an apostrophe in front; booleans are words of SQL, numbers are numbers."""
    if isinstance(cell, str):
        return "'" + cell if cell and cell[0] in FORMULA else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell


def in_chat(value: str) -> str:
    """For the Markdown of a chat, in which "<!channel>" calls everybody, and "<https://…|here>" or "[here](https://…)" is a link under
    another name. https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("](", "] (")


def in_markdown(value: Any) -> str:
    """For Markdown: a code span of one line, in which nothing is a link, an image, HTML or a mention. More backticks stand around it than
    are in it. https://github.github.com/gfm/#code-spans"""
    line = one_line(value)
    if not line:
        return ""
    ticks = "`" * (1 + max(map(len, TICKS.findall(line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def in_markdown_row(cell: str) -> str:
    """For a cell of Markdown's tables, of what is Markdown already: no end of the cell in it. After a backslash a bar cannot be escaped by
    another one: it is broken there. https://github.github.com/gfm/#tables-extension-"""
    return cell.replace("\\|", "\\¦").replace("|", "\\|")


def in_fence(value: str, language: str) -> list[str]:
    """For Markdown: a block of code, whose fence is longer than any in it, line by line."""
    text = on_page(value)
    fence = "`" * max(3, 1 + max(map(len, TICKS.findall(text)), default=0))
    return [f"{fence}{language}", *text.split("\n"), fence]


def in_jira(value: Any) -> str:
    """For Jira's notation: one line in which nothing begins a macro, a link, a mention, an image or a cell.
    https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all"""
    return MACRO.sub(lambda found: "\\" + found.group(), one_line(value))


def in_jira_code(value: str) -> str:
    """For the inside of Jira's {code}, which nothing but its own end ends."""
    return on_page(value).replace("{code", "{ code")


def shell_word(value: str, *, lines: bool = False) -> str:
    """For bash and zsh: one word. Empty for what cannot be told by one: what a program would take for an option or for a file to read, what
    the terminal that it is pasted into would obey, and, without `lines`, several lines."""
    visible = (value.replace("\n", "") if lines else value).isprintable()
    plain = visible and value.strip() and not value.startswith("-") and not LOADED.match(value)
    return shlex.quote(value) if plain else ""


def shell_words(values: Mapping[str, str], *, lines: bool = False) -> dict[str, str]:
    """Each value as one word; where that is none to be pasted, its name in capitals: for the reader to fill in, and refused by AWS."""
    return {name: shell_word(value, lines=lines) or (name.upper() if value else "''") for name, value in values.items()}


def path_part(value: str) -> str:
    """For a path or an S3 key: one part of it. ValueError for what could be more than that, or a pattern: nothing is mended here."""
    if not PART.fullmatch(value):
        raise ValueError(f"{value!r} cannot be part of a path")
    return value


def in_toml(value: str) -> str:
    """For TOML: a basic string in quotes, on one line; what cannot be seen is written as an escape, what is no character by a sign."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _each(quoted, _toml_escape) + '"'


def _toml_escape(char: str) -> str:
    code = ord(char)
    return REPLACEMENT if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def literal(value: str) -> str:
    """For SQL where no parameter can stand: a text in quotes."""
    return "'" + value.replace("'", "''") + "'"


def only_itself(path: str) -> str:
    """For a glob (of DuckDB, as of Python): the pattern that fits this path and no other one."""
    return glob.escape(path)


def pattern(wanted: str) -> re.Pattern[str]:
    """A glob in which * and ? stand for anything, as a person writes it; brackets are brackets. For `match`, which it fits as a whole."""
    return re.compile(translate(wanted.replace("[", "[[]")))
