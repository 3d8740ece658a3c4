"""Every number of a text is found, and what cannot be read for certain is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.advice.claims import Claims, Figure, Kind, Unreadable, read, without


def values(text: str) -> list[tuple[str, float]]:
    return [(figure.kind.value, figure.value) for figure in read(text).figures]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no number", []),
        ("It saves $1,234.50 a month", [("money", 1234.5)]),
        ("USD 12, US$ 13, USD14", [("money", 12), ("money", 13), ("money", 14)]),
        ("12.50 USD, 3 dollars, 5 $", [("money", 12.5), ("money", 3), ("money", 5)]),
        ("12.50 a month or 150/year", [("money", 12.5), ("money", 150)]),
        ("it saves 0, costs 7, is worth 8", [("money", 0), ("money", 7), ("money", 8)]),
        ("0 savings", [("money", 0)]),
        ("zero savings", [("money", 0)]),
        ("zero dollars", [("money", 0)]),
        ("3 volumes, 2,524,746 calls", [("plain", 3), ("plain", 2524746)]),
        ("$10–$15, 10-15", [("money", 10), ("money", 15), ("plain", 10), ("plain", 15)]),
        ("(5 %) 7% 8 percent", [("percent", 5), ("percent", 7), ("percent", 8)]),
        ("100GiB, a 30-day window, 5 s", [("plain", 100), ("plain", 30), ("plain", 5)]),
        ("two volumes, ten-minute", [("plain", 2), ("plain", 10)]),
        ("1. Delete; then step 2, the 3rd", [("ordinal", 1), ("ordinal", 2), ("ordinal", 3)]),
        ("2) Delete", [("ordinal", 2)]),
        ("of 1. Then", [("plain", 1)]),
        ("3 $5, ＄5", [("plain", 3), ("money", 5), ("money", 5)]),
        ("-4", [("plain", 4)]),
        ("one of them", []),
    ],
)
def test_numbers_are_found_with_what_they_are_about(text: str, found: list[tuple[str, float]]) -> None:
    assert values(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "1.2k", "$1.2K", "1.2 k", "3M", "5bn", "1e3", "2xlarge", "1,23", "1,2345", "12,5", "$1.2.3", "1_000", "a dozen", "two hundred",
        "1 million", "٣ volumes", "五", "Ⅻ", "⅒", "５００", "€5", "5 £", "a\u200bb", "1\u200b0", "\u202e01$", "https://x.y", "see www.x.y", "aws://1",
    ],
)  # fmt: skip
def test_what_cannot_be_read_for_certain_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("version 5.7.44 since 2024-03-01", Claims((), ("5.7.44", "2024-03-01"), (), ())),
        ("since 2024-03-01T00:00:00+00:00.", Claims((), ("2024-03-01T00:00:00+00:00.",), (), ())),
        ("move c5.xlarge to gp3 in us-east-1", Claims((), (), ("c5.xlarge", "gp3", "us-east-1"), ())),
        ("x86/arm64", Claims((), (), ("x86", "arm64"), ())),
        ("vol-0123456789abcdef0, I-01234567", Claims((), (), (), ("vol-0123456789abcdef0", "I-01234567"))),
        ("(volume:vol-0123456789abcdef0)", Claims((), (), (), ("vol-0123456789abcdef0",))),
        ("arn:aws:ec2:us-east-1:111122223333:volume/vol-1.", Claims((), (), (), ("arn:aws:ec2:us-east-1:111122223333:volume/vol-1",))),
        ("db-instance, on-demand, well-known", Claims((), (), (), ())),
    ],
)
def test_names_with_digits_versions_dates_and_ids_are_found(text: str, claims: Claims) -> None:
    assert read(text) == claims


@pytest.mark.parametrize(
    ("written", "amount", "shown"),
    [
        ("$1,234.57", 1234.5678, True), ("$1,234.56", 1234.5678, False), ("1,235", 1234.5678, True), ("1,234", 1234.5678, False),
        ("1,234.6", 1234.5678, True), ("0.64", 0.64, True), ("1", 0.5, True), ("1", 0.49, False), ("0", 0.3, False), ("0", 0.0, True),
        ("$0.00", 0.004, False), ("$0.0040", 0.004, True), ("3", 0.0, False),
    ],
)  # fmt: skip
def test_a_figure_shows_what_rounds_to_its_digits(written: str, amount: float, shown: bool) -> None:
    [figure] = read(written).figures
    assert figure.shows(amount) is shown


@pytest.mark.parametrize(
    ("text", "rest"),
    [("vol-1 and vol-10", "  and vol-10"), ("xvol-1", "xvol-1"), ("vol-1-copy", "vol-1-copy"), ("(vol-1).", "( )."), ("a.b", "a.b")],
)
def test_known_ids_are_taken_out_where_they_stand_alone(text: str, rest: str) -> None:
    assert without(text, ["vol-1", "a"]) == rest.replace("a.b", " .b")


@given(st.floats(0.01, 1e9), st.integers(0, 4), st.sampled_from(["{}", "It saves ${} a month.", "({})", "{} GiB", "x {}, y"]))
def test_every_number_as_people_write_it_is_read_back(number: float, decimals: int, sentence: str) -> None:
    written = f"{number:,.{decimals}f}"
    [figure] = read(sentence.format(written)).figures
    assert (figure.value, figure.decimals) == (float(written.replace(",", "")), decimals)
    if figure.value:
        assert figure.shows(number)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_no_ascii_digit_is_overlooked(text: str) -> None:
    try:
        claims = read(text)
    except Unreadable:
        return
    read_digits = "".join(figure.text for figure in claims.figures) + "".join((*claims.literals, *claims.names, *claims.ids))
    assert sum(char.isdigit() for char in read_digits) >= sum(char in "0123456789" for char in text)


def test_a_figure_knows_what_it_is_about() -> None:
    assert read("$5").figures == (Figure(Kind.MONEY, 5.0, 0, "$5"),)
