"""`finops suppressions` and `finops suppress`: what is meant to stay, and is not counted."""

from __future__ import annotations

import typer

from finops.commands.suppressions import check, entries, stop

app = typer.Typer(help="What is meant to stay, and is not counted.", rich_markup_mode="rich")
app.command("list", epilog=entries.EXAMPLES)(entries.list_entries)
app.command(epilog=check.EXAMPLES)(check.check)
app.command(epilog=stop.EXAMPLES)(stop.stop)
