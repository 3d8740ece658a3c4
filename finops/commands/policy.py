"""`finops policy`: the least that has to be allowed to an identity with which accounts are swept from one's own machine."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cdk_app.settings import settings as deployment
from finops.commands.rights import needs
from finops.sweeping import options
from finops.terminal import standard
from functions.core import registry
from functions.core.aws import partitions
from functions.core.costs import explorer
from functions.core.plan import enabled_regions
from functions.core.plan import organization as listing
from functions.core.prices import price_list

EXAMPLES = """
[bold]Examples[/bold]

For everything that is scanned, as a file for an administrator:

finops policy > finops-read.json

For two resource types, without requests that AWS bills:

finops policy --types ebs:volume,ec2:instance --free

For all accounts of the organization:

finops policy --organization

[bold]Exit codes[/bold]

0 done, 2 bad input
"""


@needs()
def policy(
    types: Annotated[list[str], typer.Option(help='Resource types such as "ebs:volume", or "all".', show_default="all")] = [],  # noqa: B006
    organization: Annotated[bool, typer.Option("--organization", help="Also list the organization's accounts.")] = False,
    accounts: Annotated[list[str], typer.Option(help="Ids of other accounts that are swept too.", show_default=False)] = [],  # noqa: B006
    free: Annotated[bool, typer.Option("--free", help="Without the requests that AWS bills.")] = False,
) -> None:
    """Print the IAM policy that `finops sweep --profile` needs, as JSON. Does not call AWS."""
    asked = options.build(types=types, accounts=accounts, organization=organization)
    kinds = asked.get("resource_types", "all")
    swept = registry.resource_types() if kinds == "all" else kinds
    others = [account for account in options.listed(accounts) if account != "self"]
    document = least(swept, others, organization=organization, paid=not free)
    standard().file.write(json.dumps(document, indent=2) + "\n")


def least(types: Sequence[str], accounts: Sequence[str] = (), *, organization: bool = False, paid: bool = True) -> dict[str, Any]:
    """The document. `types`: resource types; `accounts`: others, whose member role is assumed; `paid`: also what AWS bills."""
    scanned = {action for kind in types for action in registry.iam_actions(resource_type=kind)}
    scanned -= set() if paid else {registry.METRICS_IAM}
    settings = deployment.parse(deployment.cdk_context().get(deployment.CONTEXT_KEY))
    partition = partitions.partition(os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "")
    statements = [
        _allow("FindRegions", enabled_regions.IAM),
        _allow("ReadResources", sorted(scanned)),
        *([_allow("AskBill", explorer.IAM)] if paid else []),
        _allow("AskPrices", price_list.IAM),
        *([_allow("ListOrganization", listing.IAM)] if organization else []),
    ]
    if entered := ["*"] if organization else accounts:
        roles = [f"arn:{partition}:iam::{account}:role/{settings.member_role_name}" for account in entered]
        statements.append(_allow("EnterAccounts", ["sts:AssumeRole"], roles))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str] = ("*",)) -> dict[str, Any]:
    """What AWS can only be asked about as a whole has the resource "*"."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources) if len(resources) > 1 else resources[0]}
