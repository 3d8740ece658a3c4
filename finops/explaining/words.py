"""What a check declares, in words: its metrics and what they cost, what it may ask, and where its prices are from."""

from __future__ import annotations

import inspect

from functions.core import services
from functions.core.model import Resource
from functions.core.prices.book import Prices
from functions.core.registry import METRICS_IAM, Check
from functions.core.usage import Metric

FREE = "free"
HOME = "us-east-1"
"""Where the price of metrics is told from: it is the same in nearly every region."""
EVERY = {60: "minute", 300: "five minutes", 3_600: "hour", 86_400: "day"}


def metric(one: Metric) -> str:
    """ "`AWS/EC2` CPUUtilization, Maximum of each day over `window_days`"; the ticks are Markdown's."""
    return f"`{one.namespace}` {one.name}, {one.stat} of each {EVERY.get(one.period, f'{one.period} s')} over `{one.window}`"


def metrics_asked(check: Check[Resource]) -> tuple[int, ...]:
    """How many metrics are asked for of a candidate: at first, and at most, where that is more. () where a check asks for none."""
    if not check.metrics:
        return ()
    most = len(check.metrics)
    return tuple(dict.fromkeys((check.asked_first if check.goes_on else most, most)))


def metrics_usd(check: Check[Resource]) -> str:
    """What CloudWatch bills in us-east-1 for the metrics of a thousand candidates: "free", or as "$0.01 to $0.03"."""
    prices = Prices(HOME)
    amounts = (prices.monthly("AmazonCloudWatch", "GetMetricData", number, "thousand metrics").usd for number in metrics_asked(check))
    return " to ".join("no known price" if usd is None else f"${usd:.2f}" for usd in amounts) or FREE


def metrics_cost(check: Check[Resource]) -> str:
    """A sentence: for how many metrics a check asks, of each part of a candidate, and what a thousand candidates cost."""
    asked = f"{' to '.join(map(str, metrics_asked(check)))} metric{'' if len(check.metrics) == 1 else 's'}"
    each = "each part of each candidate" if any(map(_by_part, check.metrics)) else "each candidate"
    return f"Asks for {asked} of {each}: {metrics_usd(check)} for a thousand, less where another check asks for the same"


def _by_part(one: Metric) -> bool:
    """Whether a resource may have several series of it, as each node of a cluster has one."""
    return "Sequence" in str(inspect.signature(one.dimensions).return_annotation)


def iam(check: Check[Resource]) -> tuple[str, ...]:
    """The actions that a check needs: those of its collector, and CloudWatch's where it has metrics."""
    return (*check.over.iam, *((METRICS_IAM,) if check.metrics else ()))


def priced_from(check: Check[Resource]) -> tuple[str, ...]:
    """The services of the price book that its service's checks look up."""
    return services.services()[check.over.service].prices_from
