"""What AWS recommends, a check for each of its actions. The saving is the one that AWS states: nothing here computes it.

Where another check finds the same action for the same resource, the two are one saving: see functions/core/rank/stated.py.
"""

from __future__ import annotations

from functions.core.limits import Limits, Threshold
from functions.core.model import Action, Confidence, Evidence, InsufficientData, Level, Waste
from functions.core.money import USD, Stated, states, states_nothing
from functions.core.prices.book import Prices
from functions.core.registry import Verdict, check
from functions.scanners.cost_optimization_hub.recommendation.collector import HOME, Recommendation, recommendations
from functions.scanners.cost_optimization_hub.service import HUB

LISTS = f"aws cost-optimization-hub list-recommendations --region {HOME} --include-all-recommendations --filter"
COMMAND = f"{LISTS} resourceArns={{arn}}"
AS_LISTED = f"{LISTS} resourceArns={{listed_arn}}"
"""Where the Hub writes the ARN in another way."""
UNDO = "Nothing to undo: the command only shows what AWS recommends. The console of Compute Optimizer has the steps."
STRATEGIES = "https://docs.aws.amazon.com/cost-management/latest/userguide/coh-optimization-strategies.html"
FRESH = {"max_age_days": Threshold(7, "AWS makes its recommendations anew every day; an older one is of a resource that may have changed")}
EFFORTS = {level.value: level for level in Level} | {"VeryHigh": Level.HIGH}
"""AWS's words for the effort → ours, of which `High` is the most."""
ACTIONS = (Action.DELETE, Action.STOP, Action.RIGHTSIZE, Action.UPGRADE, Action.MIGRATE_TO_GRAVITON, Action.SCALE_IN)
STATED = frozenset(action.value for action in ACTIONS)
"""The actions of AWS that end here as findings of their own."""
COUNTED_ELSEWHERE = {
    "Ec2AutoScalingGroup": "the instances of the group, which have findings of their own",
    "ElastiCacheCluster": "a cluster whose replication group may have a finding of its own",
}
"""A kind → what else has findings: AWS states a whole of which they are parts, or a part of which they are the whole."""
BEFORE = (
    "This is before discounts: Savings Plans, reservations and negotiated rates may pay for some of it already, so that it is the most."
)
UNSAID = "Whether discounts are in this is not known."


def said(one: Recommendation, action: str, limits: Limits) -> Verdict:
    """What AWS says of a resource, where it recommends this action; nothing where it recommends another, or no saving."""
    if one.action != action:
        return None
    age = limits.days_since(one.refreshed)
    if age > limits.max_age_days:
        return InsufficientData(f"AWS last looked {age:.0f} days ago")
    stated = Stated(HUB.name, one.after_discounts, one.refreshed.isoformat(timespec="seconds"))
    if one.currency != USD:
        savings = states_nothing(f"{HUB.name} states {one.monthly:,.2f} {one.currency or 'of no currency'} a month", stated)
    elif action not in STATED:
        savings = states_nothing(f"{HUB.name} states {one.monthly:,.2f} USD a month for an action that is not known here", stated)
    elif one.monthly <= 0:
        return None
    elif others := COUNTED_ELSEWHERE.get(one.kind):
        why = f"{HUB.name} states {one.monthly:,.2f} USD a month for {others}"
        savings = states_nothing(why, stated)
    else:
        savings = states(one.monthly, stated, one.region)
    return Waste(
        savings=savings,
        evidence=_evidence(one),
        note={True: "", False: BEFORE, None: UNSAID}[one.after_discounts],
        values={"listed_arn": one.listed_arn},
        command="" if one.listed_arn == one.arn else AS_LISTED,
        effort=EFFORTS.get(one.effort),
    )


def _evidence(one: Recommendation) -> Evidence:
    known: Evidence = {
        "recommended_action": one.action,
        "resource_kind": one.kind,
        "recommended_kind": one.recommended_kind or None,
        "source": one.source or None,
        "recommendation_id": one.recommendation_id,
        "last_refreshed": one.refreshed.isoformat(timespec="seconds"),
        "lookback_days": one.lookback_days,
        "monthly_saving": round(one.monthly, 4),
        "currency": one.currency or None,
        "after_discounts": one.after_discounts,
        "effort": one.effort or None,
        "restart_needed": one.restart,
        "rollback_possible": one.rollback,
        "cost_before_discounts": one.costs.before_discounts,
        "cost_after_discounts": one.costs.after_discounts,
        "recommended_cost_before_discounts": one.costs.recommended_before_discounts,
        "recommended_cost_after_discounts": one.costs.recommended_after_discounts,
        "cost_days": one.costs.days,
    }
    return {name: value for name, value in known.items() if value is not None}


@check(
    id="cost-optimization-hub-delete",
    title="AWS recommends deleting it",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.DELETE,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=COMMAND,
    undo=UNDO,
)
def delete(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """It does nothing that AWS can see. Look whether it is kept for something, then delete it."""
    return said(one, Action.DELETE.value, limits)


@check(
    id="cost-optimization-hub-stop",
    title="AWS recommends stopping it",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.STOP,
    effort=Level.LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=COMMAND,
    undo=UNDO,
)
def stop(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """It runs and does next to nothing. Stop it, and see whether anybody misses it."""
    return said(one, Action.STOP.value, limits)


@check(
    id="cost-optimization-hub-rightsize",
    title="AWS recommends a smaller size for it",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.RIGHTSIZE,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=COMMAND,
    undo=UNDO,
)
def rightsize(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """It uses less than it has. Choose the size that AWS recommends, and watch it under load."""
    return said(one, Action.RIGHTSIZE.value, limits)


@check(
    id="cost-optimization-hub-upgrade",
    title="AWS recommends a newer kind for it",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.UPGRADE,
    effort=Level.LOW,
    risk=Level.LOW,
    confidence=Confidence.MEDIUM,
    command=COMMAND,
    undo=UNDO,
)
def upgrade(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """A newer kind does the same for less. Change it as AWS recommends."""
    return said(one, Action.UPGRADE.value, limits)


@check(
    id="cost-optimization-hub-migrate-to-graviton",
    title="AWS recommends moving it to Graviton",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.MIGRATE_TO_GRAVITON,
    effort=Level.HIGH,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=COMMAND,
    undo=UNDO,
)
def migrate_to_graviton(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """The same work costs less on Graviton, if its software runs there. Try it, then change the type."""
    return said(one, Action.MIGRATE_TO_GRAVITON.value, limits)


@check(
    id="cost-optimization-hub-scale-in",
    title="AWS recommends fewer instances for it",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.SCALE_IN,
    effort=Level.LOW,
    risk=Level.MEDIUM,
    confidence=Confidence.MEDIUM,
    command=COMMAND,
    undo=UNDO,
)
def scale_in(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """A group has more instances than it needs. Lower its size as AWS recommends."""
    return said(one, Action.SCALE_IN.value, limits)


@check(
    id="cost-optimization-hub-other",
    title="AWS recommends an action that is not known here",
    over=recommendations,
    thresholds=FRESH,
    reference=STRATEGIES,
    action=Action.REVIEW,
    effort=Level.MEDIUM,
    risk=Level.MEDIUM,
    confidence=Confidence.LOW,
    command=COMMAND,
    undo=UNDO,
)
def other(one: Recommendation, limits: Limits, prices: Prices) -> Verdict:
    """AWS has a new kind of recommendation, which is not counted: what it excludes is not known. Look at it in the console."""
    return None if one.action in STATED else said(one, one.action, limits)
