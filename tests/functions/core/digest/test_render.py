"""Mails as they are sent: both forms say the same, hostile names stay names, and no client has to fetch anything."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from functions.core.digest.message import Message
from functions.core.digest.news import digest
from functions.core.digest.render import html, text
from tests.functions import sweeps
from tests.functions.core.digest.summaries import found, gone, link, summary, unseen, with_bill

HOSTILE = "<script>alert(1)</script>\r\nBcc: eve@example.com\n\n! Everything is fine\u202e\" onload=x '{{ 7*7 }}"
VOID = {"meta", "br", "img", "hr", "link"}


class Page(HTMLParser):
    """Elements, attributes and the visible text of a page; fails where a tag is closed that is not open."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def told(of: dict[str, Any]) -> Message:
    return digest(of, sweeps.ACCOUNT, link())


ALL = {
    "plain": summary(),
    "nothing new": summary(new=0),
    "first": summary(new=416, resolved=0),
    "nothing found": summary(likely=0, findings=0, new=0, resolved=0),
    "unpriced": summary(likely=0, findings=2, unpriced=2, new=2, new_ones=[], largest=[]),
    "coverage low": summary(ratio=0.5),
    "what-if": summary(what_if=True),
    "bill": with_bill(),
}


@pytest.mark.parametrize("of", ALL.values(), ids=ALL.keys())
def test_both_forms_say_everything(of: dict[str, Any]) -> None:
    message = told(of)
    page, words = Page(html(message)), text(message)
    said = [message.title, message.headline, message.below, *message.notices, *message.footer]
    for section in message.sections:
        said += [section.title, *section.text, section.more, *(part for row in section.rows for part in row)]
    for one in said:
        assert one in page.text
        assert one in words
    for fact in message.facts:
        assert f"{fact.value} {fact.name}" in page.text
        assert f"{fact.name}: {fact.value}" in words.splitlines()


def test_the_link_and_its_end_are_in_both() -> None:
    message = told(summary())
    assert message.link is not None
    page, words = Page(html(message)), text(message)
    targets = [value for _, name, value in page.attributes if name == "href"]
    assert targets == [message.link.url, message.link.table, message.link.data, message.link.console]
    for line in (f"The report: {message.link.url}", f"As CSV: {message.link.table}", f"As JSON: {message.link.data}"):
        assert line in words.splitlines()
    for shown in (page.text, words):
        assert "until 2026-11-25 04:05 UTC at the latest; AWS may end it earlier" in shown
        assert "finops report 20261124T160402Z-aaaaaa --open" in shown


def test_where_the_console_is_not_known_neither_names_it() -> None:
    message = told(summary())
    assert message.link is not None
    message.link = replace(message.link, console="")
    page, words = Page(html(message)), text(message)
    assert [value for _, name, value in page.attributes if name == "href"] == [
        message.link.url,
        message.link.table,
        message.link.data,
    ]
    assert "console" not in page.text
    assert "signed in" not in words


def test_a_mail_without_a_link_has_no_button() -> None:
    message = digest(summary(), sweeps.ACCOUNT, None)
    assert "a" not in Page(html(message)).tags
    assert "The report:" not in text(message)


def hostile() -> Message:
    return told(
        summary(
            new=1,
            new_ones=[found(HOSTILE, 1, "new")],
            resolved=1,
            resolved_ones=[gone(HOSTILE, 2.0)],
            ratio=0.5,
            not_seen=[unseen(HOSTILE)],
            warnings=[HOSTILE],
        )
    )


def test_a_hostile_name_is_no_element_and_no_attribute() -> None:
    page, clean = Page(html(hostile())), Page(html(told(summary(ratio=0.5))))
    assert set(page.tags) == set(clean.tags)
    assert {name for _, name, _ in page.attributes} == {name for _, name, _ in clean.attributes}
    assert "<script>alert(1)</script> Bcc: eve@example.com" in page.text


def test_a_hostile_name_is_no_line_of_its_own() -> None:
    lines = text(hostile()).splitlines()
    assert [line for line in lines if line.startswith(("Bcc:", "! Everything"))] == []
    assert any("Delete <script>alert(1)</script> Bcc: eve@example.com ! Everything is fine" in line for line in lines)
    assert "\u202e" not in html(hostile()) + text(hostile())
    assert "{{ 7*7 }}" in "\n".join(lines)


def test_a_line_is_broken_neither_before_a_unit_nor_inside_a_region() -> None:
    page = html(told(with_bill()))
    assert "explain 23\N{NO-BREAK SPACE}% of it" in page
    assert "1\N{NO-BREAK SPACE}min 24\N{NO-BREAK SPACE}s." in page
    assert '<span style="white-space:nowrap">us-east-1</span>' in page
    long = "a-name-" * 10
    assert f"Delete {long}<" in html(told(summary(new=1, new_ones=[found(long, 5, "new")]))), "else it would be wider than a telephone"


def test_a_command_in_a_notice_has_no_quotes_in_html_and_cannot_be_more_than_a_command() -> None:
    message = told(summary(warnings=["old: `finops prices refresh`", "`<b>`"]))
    page = Page(html(message))
    assert "old: finops prices refresh" in page.text
    assert "<b>" in page.text
    assert "b" not in page.tags
    assert "! old: `finops prices refresh`" in text(message).splitlines()


def test_the_page_fetches_nothing_and_needs_no_stylesheet() -> None:
    page = Page(html(told(with_bill())))
    assert not {"script", "style", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert {name for _, name, _ in page.attributes} <= {
        "lang", "charset", "name", "content", "style", "role", "width", "cellpadding", "cellspacing", "border", "align", "href",
    }  # fmt: skip
    assert "url(" not in html(told(with_bill()))


def test_text_is_dark_on_white() -> None:
    """Every colour that text has against what it stands on: at least 4.5 to 1, as WCAG asks."""
    page = html(told(summary(ratio=0.5)))
    inks = set(re.findall(r"[;\"]color:(#[0-9a-f]{6})", page)) - {"#ffffff"}
    assert inks >= {"#1f2933", "#52606d"}
    for ink in inks:
        for ground in ("#ffffff", "#fffbea"):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast("#ffffff", "#0b5fff") >= 4.5


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_mail_is_far_from_where_clients_cut_it() -> None:
    """Gmail cuts at 102 kB."""
    assert len(html(hostile()).encode()) < 60_000
