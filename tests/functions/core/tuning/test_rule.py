"""An entry of config/checks.toml: what it is about, and which of several wins."""

from __future__ import annotations

import pytest

from functions.core.tuning.rule import Rule, about, by_precedence, disabled_by


def rule(where: str, **said: object) -> Rule:
    return Rule(check_id="a-check", where=where, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tag", "tags", "holds"),
    [
        ("", {}, True),
        ("env", {"env": ""}, True),
        ("env", {"Env": "dev"}, False),
        ("env=dev", {"env": "dev"}, True),
        ("env=dev", {"env": "develop"}, False),
        ("env=dev*", {"env": "develop"}, True),
        ("env=*", {"env": "x"}, True),
        ("env=a=b", {"env": "a=b"}, True),
        ("env=dev", {"team": "dev"}, False),
    ],
)
def test_a_tag_is_a_key_or_a_key_and_a_glob(tag: str, tags: dict[str, str], holds: bool) -> None:
    assert rule("x", tag=tag).holds(tags) is holds


def test_a_tag_is_above_an_account_and_both_above_one() -> None:
    given = [rule("both", tag="t", account="1"), rule("tag", tag="t"), rule("account", account="1"), rule("all")]
    assert [one.where for one in by_precedence(given)] == ["all", "account", "tag", "both"]


def test_what_is_off_everywhere_may_be_on_for_some() -> None:
    off, on = rule("off", enabled=False), rule("on", account="1", enabled=True)
    other = rule("other", account="2", thresholds={"x": 1.0})
    assert disabled_by("a-check", [on, off]) is None
    assert disabled_by("a-check", [off, other]) is off
    assert disabled_by("a-check", [other]) is None
    assert disabled_by("another", [off]) is None


def test_the_entries_about_an_account_are_its_own_and_those_of_all() -> None:
    given = [rule("1", account="1"), rule("2", account="2"), rule("all"), rule("tag", tag="t")]
    assert [one.where for one in about(given, "1", ["a-check"])] == ["1", "all", "tag"]
    assert about(given, "1", ["another"]) == ()


def test_where_it_holds_is_said_in_words() -> None:
    assert rule("x").place == "everywhere"
    assert rule("x", account="1").place == "account 1"
    assert rule("x", account="1", tag="env=dev").place == "account 1, tag env=dev"
