"""Writing the file of suppressions: an entry more or less, and everything else as it was, to the byte."""

from __future__ import annotations

import codecs
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import InvalidInput
from functions.core.rank.suppressions import parse
from functions.core.rank.suppressions.file_text import command_for, entries_of, entry_for, with_entry, without_entry

ID = "4f1c2ab09d3e" + "0" * 20
UNTIL = date(2027, 3, 31)
NEW = entry_for(ID, UNTIL, "Standby", "ann@example.com", "ebs-idle-volume: arn:aws:ec2:us-east-1:111122223333:volume/vol-1")
FILE = """# What we keep.

[[suppress]]  # the first
# why it stays is in the wiki
tag = "keep"
reason = '''
# no comment
two lines'''
until = 2027-01-01  # a Friday

# about the second
[[suppress]]
region = "us-east-1"
reason = "B"
until = 2027-01-01
# the end
"""


def test_the_entry_of_a_finding_is_one_that_a_sweep_takes() -> None:
    (one,) = parse(NEW)
    assert one.conditions == {"finding_id": ID}
    assert (one.reason, one.owner, one.until) == ("Standby", "ann@example.com", UNTIL)
    assert "# ebs-idle-volume: arn:aws:ec2" in NEW
    assert parse(entry_for(ID, UNTIL))[0].reason == "…", "to be filled in"


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        ("…", "finops suppress 4f1c2ab09d3e --reason '…' --until 2027-03-31"),
        ("it's kept", "finops suppress 4f1c2ab09d3e --reason 'it'\"'\"'s kept' --until 2027-03-31"),
        ("a\nb", "finops suppress 4f1c2ab09d3e --reason … --until 2027-03-31"),
    ],
)
def test_the_command_of_a_finding(reason: str, command: str) -> None:
    assert command_for(ID, UNTIL, reason) == command


@given(st.text(), st.text(), st.text())
def test_whatever_is_said_of_it_it_is_one_entry_about_one_finding(reason: str, owner: str, about: str) -> None:
    (one,) = parse(entry_for(ID, UNTIL, f"a{reason}", owner and f"a{owner}", about))
    assert one.conditions == {"finding_id": ID}


@pytest.mark.parametrize("content", [None, b"", b"# nothing yet", b"\n\n", FILE.encode(), FILE.rstrip().encode()])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_there_stays_to_the_byte_and_comes_back_when_the_entry_is_stopped(content: bytes | None, encoding: str, end: str) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    given = None if content is None else mark + content.decode().replace("\n", end).encode(encoding)
    made = with_entry(given, NEW)
    assert made.startswith(given or b"")
    before, after = entries_of(given), entries_of(made)
    assert after[:-1] == before
    assert after[-1].conditions == {"finding_id": ID}
    if content and b"\n" in content:
        added = made[len(given or b"") :].decode("utf-8" if encoding == "utf-8-sig" else encoding)
        assert added.count("\n") == added.count(end)
    stopped = without_entry(made, len(after))
    assert entries_of(stopped) == before
    if content and content.endswith(b"a Friday\n"):
        assert stopped == given


def test_the_lines_of_one_entry_go_and_comments_stay() -> None:
    first = without_entry(FILE.encode(), 1).decode()
    assert first == (
        '# What we keep.\n# why it stays is in the wiki\n\n# about the second\n[[suppress]]\nregion = "us-east-1"\nreason = "B"\n'
        "until = 2027-01-01\n# the end\n"
    )
    assert without_entry(FILE.encode(), 2).decode() == FILE[: FILE.index("[[suppress]]\nregion")] + "# the end\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[suppress]]\nreason = 1\n", "reason must be a text"),
        ('suppress = [{tag = "a", reason = "b", until = 2027-01-01}]\n', "edit the file by hand"),
    ],
)
def test_a_file_that_is_wrong_or_takes_no_table_is_not_written(content: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        with_entry(content.encode(), NEW)


@pytest.mark.parametrize(
    "content",
    [
        'suppress = [{tag = "a", reason = "b", until = 2027-01-01}]\n',
        '[["suppress"]]\ntag = "a"\nreason = "b"\nuntil = 2027-01-01\n',
        '[[suppress]]\ntag = "a"\nreason = """\n[[suppress]]\n"""\nuntil = 2027-01-01\n',
        '[["suppress"]]\ntag = "a"\nreason = """\n[[suppress]]\n"""\nuntil = 2027-01-01\n',
    ],
)
def test_an_entry_whose_lines_cannot_be_told_is_left_to_people(content: str) -> None:
    assert len(entries_of(content.encode())) == 1
    with pytest.raises(InvalidInput, match=r"edit the file by hand|config/suppressions\.toml"):
        without_entry(content.encode(), 1)
