"""What a finding says of those who have a say in its resource besides its account: who manages it, what protects it, who pays for it.

Every finding of every check passes through `adapt`. It never makes one surer or worth more.
"""

from __future__ import annotations

from dataclasses import replace

from functions.core.model import Action, Confidence, Finding, Resource, Waste, finding_id
from functions.core.money import NOTHING, Savings, saves
from functions.core.ownership.managers import manager, said
from functions.core.registry import Check
from functions.core.scan import commands
from functions.core.scan.commands import guarded
from functions.core.steps import AND

REMOVES = frozenset({Action.DELETE, Action.STOP, Action.SCALE_IN, Action.SCHEDULE})
CHANGES = frozenset({Action.UPGRADE, Action.RIGHTSIZE, Action.MIGRATE_TO_GRAVITON})
_LESS = {Confidence.HIGH: Confidence.MEDIUM, Confidence.MEDIUM: Confidence.LOW, Confidence.LOW: Confidence.LOW}


def finding_of(check: Check[Resource], resource: Resource, waste: Waste) -> Finding:
    """The finding, with what there is to say of others. Where they have another command, what is left to do after the check's own goes."""
    finding = _finding(check, resource, waste)
    command, note = finding.command, finding.note
    adapt(finding, resource)
    if command and not finding.command.startswith(command):
        of_others = finding.note.removeprefix(note).strip()
        finding.note = " ".join(filter(None, (waste.note, waste.savings.note, of_others)))
    return finding


def _finding(check: Check[Resource], resource: Resource, waste: Waste) -> Finding:
    return Finding(
        finding_id=finding_id(resource.account, resource.region, resource.arn, check.id),
        check_id=check.id,
        title=check.title,
        resource_type=check.over.resource_type,
        resource_arn=resource.arn,
        resource_id=resource.id,
        resource_name=resource.name,
        account=resource.account,
        region=resource.region,
        tags=resource.tags,
        action=check.action,
        effort=waste.effort or check.effort,
        risk=check.risk,
        undo=waste.undo or check.undo,
        command=commands.command(check, resource, waste),
        reference=check.reference,
        confidence=waste.confidence or check.confidence,
        evidence=waste.evidence,
        savings=waste.savings,
        note=commands.note(check, resource, waste),
        covers=waste.covers,
        coverable=waste.coverable,
        together=waste.together,
    )


def adapt(finding: Finding, resource: Resource) -> Finding:
    """The finding, changed in place to what its reader needs to know of the others."""
    notes = [finding.note]
    _by_manager(finding, resource, notes)
    if resource.deletion_protection and finding.action is Action.DELETE:
        finding.confidence = _LESS[finding.confidence]
    if resource.marketplace:
        notes.append(
            f"It runs software of AWS Marketplace (product code {said(resource.marketplace)}): its fee is not in this, which is the least"
            " that it can be, and it may not run on every type."
        )
        if finding.action in CHANGES:
            finding.confidence = _LESS[finding.confidence]
    _by_payer(finding, resource, notes)
    finding.note = " ".join(filter(None, notes))
    return finding


def _by_manager(finding: Finding, resource: Resource, notes: list[str]) -> None:
    """Its manager's way in place of a command that would fail or be undone; beside some, the command may stay."""
    owner = manager(resource)
    if owner is None:
        return
    by = "AWS names it as the operator" if owner.by == "operator" else f"tag {owner.by}"
    notes.append(f"{owner.who} manages it ({by}): {owner.advice}")
    if owner.beside:
        return
    if finding.action in REMOVES:
        finding.confidence, finding.command, finding.undo = Confidence.LOW, guarded(owner.remove, resource), owner.undo
        return
    finding.confidence = _LESS[finding.confidence]
    if finding.action in CHANGES and not owner.may_be_changed:
        finding.command, finding.undo = guarded(owner.change, resource), owner.undo


def _by_payer(finding: Finding, resource: Resource, notes: list[str]) -> None:
    """What pays for the place bills on: the saving comes when that ends."""
    payer = resource.payer
    if payer is None:
        return
    notes.append(f"{payer.words} pays for it and bills on: nothing is saved until that ends or gets smaller.")
    finding.command = AND.join(filter(None, (finding.command, payer.ending(resource.id, resource.region))))
    finding.confidence = _LESS[finding.confidence]
    finding.savings, finding.coverable = _later(finding.savings), None


def _later(savings: Savings) -> Savings:
    """At best what it would be, and nothing for now."""
    if savings.unpriced is not None:
        return replace(savings, whole=None)
    most = savings.high_terms or savings.terms
    return replace(saves(NOTHING), high=savings.high, prices=savings.prices, lacks=savings.lacks, high_terms=most)
