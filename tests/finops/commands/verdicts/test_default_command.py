"""What is no command of a group is for `show`."""

from __future__ import annotations

import pytest
import typer

from finops.commands.verdicts.default_command import ShowsByDefault


def made(seen: list[str]) -> typer.Typer:
    app = typer.Typer(cls=ShowsByDefault)

    @app.command()
    def show(name: str = typer.Argument(""), loud: bool = False) -> None:
        seen.append(f"show {name} {loud}")

    @app.command()
    def other() -> None:
        seen.append("other")

    return app


@pytest.mark.parametrize(
    ("words", "ran"),
    [
        ([], "show  False"),
        (["--loud"], "show  True"),
        (["it"], "show it False"),
        (["it", "--loud"], "show it True"),
        (["--loud", "it"], "show it True"),
        (["show", "other"], "show other False"),
        (["other"], "other"),
    ],
)
def test_show_is_meant_where_no_command_is_named(words: list[str], ran: str) -> None:
    seen: list[str] = []
    typer.main.get_command(made(seen)).main(words, standalone_mode=False)
    assert seen == [ran]


def test_help_is_the_groups(capsys: pytest.CaptureFixture[str]) -> None:
    typer.main.get_command(made([])).main(["--help"], standalone_mode=False)
    assert "other" in capsys.readouterr().out
