"""The part of one owner or account has the numbers that the whole has of it, and says what it is."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.errors import InvalidInput
from functions.core.report import as_json
from functions.core.report.excerpts.excerpt import Excerpt, chosen
from tests.functions import sweeps
from tests.functions.core.report.excerpts import runs

Report = tuple[dict[str, Any], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    head, findings = as_json.read(runs.written(tmp_path_factory.mktemp("bucket")) / "report.json")
    return head, list(findings())


def test_each_part_has_the_numbers_of_its_row_in_the_whole_and_together_they_are_the_whole(report: Report) -> None:
    head, findings = report
    for group, parts in (
        ("by_owner", {name: Excerpt(owner=name) for name in head["totals"]["by_owner"]}),
        ("by_account", {name: Excerpt(account=name) for name in head["totals"]["by_account"]}),
    ):
        made = {name: part.head(head, findings)["totals"] for name, part in parts.items()}
        assert {name: {key: one[key] for key in ("findings", "monthly_savings")} for name, one in made.items()} == head["totals"][group]
        for key in ("findings", "counted", "unpriced", "hygiene", "counted_elsewhere"):
            assert sum(one[key] for one in made.values()) == head["totals"][key], key
        assert sum(one["suppressed"]["findings"] for one in made.values()) == head["totals"]["suppressed"]["findings"]
        likely = sum(one["monthly_savings"]["likely"] for one in made.values())
        assert likely == pytest.approx(head["totals"]["monthly_savings"]["likely"], abs=1e-9)
    assert len(head["totals"]["by_owner"]) == 4


def test_what_is_about_everything_is_not_in_a_part(report: Report) -> None:
    head, findings = report
    part = Excerpt(owner="web")
    made = part.head(head, findings)
    assert (made["bill"]["status"], made["sweep_cost"], made["advice"]) == ("none", None, [])
    assert made["warnings"][0].startswith(f"This is only what belongs to web, of run {sweeps.RUN_ID}: ")
    assert made["totals"]["resources"] == len({one["resource_arn"] for one in part.of(findings) if one["lifecycle"] != "suppressed"})
    assert made["coverage"] == {**head["coverage"], "insufficient_data": {}}
    assert set(Excerpt(account=runs.OTHER).head(head, findings)["run"]["account_names"]) == {runs.OTHER}
    assert Excerpt().head(head, findings)["totals"] == head["totals"]


def test_what_is_resolved_is_in_the_part_of_its_account_and_of_its_owner_where_that_is_known(report: Report) -> None:
    head, findings = report
    resolved = [
        {"account": sweeps.ACCOUNT, "monthly_savings_likely": 2.5},
        {"account": runs.OTHER, "owner": "web", "monthly_savings_likely": 4.0},
        {"account": runs.OTHER, "monthly_savings_likely": None},
        {"account": runs.OTHER, "monthly_savings_likely": 9.0, "realised_likely": 0.5},
    ]
    whole = {**head, "resolved": resolved}
    of_account = Excerpt(account=runs.OTHER).head(whole, findings)
    assert of_account["totals"]["resolved"] == {"findings": 3, "monthly_savings_likely": 4.5}
    assert Excerpt(owner="web").head(whole, findings)["resolved"] == resolved[1:2]


@pytest.mark.parametrize(
    ("owner", "account", "excerpt", "words"),
    [
        ("web", None, Excerpt("web"), "web"),
        ("nobody", None, Excerpt(""), "nobody"),
        ("", None, Excerpt(""), "nobody"),
        (None, runs.OTHER, Excerpt(None, runs.OTHER, runs.NAMES[runs.OTHER]), f"account {runs.OTHER} ({runs.NAMES[runs.OTHER]})"),
        (
            "web",
            "web production",
            Excerpt("web", sweeps.ACCOUNT, "web production"),
            f"web in account {sweeps.ACCOUNT} (web production)",
        ),
        (None, None, Excerpt(), "everybody"),
    ],
)
def test_who_is_meant(report: Report, owner: str | None, account: str | None, excerpt: Excerpt, words: str) -> None:
    assert chosen(report[0], owner, account) == excerpt
    assert excerpt.words == words


def test_somebody_who_is_called_nobody_is_meant_by_the_name(report: Report) -> None:
    head = report[0] | {"totals": {"by_owner": {"nobody": {}, "": {}}, "by_account": {}}}
    assert (chosen(head, "nobody", None).owner, chosen(head, "", None).owner) == ("nobody", "")


@pytest.mark.parametrize(
    ("owner", "account", "said"),
    [
        ("wbe", None, "owner: no finding of this run belongs to 'wbe'; the nearest are: web"),
        ("WEB", None, "owner: no finding of this run belongs to 'WEB'; the nearest are: web"),
        ("payments", None, "owner: no finding of this run belongs to 'payments'; those with the most to save are: "),
        (None, "222222222223", f"account: no finding of this run belongs to '222222222223'; the nearest are: {runs.OTHER}"),
        (None, "web prod", "account: .*; the nearest are: web production"),
    ],
)
def test_whom_nothing_belongs_to_is_refused_with_the_nearest(report: Report, owner: str | None, account: str | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        chosen(report[0], owner, account)


def test_nobody_is_refused_where_everything_has_an_owner(report: Report) -> None:
    head = report[0] | {"totals": {"by_owner": {"web": {}}, "by_account": {}}}
    with pytest.raises(InvalidInput, match="every finding of this run has an owner"):
        chosen(head, "nobody", None)
