"""Which checks judge a resource, by its tags: made once for each combination, and nothing where nobody has said anything."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.limits import Limits, Threshold
from functions.core.model import Resource
from functions.core.money import Savings
from functions.core.prices.book import Prices
from functions.core.registry import Check
from functions.core.scan.asked_metrics import at_first
from functions.core.scan.judge import CHANGED, Judge
from functions.core.tuning.applied import Applied, Tuning
from functions.core.tuning.rule import Rule
from tests.functions.core.check_samples import DENSE, NOW, check, plain, resource

ONE, TWO = (plain(name, Savings(1, 1, 1, "1"), thresholds={"max_use": Threshold(5, "little")}) for name in ("one", "two"))


def tuning(*rules: Rule, checks: Sequence[Check[Resource]] = (ONE, TWO)) -> Tuning:
    return Tuning(checks, rules, lambda check, held: check.limits(NOW, None, None, held))


def rule(check_id: str, **said: object) -> Rule:
    return Rule(check_id=check_id, where="there", **said)  # type: ignore[arg-type]


def seen(applied: Applied) -> list[tuple[str, float]]:
    return [(one.id, limits.max_use) for one, limits in applied.checks]


def test_without_entries_every_check_has_its_defaults_and_no_resource_is_asked_about() -> None:
    made = tuning()
    assert (made.matters, seen(made.plain), made.plain.disabled) == (False, [("one", 5), ("two", 5)], ())
    assert Judge.of(made, Prices("us-east-1")).tuning is None


def test_what_holds_everywhere_needs_no_tags_but_what_is_off_is_counted() -> None:
    assert not tuning(rule("one", thresholds={"max_use": 9})).matters
    assert tuning(rule("one", enabled=False)).matters


def test_the_narrower_entry_wins_for_each_resource() -> None:
    made = tuning(
        rule("one", thresholds={"max_use": 9}),
        rule("one", tag="env=dev", thresholds={"max_use": 1}),
        rule("one", tag="team", account="111122223333", thresholds={"max_use": 2}),
        rule("two", enabled=False),
        rule("two", tag="env=dev", enabled=True),
    )
    assert (seen(made.of({})), made.of({}).disabled) == ([("one", 9)], ("two",))
    assert (seen(made.of({"env": "dev"})), made.of({"env": "dev"}).disabled) == ([("one", 1), ("two", 5)], ())
    assert seen(made.of({"env": "dev", "team": "a"})) == [("one", 2), ("two", 5)]
    assert made.of({"env": "dev"}) is made.of({"env": "dev", "other": "x"}), "made once"


def test_the_judge_goes_by_them_and_says_it() -> None:
    judge = Judge.of(tuning(rule("one", tag="k", enabled=False), rule("two", thresholds={"max_use": 7})), Prices("us-east-1"))
    plain_one, tagged = resource("a"), resource("b")
    tagged.tags = {"k": ""}
    assert [one.check_id for one in judge.findings(plain_one)] == ["one", "two"]
    (found,) = judge.findings(tagged)
    assert (found.check_id, found.evidence[CHANGED]) == ("two", "max_use 7 instead of 5 (there)")
    assert judge.disabled == {"one": 1}


def test_a_window_that_a_tag_changes_is_a_window_of_its_own() -> None:
    """The metric is asked for over the days of each resource's own entry, and each check reads no more than its own."""
    checks = [check("long", DENSE, 10, ("a", "b"))[0], check("short", DENSE, 4, ("a", "b"))[0]]
    judge = Judge.of(tuning(rule("long", tag="k", thresholds={"window_days": 2}), checks=checks), Prices("us-east-1"))
    first, second = resource("a"), resource("b")
    second.tags = {"k": ""}

    assert [(one.id, days) for one, _, days in judge.wanted([first, second], at_first)] == [("a", 10), ("b", 4)]
    filled = resource("b", DENSE, 10)
    filled.tags = {"k": ""}
    assert {one.check_id: one.evidence["expected"] for one in judge.findings(filled)} == {"long": 2, "short": 4}


def test_limits_are_those_of_the_moment() -> None:
    ((_, limits),) = tuning(checks=[ONE]).plain.checks
    assert isinstance(limits, Limits)
    assert limits.as_of == NOW
