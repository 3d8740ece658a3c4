"""The command of a finding: lines of the AWS CLI, to be pasted into bash or zsh as they are.

They are one list: every step waits for the one before and is not taken when that failed, and the shell stays open. The first asks whose
credentials these are, so that nothing happens in another account. There are no comments in it: zsh takes none from what is pasted, and
half of a procedure must not hide in one. What is left to do afterwards is in the finding's note.
"""

from __future__ import annotations

import shlex

from functions.core.model import Resource, Waste
from functions.core.registry import Check
from functions.core.steps import AND

OWN_ACCOUNT = 'test "$(aws sts get-caller-identity --region {region} --query Account --output text)" = {account}' + AND
"""The first step. It names the region because the partitions other than aws have an STS of their own."""


def command(check: Check[Resource], resource: Resource, waste: Waste) -> str:
    """What would do it, with every value quoted for the shell; empty where there is nothing to run."""
    template = waste.command or check.command
    words = {name: shlex.quote(value) for name, value in _words(resource, waste).items()}
    return (OWN_ACCOUNT + template).format_map(words) if template else ""


def note(check: Check[Resource], resource: Resource, waste: Waste) -> str:
    """What the check says of this resource, and what is left to do when its command is through."""
    if waste.command or not check.afterwards:
        return waste.note
    return " ".join(filter(None, (waste.note, check.afterwards.format_map(_words(resource, waste)))))


def _words(resource: Resource, waste: Waste) -> dict[str, str]:
    return {
        "id": resource.id,
        "arn": resource.arn,
        "name": resource.name or resource.id,
        "account": resource.account,
        "region": resource.region,
        **waste.values,
    }
