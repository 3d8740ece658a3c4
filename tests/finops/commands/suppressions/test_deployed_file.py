"""The deployed analyzer's file: read with its version, and written only where it is still that one."""

from __future__ import annotations

import io

import pytest
from botocore.stub import Stubber
from rich.prompt import Confirm

from finops.commands.suppressions import deployed_file
from finops.commands.suppressions.deployed_file import DeployedFile
from finops.ending import Ending, ExitCode
from finops.sweeping.run import Screen
from finops.sweeping.sweep import Target
from finops.terminal import Terminal
from tests.finops.commands.suppressions import deployed_runs
from tests.finops.commands.suppressions.deployed_runs import BEFORE, write, written

target = deployed_runs.target


def test_it_is_written_where_it_is_as_it_was_read(target: Target) -> None:
    file = DeployedFile.read(target)
    assert (file.content, file.entries()) == (None, [])
    file.write(BEFORE.encode())
    assert written(target) == BEFORE
    with pytest.raises(Ending, match="is there by now, or may not be read: nothing was written"):
        file.write(b"")
    file = DeployedFile.read(target)
    assert [one.reason for one in file.entries()] == ["Kept"]
    write(target, "# theirs")
    with pytest.raises(Ending, match="was changed by somebody else meanwhile: nothing was written, repeat the command") as caught:
        file.write(b"")
    assert (caught.value.code, written(target)) == (ExitCode.FAILED, "# theirs")


def test_who_may_not_list_the_bucket_can_make_the_file_and_overwrites_none(target: Target) -> None:
    with Stubber(target.s3) as stub:
        stub.add_client_error("get_object", "AccessDenied")
        file = DeployedFile.read(target, may_list=False)
        stub.add_client_error("put_object", "PreconditionFailed")
        with pytest.raises(Ending, match="is there by now, or may not be read: nothing was written") as caught:
            file.write(b"")
        stub.add_client_error("put_object", "AccessDenied")
        with pytest.raises(Ending, match="cannot be written: not allowed to PutObject"):
            file.write(b"")
        stub.add_client_error("get_object", "AccessDenied")
        with pytest.raises(Ending, match="cannot be read: not allowed to GetObject"):
            DeployedFile.read(target)
    assert caught.value.code == ExitCode.FAILED


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked(answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(False, *(Terminal(file=io.StringIO(), force_terminal=True) for _ in range(2)))
    monkeypatch.setattr(Screen, "standard", lambda as_json: screen)
    asked: list[str] = []

    def ask(question: str, **_: object) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr(Confirm, "ask", ask)
    if answer:
        deployed_file.confirm("Really?", yes=False)
    else:
        with pytest.raises(Ending, match="not confirmed: nothing was written"):
            deployed_file.confirm("Really?", yes=False)
    assert asked == ["Really?"]
