"""Strings from outside become one visible line; a subject is never more than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.digest.message import SUBJECT_CHARS, Message, dollars, short
from functions.core.outside.text import one_line


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("db-1", "db-1"),
        ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\tb\x00c\x1b[31md", "a b c [31md"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("zero\u200bwidth", "zero width"),
        ("  Größe  ×  2 ", "Größe × 2"),
        (42, "42"),
    ],
)
def test_plain_is_one_line_of_what_can_be_seen(given: object, shown: str) -> None:
    assert one_line(given) == shown


@pytest.mark.parametrize(("chars", "shown"), [(5, "abcde"), (4, "abc…"), (1, "…")])
def test_short_cuts_and_says_so(chars: int, shown: str) -> None:
    assert short("abcde", chars) == shown


@given(st.text())
def test_no_subject_has_a_second_line_or_is_too_long(subject: str) -> None:
    made = Message(subject, "t", "h", "b").subject
    assert len(made) <= SUBJECT_CHARS
    assert made.splitlines() in ([], [made])
    assert all(char.isprintable() for char in made)


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(0, "$0.00"), (0.004, "< $0.01"), (0.01, "$0.01"), (9.99, "$9.99"), (10, "$10"), (12_383.2, "$12,383"), (1_234_567.5, "$1,234,568")],
)
def test_a_headline_has_whole_dollars_from_ten_on(usd: float, shown: str) -> None:
    assert dollars(usd) == shown
