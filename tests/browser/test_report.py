"""The report as three people work in it: in a real browser, by mouse and by keyboard, wide and narrow."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from functions.core.rank.totals import EASY, Place, exact, place
from functions.core.report.browser.index import ID_DIGITS
from tests.browser.conftest import Open
from tests.browser.pages import findings, sample, write


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("page") / "report.html", list(sample()))


def money(of: Iterable[Mapping[str, Any]]) -> str:
    counted = sum(exact(one["savings"]["likely"]) for one in of if place(one) is Place.COUNTED)
    return f"${counted / 10_000:,.2f}"


def counted() -> list[dict[str, Any]]:
    return [one for one in sample() if place(one) is Place.COUNTED]


def names(page: Page) -> list[str]:
    return page.locator("#findings .entry .what b").all_text_contents()


def choose(page: Page, facet: str, value: str) -> None:
    part = page.locator(".facets details", has=page.locator("summary", has_text=re.compile(f"^{facet}"))).last
    if not part.evaluate("(one) => one.open"):
        part.locator("summary").click()
    part.locator("label", has_text=value).first.click()


def test_everything_is_listed_and_summed(show: Open, report: Path) -> None:
    page = show(report)
    expect(page.locator(".status")).to_contain_text(f"300 findings of 302, {money(sample())} a month")
    assert len(names(page)) == 100
    page.get_by_role("button", name="Show 100 more of 300").click()
    assert names(page) == [one["resource_name"] for one in counted()[:200]]


def test_facets_narrow_the_list_and_each_other(show: Open, report: Path) -> None:
    page = show(report)
    choose(page, "Owner", "web")
    choose(page, "Action", "delete")
    wanted = [one for one in counted() if one["owner"] == "web" and one["action"] == "Delete"]
    expect(page.locator(".status")).to_contain_text(f"{len(wanted)} findings of 302, {money(wanted)} a month")
    assert names(page) == [one["resource_name"] for one in wanted]
    by_account = defaultdict(list)
    for one in wanted:
        by_account[one["account"]].append(one)
    for account, own in by_account.items():
        label = page.locator(".facets label", has_text=account)
        expect(label).to_contain_text(f"{len(own)}{money(own)}")
    assert page.evaluate("location.hash") == "#owner=web&action=Delete"
    page.get_by_role("button", name="Clear all filters").click()
    expect(page.locator(".status")).to_contain_text("300 findings")


def test_what_is_not_in_the_sum_is_there_and_said_to_be_outside(show: Open, report: Path) -> None:
    page = show(report, "#counts=1,4")
    assert names(page) == ["priceless", "kept"]
    expect(page.locator(".status")).to_contain_text("2 findings of 302, $0.00 a month")
    expect(page.locator(".entry").first).to_contain_text("unpriced")
    expect(page.locator(".entry").nth(1)).to_contain_text("Suppressed")


def test_free_text_looks_through_all_findings(show: Open, report: Path) -> None:
    page = show(report)
    last = counted()[-1]
    page.get_by_label("Search the findings").fill(f"{last['resource_name']} {last['account']}")
    expect(page.locator(".status")).to_contain_text("1 finding of 302")
    assert names(page) == [last["resource_name"]]
    page.get_by_label("Search the findings").fill("nothing is called so")
    expect(page.locator("#findings")).to_contain_text("No finding matches.")


@pytest.mark.parametrize("column", ["name", "account", "region", "effort", "risk", "age", "action"])
def test_every_column_sorts_both_ways(show: Open, report: Path, column: str) -> None:
    levels = ["VeryLow", "Low", "Medium", "High"]
    keys: dict[str, Callable[[dict[str, Any]], Any]] = {
        "name": lambda one: one["resource_name"].lower(),
        "account": lambda one: "payments" if one["account"] == "111122220000" else one["account"],
        "region": lambda one: one["region"],
        "effort": lambda one: levels.index(one["effort"]),
        "risk": lambda one: levels.index(one["risk"]),
        "age": lambda one: one["first_seen"],
        "action": lambda one: re.sub("(?<=[a-z])(?=[A-Z])", " ", one["action"]).lower(),
    }
    wanted = [one["resource_name"] for one in sorted(counted(), key=keys[column])]
    page = show(report, f"#sort={column}")
    assert names(page) == wanted[:100]
    page.get_by_role("button", name="Smallest or first first").click()
    shown = names(page)
    rank = {one["resource_name"]: keys[column](one) for one in counted()}
    assert [rank[name] for name in shown] == sorted((rank[name] for name in rank), reverse=True)[:100]


@pytest.mark.parametrize("group", ["check", "account", "owner", "resource"])
def test_groups_add_up(show: Open, report: Path, group: str) -> None:
    keys = {"check": "check_id", "account": "account", "owner": "owner", "resource": "resource_id"}
    sums = defaultdict(list)
    for one in counted():
        sums[one[keys[group]]].append(one)
    page = show(report, f"#group={group}")
    groups = page.locator(".group > summary").all_inner_texts()
    assert len(groups) == min(len(sums), 100)
    wanted = sorted((money(own) for own in sums.values()), key=lambda text: -float(text[1:].replace(",", "")))
    assert [re.findall(r"\$[\d,.]+", text)[-1] for text in groups] == wanted[:100]
    page.locator(".group").first.locator("summary").first.click()
    expect(page.locator(".group .entry").first).to_be_visible()


def test_the_first_screen_and_the_list_say_the_same(show: Open, report: Path) -> None:
    quick = [one for one in counted() if one["effort"] in EASY and one["risk"] in EASY]
    new = [one for one in sample() if one["lifecycle"] == "new"]
    page = show(report)
    for heading, link, wanted in (
        ("Quick and safe", money(quick), quick),
        ("New since the last sweep", money(new), new),
    ):
        panel = page.locator(".hero .panel", has=page.get_by_role("heading", name=heading))
        panel.get_by_role("link", name=link).click()
        expect(page.locator(".status")).to_contain_text(f"{len(wanted)} findings of 302, {link} a month")
    for largest in page.locator("#sums table a").all():
        said = largest.locator("xpath=ancestor::tr").inner_text().split("\t")
        largest.press("Enter")
        expect(page.locator(".status")).to_contain_text(f"{said[1]} findings of 302, {said[2]} a month")


def test_a_link_to_a_selection_shows_it_again(show: Open, report: Path) -> None:
    page = show(report)
    choose(page, "Risk", "low")
    page.get_by_label("Sort by").select_option("name")
    page.get_by_label("Search the findings").fill("api")
    expect(page.locator(".status")).not_to_contain_text("300 findings")
    expect(page).to_have_url(re.compile("q=api"))
    page.get_by_role("button", name="Copy a link to this selection").click()
    expect(page.locator("#findings")).to_contain_text("The link is copied.")
    address = page.evaluate("navigator.clipboard.readText()")
    again = show(report, address[address.index("#") :])
    assert names(again) == names(page) != []
    assert again.locator(".status").inner_text() == page.locator(".status").inner_text()


def test_a_link_to_a_section_keeps_the_filter_and_one_to_what_there_is_not_shows_nothing(show: Open, report: Path) -> None:
    page = show(report, "#owner=web")
    before = page.locator(".status").inner_text()
    page.get_by_role("navigation").get_by_role("link", name="Where it is").click()
    assert page.locator(".status").inner_text() == before != ""
    expect(show(report, "#owner=gone").locator(".status")).to_contain_text("0 findings")
    expect(show(report, "#q=%E0%A4%A").locator(".status")).to_contain_text("0 findings")


def test_a_link_to_one_finding_opens_it(show: Open, report: Path) -> None:
    last = counted()[-1]
    page = show(report, f"#finding={last['finding_id'][:ID_DIGITS]}")
    entry = page.locator(f"#finding-{last['finding_id'][:ID_DIGITS]}")
    expect(entry).to_be_in_viewport()
    suppress = f"finops suppress {last['finding_id'][:ID_DIGITS]}"
    for part in ("What was compared", last["resource_arn"], last["command"], suppress, "first seen"):
        expect(entry).to_contain_text(part)
    console = entry.get_by_role("link", name="open it in AWS’s console")
    expect(console).to_have_attribute("href", re.compile(r"^https://console\.aws\.amazon\.com/go/view\?arn=arn%3A"))


def test_what_the_page_cannot_hold_names_the_command_that_tells_it(show: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.core.report.browser import details

    monkeypatch.setattr(details, "MOST_CHARS", 1)
    found = list(findings(60))
    digits = found[-1]["finding_id"][:ID_DIGITS]
    page = show(write(tmp_path / "report.html", found), f"#finding={digits}")
    expect(page.locator(f"#finding-{digits}")).to_contain_text(f"finops explain {digits}")


def test_commands_and_a_csv_of_the_selected(show: Open, report: Path) -> None:
    page = show(report)
    chosen = counted()[1:3]
    for one in chosen:
        page.get_by_label(f"Select {one['resource_name']}", exact=True).check()
    expect(page.locator(".status")).to_contain_text(f"Selected: 2, {money(chosen)} a month.")
    page.get_by_role("button", name="Copy the commands of the 2 selected").click()
    expect(page.locator("#findings")).to_contain_text("2 commands copied.")
    assert page.evaluate("navigator.clipboard.readText()").split("\n\n") == [chosen[0]["command"], chosen[1]["command"] + "\n"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the 2 selected as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["resource id"], row["account"], float(row["$ a month"])) for row in rows] == [
        (one["resource_id"], one["account"], one["savings"]["likely"]) for one in chosen
    ]
    page.get_by_role("button", name="Select none").click()
    expect(page.locator(".status")).not_to_contain_text("Selected")


def test_by_keyboard_alone(show: Open, report: Path) -> None:
    page = show(report)
    page.get_by_label("Search the findings").focus()
    page.keyboard.type("api")
    expect(page.locator(".status")).not_to_contain_text("300 findings")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.facets input')"):
            break
    before = page.locator(".status").inner_text()
    page.keyboard.press("Space")
    expect(page.locator(".status")).not_to_have_text(before)
    assert page.evaluate("document.activeElement.matches('.facets input') && document.activeElement.checked")
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.entry summary')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".entry details[open]")).to_contain_text("What was compared")
