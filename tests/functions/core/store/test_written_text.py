"""Text in whatever encoding it was saved."""

from __future__ import annotations

import codecs

import pytest

from functions.core.store.written_text import text_of


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"a\nb", "a\nb"),
        (b"a\r\nb\r\n", "a\nb\n"),
        ("ü\r\n".encode(), "ü\n"),
        (codecs.BOM_UTF8 + "ü".encode(), "ü"),
        (codecs.BOM_UTF8, ""),
        (codecs.BOM_UTF16_LE + "ü\r\n€".encode("utf-16-le"), "ü\n€"),
        (codecs.BOM_UTF16_BE + "ü\r\n€".encode("utf-16-be"), "ü\n€"),
    ],
)
def test_text_is_the_same_however_it_was_saved(content: bytes, text: str) -> None:
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# \xfc", "not UTF-8 at byte 2: save it as UTF-8"),
        (codecs.BOM_UTF8 + b"\xff", "not UTF-8 at byte 3"),
        (codecs.BOM_UTF16_LE + b"a", "not UTF-16 at byte 2: save it as UTF-8"),
    ],
)
def test_what_is_no_text_says_where(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        text_of(content)
