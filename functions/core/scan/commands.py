"""The command of a finding: lines of the AWS CLI, to be pasted into bash or zsh as they are.

They are one list: every step waits for the one before and is not taken when that failed, and the shell stays open. The first asks whose
credentials these are, so that nothing happens in another account. There are no comments in it: zsh takes none from what is pasted, and
half of a procedure must not hide in one. What is left to do afterwards is in the finding's note.
"""

from __future__ import annotations

from functions.core.model import Resource, Waste
from functions.core.outside.text import shell_words
from functions.core.registry import Check
from functions.core.steps import AND

OWN_ACCOUNT = 'test "$(aws sts get-caller-identity --region {region} --query Account --output text)" = {account}' + AND
"""The first step. It names the region because the partitions other than aws have an STS of their own."""


def command(check: Check[Resource], resource: Resource, waste: Waste) -> str:
    """What would do it, with every value quoted for the shell; empty where there is nothing to run."""
    template = waste.command or check.command
    return guarded(template.format_map(shell_words(_words(resource, waste), lines=True)), resource)


def guarded(command: str, resource: Resource) -> str:
    """A command with the first step in front; nothing stays nothing."""
    where = shell_words({"region": resource.region, "account": resource.account})
    return OWN_ACCOUNT.format_map(where) + command if command else ""


def note(check: Check[Resource], resource: Resource, waste: Waste) -> str:
    """What the check and its saving say of this resource, and what is left to do when the check's own command is through."""
    left = check.afterwards.format_map(_words(resource, waste)) if check.afterwards and not waste.command else ""
    return " ".join(filter(None, (waste.note, waste.savings.note, left)))


def _words(resource: Resource, waste: Waste) -> dict[str, str]:
    return {
        "id": resource.id,
        "arn": resource.arn,
        "name": resource.name or resource.id,
        "account": resource.account,
        "region": resource.region,
        **waste.values,
    }
