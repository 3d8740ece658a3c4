"""Groups of commands of which one need not be typed: `finops checks ec2-graviton` is `finops checks show ec2-graviton`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

HELP = "--help"


class ShowsByDefault(TyperGroup):
    """What is neither one of its commands nor --help is for its command `show`."""

    default = "show"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words that were typed, with the command that was meant."""
        named = bool(args) and (args[0] in self.commands or args[0] == HELP)
        return super().parse_args(ctx, args if named else [self.default, *args])
