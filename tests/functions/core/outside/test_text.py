"""Text from outside, in each place that it is put: it is one thing there, itself, and nothing is done by it."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import subprocess
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.outside import text

HOSTILE = (
    "\x1b]0;owned\x07", "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "\x9b31m", "\u202egpj.exe", "a\u2066b", "a\tb", "\0",
    "\ud800", "\u2028line", "\x7f", "\ue000", "\U000e0041",
)  # fmt: skip


def invisible(shown: str, *, but: str = "") -> list[str]:
    """What of it cannot be seen."""
    return [char for char in shown if unicodedata.category(char) in text.INVISIBLE and char not in but]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_cannot_be_seen_is_left(hostile: str) -> None:
    assert invisible(text.one_line(hostile)) == []
    assert invisible(text.on_terminal(hostile)) == []
    assert invisible(text.on_page(hostile), but="\n\t") == []
    assert invisible(text.in_sentence(hostile, 80)) == []
    assert invisible(text.as_json({hostile: [hostile]}, indent=2), but="\n") == []
    assert text.shell_word(hostile) == "", "nothing that a terminal would obey is pasted"


@given(st.text())
def test_every_text_can_be_printed_and_read_back_as_json(value: str) -> None:
    text.on_terminal(value).encode()
    text.one_line(value).encode()
    text.on_page(value).encode()
    assert json.loads(text.as_json([value]).encode()) == [value]


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("web-1 ä 日本 😀", "web-1 ä 日本 😀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b", "\\x9b"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb", "a\\nb"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        (12, "12"),
    ],
)
def test_a_terminal_spells_out_what_would_be_an_order(value: object, spelled: str) -> None:
    assert text.on_terminal(value) == spelled


def test_our_own_line_breaks_may_stay() -> None:
    assert text.on_terminal("a\nb\x1b", keep="\n") == "a\nb\\x1b"
    assert text.on_page("aws a &&\n\taws b\u202e") == "aws a &&\n\taws b\N{REPLACEMENT CHARACTER}"


def test_a_long_part_of_a_sentence_is_cut() -> None:
    assert text.in_sentence("x" * 9, 5) == "xxxx…"


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "=cmd|'/c calc'!A1"])
def test_a_cell_is_no_formula(value: str) -> None:
    assert text.in_cell(value) == "'" + value


@pytest.mark.parametrize("cell", ["", "a=b", -1.5, 3, None])
def test_other_cells_are_what_they_are(cell: text.Cell) -> None:
    assert text.in_cell(cell) == cell


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_cell_is_read_back(value: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([text.in_cell(value), "end"])
    [[cell, end]] = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert cell in (value, "'" + value)
    assert end == "end"


def test_a_chat_has_no_calls_and_no_links_under_other_names() -> None:
    assert text.in_chat("<!channel> [here](https://evil.example) & <https://evil.example|here>") == (
        "&lt;!channel&gt; [here] (https://evil.example) &amp; &lt;https://evil.example|here&gt;"
    )


@given(st.text())
def test_a_word_of_a_shell_is_that_word_or_none(value: str) -> None:
    word = text.shell_word(value, lines=True)
    assert shlex.split(word) == ([value] if word else [])


@pytest.mark.parametrize("value", ["$(reboot)", "`reboot`", "'; reboot; '", "../x", "*", "~", "# a", "a\nb", "!!", "=x", "名前"])
def test_a_shell_takes_the_word_for_itself(value: str) -> None:
    word = text.shell_word(value, lines=True)
    said = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, text=True, check=True)  # noqa: S603, S607
    assert said.stdout == value


@pytest.mark.parametrize(
    "value", ["", " ", "-rf", "--endpoint-url=http://evil.example", "file:///etc/passwd", "FILEB://x", "https://x", "a\nb"]
)
def test_what_is_no_word_to_paste_is_none(value: str) -> None:
    assert text.shell_word(value) == ""


def test_where_there_is_no_word_its_place_is_named() -> None:
    words = {"id": "vol-1", "name": "file://~/.aws/credentials", "note": "", "lines": "a\nb"}
    assert text.shell_words(words, lines=True) == {"id": "vol-1", "name": "NAME", "note": "''", "lines": "'a\nb'"}


@pytest.mark.parametrize("value", ["20261124T160402Z-1f3c9a", "111122223333.us-east-1.ebs-volume", "r1"])
def test_a_part_of_a_path_is_known_by_its_look(value: str) -> None:
    assert text.path_part(value) == value


@pytest.mark.parametrize("value", ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "~", "a b", "a\n", "a*", "[a]", "-a", "a\0", "a" * 128])
def test_what_could_lead_elsewhere_is_no_part_of_a_path(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a path"):
        text.path_part(value)


@given(st.text())
def test_every_text_is_read_back_from_toml_and_none_can_be_unseen_in_it(value: str) -> None:
    written = text.in_toml(value)
    assert invisible(written) == []
    assert tomllib.loads(f"a = {written}") == {"a": "".join(text.REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in value)}


def test_a_literal_of_sql_ends_where_it_should() -> None:
    assert text.literal("it's'; drop table findings; --") == "'it''s''; drop table findings; --'"


@pytest.mark.parametrize("name", ["a[b]", "a*", "a?", "[!a]", "plain"])
def test_a_path_in_a_glob_is_only_itself(tmp_path: Path, name: str) -> None:
    for each in (name, "ab", "aXX", "b"):
        (tmp_path / each).touch()
    assert [path.name for path in tmp_path.glob(text.only_itself(name))] == [name]


@pytest.mark.parametrize(
    ("wanted", "value", "fits"),
    [
        ("arn:*:volume/*", "arn:aws:ec2:us-east-1:1:volume/vol-1", True),
        ("vol-?", "vol-12", False),
        ("note [keep]", "note [keep]", True),
        ("note [keep]", "note k", False),
        ("a.c", "abc", False),
        ("*", "a\nb", True),
        ("[!a]", "b", False),
    ],
)
def test_a_pattern_knows_two_signs(wanted: str, value: str, fits: bool) -> None:
    assert (text.pattern(wanted).match(value) is not None) is fits


def outside_of_code(line: str) -> str:
    """What of a line of Markdown is no code span."""
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


@given(st.text(max_size=60))
def test_any_text_is_one_code_span_of_markdown_and_ends_no_cell(value: str) -> None:
    made = text.in_markdown(value)
    assert outside_of_code(made) == ""
    assert invisible(made) == []
    assert len(re.split(r"(?<!\\)\|", text.in_markdown_row(made))) == 1


@pytest.mark.parametrize(
    ("value", "made"),
    [("", ""), ("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("<b>@all [x](y)\n# z", "`<b>@all [x](y) # z`")],
)
def test_a_code_span_has_more_backticks_around_it_than_in_it(value: str, made: str) -> None:
    assert text.in_markdown(value) == made


@given(st.text(alphabet=st.sampled_from("`~ab\n"), max_size=30))
def test_no_fence_of_markdown_ends_within(value: str) -> None:
    first, *lines, last = text.in_fence(value, "sh")
    assert first == last + "sh"
    assert not any(line.strip().startswith(last) for line in lines)


@given(st.text(max_size=60))
def test_nothing_is_notation_of_jira(value: str) -> None:
    made = text.in_jira(value)
    assert not re.search(r"(?<!\\)[{}\[\]!|]", made.replace("\\\\", ""))
    assert invisible(made) == []
    assert "{code" not in text.in_jira_code(value + "{code}")
