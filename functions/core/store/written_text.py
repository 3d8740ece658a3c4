"""Text files that people write, whatever their editor makes of them: with a byte order mark or without, in UTF-8 or in Windows' UTF-16."""

from __future__ import annotations

import codecs

from functions.core.errors import InvalidInput

MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""How a file begins that says what it is. https://www.unicode.org/faq/utf_bom.html"""


def text_of(content: bytes) -> str:
    """The text, its lines ended by \\n. ValueError, which says where, when it is neither UTF-8 nor marked as UTF-16."""
    return read(content)[0].replace("\r\n", "\n")


def read(content: bytes) -> tuple[str, str]:
    """The text as it stands, without the mark, and the encoding in which more can be written behind it. ValueError as `text_of`."""
    mark = next((mark for mark in MARKS if content.startswith(mark)), b"")
    encoding = MARKS.get(mark, "utf-8")
    try:
        return content[len(mark) :].decode(encoding), encoding
    except UnicodeDecodeError as error:
        name = encoding[:6].upper() if mark else "UTF-8"
        raise ValueError(f"not {name.rstrip('-')} at byte {len(mark) + error.start}: save it as UTF-8") from None


def decoded(content: bytes, file: str) -> str:
    """The text in the file of that name, as `text_of` reads it. InvalidInput when there is none."""
    try:
        return text_of(content)
    except ValueError as error:
        raise InvalidInput(f"{file}: {error}") from None
