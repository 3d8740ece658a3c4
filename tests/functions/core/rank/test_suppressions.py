"""Suppressions: what they match, when they end, what they do to a resource's other findings, and how a wrong file is refused."""

from __future__ import annotations

import codecs
from datetime import date
from typing import Any

import pytest

from functions.core.errors import InvalidInput
from functions.core.rank import suppressions
from functions.core.rank.suppressions import known, load, parse
from functions.core.store.bucket import Bucket
from functions.core.store.unit_objects import FINDING
from functions.core.store.written_text import decoded
from tests.functions import sweeps

END = 'reason = "Kept on purpose"\nuntil = 2027-03-31\n'


def as_json(*args: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = FINDING.dump_python(sweeps.finding(*args, **more), mode="json")
    return made


def entry(conditions: str, end: str = END) -> str:
    return f"[[suppress]]\n{conditions}\n{end}\n"


FINDING_1 = as_json("vol-1", tags={"keep": "true", "Team": "payments"})


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        (f'finding_id = "{FINDING_1["finding_id"]}"', True),
        ('finding_id = "0"', False),
        ('check_id = "ebs-unattached-volume"', True),
        ('check_id = "ebs-*"', False),
        ('account = "111122223333"', True),
        ('account = "111122223334"', False),
        ('region = "us-east-1"', True),
        ('region = "us-east-2"', False),
        ('resource_arn = "arn:aws:ebs:us-east-1:111122223333:vol-1"', True),
        ('resource_arn = "arn:aws:ebs:us-east-1:*:vol-?"', True),
        ('resource_arn = "arn:aws:ebs:us-east-1:*:vol-"', False),
        ('resource_arn = "vol-1"', False),
        ('tag = "keep=true"', True),
        ('tag = "keep=t*"', True),
        ('tag = "keep"', True),
        ('tag = "keep=false"', False),
        ('tag = "Keep=true"', False),
        ('tag = "absent"', False),
        ('account = "111122223333"\nregion = "us-east-1"\ntag = "Team=pay*"', True),
        ('account = "111122223333"\nregion = "eu-west-1"\ntag = "Team=pay*"', False),
    ],
)
def test_an_entry_holds_when_all_of_its_conditions_do(conditions: str, matches: bool) -> None:
    (one,) = parse(entry(conditions))
    assert one.matches(FINDING_1) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[suppress]\n", r"config/suppressions.toml: .*line 1"),
        ('[[suppress]]\nregion = "a"\nregion = "b"\n', r"config/suppressions.toml: .*line 3"),
        ('[[supress]]\nregion = "a"\n', "unknown key 'supress'; a suppression is a table called"),
        ("suppress = 3\n", r"suppress must be tables, each under \[\[suppress\]\]"),
        ("suppress = [3]\n", "suppress must be tables"),
        (entry('region = "a"') + entry('acount = "1"'), "suppress 2, line 6: unknown key 'acount'; allowed are: finding_id, check_id, acc"),
        (entry(""), "suppress 1, line 1: no condition; name at least one of: finding_id"),
        (entry('region = ""'), "suppress 1, line 1: region must be a text that is not empty, not ''"),
        (entry("account = 111122223333"), "suppress 1, line 1: account must be a text that is not empty, not 111122223333"),
        (entry('region = "a"', "until = 2027-03-31"), "reason is missing"),
        (entry('region = "a"', 'reason = " "\nuntil = 2027-03-31'), "reason must be a text that is not empty"),
        (entry('region = "a"', 'reason = "x"\nowner = ""\nuntil = 2027-03-31'), "owner must be a text that is not empty"),
        (entry('region = "a"', 'reason = "x"'), "until is missing"),
        (entry('region = "a"', 'reason = "x"\nuntil = "soon"'), "until must be a day such as 2027-03-31, not 'soon'"),
        (entry('region = "a"', 'reason = "x"\nuntil = 7'), "until must be a day such as 2027-03-31, not 7"),
        ('suppress = [{region = "a", reason = "x"}]\n', "suppress 1: until is missing"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(text)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "suppress = []\n"])
def test_no_entry_is_no_suppression(text: str) -> None:
    assert parse(text) == []


def test_an_instant_is_its_day() -> None:
    (one,) = parse(entry('region = "a"', 'reason = "x"\nuntil = 2027-03-31T10:00:00Z'))
    assert one.until == date(2027, 3, 31)


def test_the_file_is_optional_and_must_be_utf8() -> None:
    with sweeps.world() as world:
        assert suppressions.read(Bucket(world.s3, sweeps.BUCKET)) is None
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=suppressions.KEY, Body="# ü".encode())
        assert suppressions.read(Bucket(world.s3, sweeps.BUCKET)) == "# ü"
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=suppressions.KEY, Body="# ü".encode("latin-1"))
        with pytest.raises(InvalidInput, match="not UTF-8 at byte 2"):
            suppressions.read(Bucket(world.s3, sweeps.BUCKET))


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (
            'check_id = "ebs-unatached-volume"',
            "check_id: there is no check 'ebs-unatached-volume'; 'ebs-unattached-volume' .*is meant",
        ),
        ('check_id = "nothing"', "there is no check 'nothing'; allowed are: .*ebs-idle-volume.*rds-stopped-instance"),
        ('account = "11112222333"', "account: '11112222333' is no account; allowed are ids of 12 digits"),
        ('account = "1111222233334"', "is no account"),
        ('account = "self"', "is no account"),
        ('account = "aws"', "is no account"),
        ('account = "１１１１２２２２３３３３"', "is no account"),
        ('region = "us-esat-1"', "region: there is no region 'us-esat-1'; .*'us-east-1' is meant. allowed are: .*eu-west-1.*us-west-2"),
        ('region = "global"', "there is no region 'global'"),
        ('resource_arn = "arn:aws:ec2:us-esat-1:111122223333:volume/*"', "resource_arn: there is no region 'us-esat-1'"),
        ('resource_arn = "arn:aws:ec2:us-east-1:11112222333:volume/*"', "resource_arn: '11112222333' is no account"),
    ],
)
def test_what_there_cannot_be_is_refused_with_the_place_and_what_is_allowed(conditions: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^config/suppressions.toml: suppress 1, line 1: .*{message}"):
        known(parse(entry(conditions)))


@pytest.mark.parametrize(
    "conditions",
    [
        'check_id = "ebs-unattached-volume"',
        'account = "999999999999"',  # of no sweep so far, perhaps
        'region = "eu-west-1"',
        'region = "cn-north-1"',
        'region = "us-gov-west-1"',
        'region = "xx-new-1"',  # enabled, and newer than botocore
        'resource_arn = "arn:aws:s3:::a-bucket"',
        'resource_arn = "arn:aws:ec2:us-*:1111*:volume/*"',
        'resource_arn = "*:vol-1"',
        'resource_arn = "arn:aws:iam::aws:policy/a"',
    ],
)
def test_what_there_may_be_is_taken(conditions: str) -> None:
    assert len(known(parse(entry(conditions)), ["xx-new-1"])) == 1


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidInput, match=r"suppress 1, line 1: region: .*; config/suppressions.toml: suppress 2, line 6: account: "):
        known(parse(entry('region = "a"') + entry('account = "1"')))
    with pytest.raises(InvalidInput, match=r"suppress 1, line 1: no condition.*suppress 2, line 6: unknown key 'x'"):
        parse(entry("") + entry("x = 1"))


ON_WINDOWS = entry('region = "us-east-1"', 'reason = "Für München"\nuntil = 2027-03-31').replace("\n", "\r\n")


@pytest.mark.parametrize(
    "content",
    [
        ON_WINDOWS.encode(),
        codecs.BOM_UTF8 + ON_WINDOWS.encode(),
        codecs.BOM_UTF16_LE + ON_WINDOWS.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ON_WINDOWS.encode("utf-16-be"),
    ],
)
def test_files_are_read_as_people_write_them_on_windows(content: bytes) -> None:
    with sweeps.world() as world:
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=suppressions.KEY, Body=content)
        (one,) = load(Bucket(world.s3, sweeps.BUCKET))
    assert (one.reason, one.where) == ("Für München", "config/suppressions.toml: suppress 1, line 1")


def test_lines_are_counted_as_an_editor_does() -> None:
    odd = "# a\u2028b\x85c\r\n" + ON_WINDOWS
    assert parse(decoded(odd.encode(), "f"))[0].where.endswith("line 2")


def test_without_a_file_nothing_is_suppressed() -> None:
    with sweeps.world() as world:
        assert load(Bucket(world.s3, sweeps.BUCKET)) == []
