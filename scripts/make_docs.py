"""Make docs/CHECKS.md from the registry: every check with its thresholds, and the permissions of every scanner.

python -m scripts.make_docs            write the page
python -m scripts.make_docs --check    write nothing, exit 1 when the page differs from the code
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from functions.core import registry
from functions.core.model import Resource
from functions.core.registry import Check, Threshold
from functions.core.usage import Metric

TARGET = Path(__file__).parents[1] / "docs" / "CHECKS.md"

INTRODUCTION = """\
# Checks

Generated from `functions/scanners/` by `make docs`; edit the code, not this page.

A threshold has one default, beside its check. Override it for a deployment with the environment variable `THRESHOLDS`, a JSON object of
`{"check-id.threshold": number}`; what is out of bounds is refused before anything is scanned. A sweep that is started with
`analysis_period_days` looks back that long instead of `window_days`, unless that is overridden.

A check with metrics asks CloudWatch for its candidates only, and says *insufficient data* where fewer than `min_datapoints` of the
datapoints exist. Missing is not zero.

Nothing here is ever run for you: the command is what a person would run after reading the finding."""


def page() -> str:
    """The whole page."""
    return "\n\n".join(("\n".join((INTRODUCTION, "", *_overview())), *_sections(), "\n".join(_permissions()))) + "\n"


def _overview() -> Iterator[str]:
    rows = ((_link(check.id), check.over.resource_type, check.title, check.action.value) for check in registry.checks())
    yield from _table(("Check", "Over", "Question", "Action"), rows)


def _sections() -> Iterator[str]:
    for collector in registry.collectors():
        yield f"## {collector.resource_type}"
        for check in registry.checks():
            if check.over is collector:
                yield "\n".join(_check(check))


def _check(check: Check[Resource]) -> Iterator[str]:
    yield f"### {check.id}"
    yield ""
    yield f"**{check.title}** {check.advice}"
    yield ""
    yield f"- Action {check.action.value}; effort {check.effort.value}, risk {check.risk.value}, confidence {check.confidence.value}"
    if check.hygiene:
        yield "- Hygiene: said although it saves nothing"
    for metric in check.metrics:
        yield f"- Asks {_metric(metric)}"
    if check.metrics_optional:
        yield "- Judges resources without these metrics too"
    yield f"- Command: `{check.command}`"
    yield f"- Undo: {check.undo}"
    yield f"- Reference: <{check.reference}>"
    if check.thresholds:
        yield ""
        yield from _table(("Threshold", "Default", "Allowed", "Why"), _thresholds(check.thresholds))


def _thresholds(thresholds: Mapping[str, Threshold]) -> Iterator[tuple[str, ...]]:
    for name, threshold in thresholds.items():
        bounded = threshold.maximum != float("inf")
        allowed = f"{threshold.minimum:g} to {threshold.maximum:g}" if bounded else f"{threshold.minimum:g} or more"
        yield f"`{name}`", f"{threshold.default:g}", allowed, threshold.why


def _metric(metric: Metric) -> str:
    every = {60: "minute", 300: "five minutes", 3_600: "hour", 86_400: "day"}.get(metric.period, f"{metric.period} s")
    sparse = "; no datapoint means no event" if metric.sparse else ""
    return f"`{metric.namespace}` {metric.name}, {metric.stat} of each {every} over `{metric.window}`{sparse}"


def _permissions() -> Iterator[str]:
    yield "## Permissions"
    yield ""
    yield "What the Lambda of each service may call, in its own account and through the member role in the others. All of it only reads."
    yield ""
    rows = ((service, ", ".join(f"`{action}`" for action in registry.iam_actions(service=service))) for service in registry.services())
    yield from _table(("Service", "Actions"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _link(name: str) -> str:
    return f"[{name}](#{name})"


def stale() -> bool:
    """Whether the committed page differs from the code."""
    return not TARGET.exists() or TARGET.read_text(encoding="utf-8") != page()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    if parser.parse_args().check:
        if stale():
            print("docs/CHECKS.md differs from functions/scanners/: run `make docs` and commit it")
            return 1
        return 0
    TARGET.write_text(page(), encoding="utf-8")
    print(f"docs/{TARGET.name}: {len(registry.checks())} checks over {len(registry.collectors())} resource types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
