"""Tables of one name, each with its place; anything else is refused with it."""

from __future__ import annotations

import pytest

from functions.core.errors import InvalidInput
from functions.core.outside.toml_tables import tables


def test_each_table_is_given_with_its_place() -> None:
    text = '# mine\n[[check]]\nid = "a"\n\n  [[ check ]]\nid = "b"\n'
    assert tables(text, "f", "check", "it") == [("f: check 1, line 2", {"id": "a"}), ("f: check 2, line 5", {"id": "b"})]


def test_where_lines_cannot_be_told_the_number_is_the_place() -> None:
    assert tables('check = [{id = "a"}, {id = "b"}]', "f", "check", "it")[1] == ("f: check 2", {"id": "b"})
    assert tables("", "f", "check", "it") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[check\n", r"f: .*line 1"),
        ("[check]\n", r"f: check must be tables, each under \[\[check\]\]"),
        ("check = 3\n", r"f: check must be tables"),
        ("[[checks]]\n", r"f: unknown key 'checks'; what is said of a check is a table called \[\[check\]\]"),
    ],
)
def test_anything_else_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        tables(text, "f", "check", "what is said of a check")
