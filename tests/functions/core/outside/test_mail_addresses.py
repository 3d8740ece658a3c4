"""Which addresses are taken, and that none of them can end a header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from functions.core.outside.mail_addresses import MAX_RECIPIENTS, Address, Addresses, domains

ONE: TypeAdapter[str] = TypeAdapter(Address)
MANY: TypeAdapter[tuple[str, ...]] = TypeAdapter(Addresses)


@pytest.mark.parametrize(
    "address", ["a@b.co", "fin.ops+aws@mail.example.com", "o'neil@example.com", "x" * 64 + "@example.com", "a@xn--bcher-kva.example"]
)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert ONE.validate_python(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "", "ops", "ops@", "@example.com", "ops@localhost", "a b@example.com", "a@b@example.com", "a..b@example.com", ".a@example.com",
        "x" * 65 + "@example.com", "ops@example..com", "ops@-example.com", "ops@example.com.", "ö@example.com", "ops@exämple.com",
        "Ops <ops@example.com>", "ops@example.com\nBcc: eve@example.com", "ops@example.com\r", "ops@example.com,",
        "a@" + "b." * 130 + "com",
    ],
)  # fmt: skip
def test_anything_else_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="is no mail address such as"):
        ONE.validate_python(address)


@given(st.text(alphabet=st.characters(), max_size=40))
def test_no_address_holds_a_separator(text: str) -> None:
    try:
        taken = ONE.validate_python(f"a{text}@example.com")
    except ValidationError:
        return
    assert taken.isascii()
    assert not set(taken) & set('\r\n\t ,;<>"()[]:\\\0')


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("a@b.co", ("a@b.co",)),
        (" a@b.co , c@d.co,, a@b.co ", ("a@b.co", "c@d.co")),
        (["a@b.co", "c@d.co"], ("a@b.co", "c@d.co")),
        ("", ()),
    ],
)
def test_several_come_with_commas_or_as_a_list(given: object, taken: tuple[str, ...]) -> None:
    assert MANY.validate_python(given) == taken


def test_ses_takes_fifty_recipients() -> None:
    many = [f"a{number}@b.co" for number in range(MAX_RECIPIENTS + 1)]
    assert len(MANY.validate_python(many[:-1])) == MAX_RECIPIENTS
    with pytest.raises(ValidationError, match="at most 50"):
        MANY.validate_python(",".join(many))


def test_one_wrong_address_refuses_the_list() -> None:
    with pytest.raises(ValidationError, match="'nobody' is no mail address"):
        MANY.validate_python("a@b.co, nobody")


def test_the_domains_that_could_be_verified() -> None:
    assert domains("ops@Mail.Example.com") == ["mail.example.com", "example.com"]
    assert domains("ops@example.com") == ["example.com"]
