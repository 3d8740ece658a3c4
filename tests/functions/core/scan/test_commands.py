"""What a finding's command does when it is pasted: nothing in another account, and its values are words of it and nothing else."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from functions.core.model import Level, Waste
from functions.core.money import Savings
from functions.core.scan import commands
from tests.functions.core.check_samples import plain, resource
from tests.functions.core.test_steps import SHELLS, ran

WASTE = Waste(savings=Savings(1, 1, 1, "1"), evidence={})
CHECK = plain("test-five", Savings(1, 1, 1, "1"), command="aws test delete --id {id} --name {name}", afterwards="Then look at {name}.")
OURS = resource("r1")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("account", "done"), [(OURS.account, True), ("999999999999", False), ("", False)])
def test_nothing_happens_in_another_account(shell: str, account: str, done: bool, tmp_path: Path) -> None:
    command = commands.command(CHECK, OURS, WASTE).replace("aws sts", "aws asks sts")
    asked, open_ = ran(shell, command, tmp_path / "log", account)
    assert asked[0].startswith("asks sts get-caller-identity --region us-east-1 ")
    assert asked[1:] == (["test delete --id r1 --name r1"] if done else [])
    assert open_


@pytest.mark.parametrize("name", ["it's; rm -rf /", "$(reboot)", "a\nb", "{id}", "# not", "=1+1"])
def test_a_value_is_one_word(name: str) -> None:
    command = commands.command(CHECK, replace(OURS, name=name), WASTE)
    assert shlex.split(command.partition("&&\n")[2]) == ["aws", "test", "delete", "--id", "r1", "--name", name]


def test_a_finding_may_have_another_way_than_its_check() -> None:
    waste = replace(WASTE, command="aws test move --id {id} --to {target}", values={"target": "b"}, note="It cannot be deleted.")
    assert commands.command(CHECK, OURS, waste).endswith("&&\naws test move --id r1 --to b")
    assert commands.note(CHECK, OURS, waste) == "It cannot be deleted."


@pytest.mark.parametrize(("note", "said"), [("", "Then look at it's."), ("Young.", "Young. Then look at it's.")])
def test_what_is_left_to_do_ends_the_note(note: str, said: str) -> None:
    assert commands.note(CHECK, replace(OURS, name="it's"), replace(WASTE, note=note)) == said


def test_where_there_is_nothing_to_run_nothing_is_asked() -> None:
    assert commands.command(replace(CHECK, command=""), OURS, WASTE) == ""
    assert commands.note(replace(CHECK, afterwards=""), OURS, replace(WASTE, effort=Level.HIGH, note="So.")) == "So."
