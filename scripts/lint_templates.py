"""Lint what is synthesised with cfn-lint: every stack of six configurations, each in four partitions. `.cfnlintrc` says what is ignored.

python -m scripts.lint_templates [configuration …]        exit 1 with the problems, one a line
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cdk_app.settings import places
from cdk_app.settings.settings import ROOT, parse
from cdk_app.settings.vpc import GATEWAYS, interfaces

REGIONS = ("us-east-1", "cn-northwest-1", "us-gov-west-1", "eusc-de-east-1")
"""One in each partition, where the services without regions answer: there every endpoint can be had."""
PRIVATE_NETWORK: Mapping[str, Any] = {
    "vpc": {
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0000000a", "subnet-0000000b"],
        "endpoints": [*GATEWAYS, *interfaces()],
        "route_table_ids": ["rtb-0000000a"],
    },
}
ORGANIZATION: Mapping[str, Any] = {
    "billing_account": "222222222222",
    "billing_export": "s3://bills-of-the-payer/exports/cur2",
    "billing_export_key": "arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555",
    "member_external_id": "only-us",
    "member_ous": ["ou-ab12-11111111", "r-ab12"],
    "schedule_input": {"accounts": {"organization": {}}},
}
LONG_SCANS: Mapping[str, Any] = {"children": "STANDARD", "scan": {"timeout": 900, "memory": 1024}, "sweep_timeout": 86_400}
CONFIGURATIONS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "private network": PRIVATE_NETWORK,
    "organization": ORGANIZATION,
    "long scans": LONG_SCANS,
    "bare": {"max_advice_groups": 0, "schedule": None, "prices_schedule": None, "enable_cloudwatch_metrics": False},
    "everything": {
        **PRIVATE_NETWORK,
        **ORGANIZATION,
        **LONG_SCANS,
        "stack_name": "Everything",
        "email_from": "finops@example.com",
        "email_to": ["ops@example.com"],
        "email_configuration_set": "finops",
        "savings_alarm_usd": 1000,
        "bill_limit_usd": 50_000,
        "denied_regions": ["ap-south-1"],
        "scan_reserved_concurrency": 5,
        "max_concurrency": 20,
        "analysis_period_days": 60,
        "thresholds": {"ebs-unattached-volume.min_age_days": 14},
    },
}


def linted(templates: Sequence[Path], region: str) -> list[str]:
    """What cfn-lint has to say about templates for a region, but for what `.cfnlintrc` lists: a line each."""
    from cfnlint.config import ConfigMixIn
    from cfnlint.runner import Runner

    where = ["--regions", region, "--config-file", str(ROOT / ".cfnlintrc"), "--template", *map(str, templates)]
    found = Runner(ConfigMixIn(where)).run()
    return [f"{Path(str(one.filename)).name}: {one.rule.id} {one.message} ({'/'.join(map(str, one.path or ()))})" for one in found]


def possible(settings: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The settings less what the region cannot have; all of it would be refused, with its reasons."""
    left = {**settings}
    for one in places.unfit(parse(settings), region):
        key, _, _ = one.key.partition(".")
        if one.item:
            left[key] = {**left[key], "endpoints": [name for name in left[key]["endpoints"] if name != one.item]}
        elif key in left:
            del left[key]
    if "email_from" not in left:
        left.pop("email_to", None)
    return left


def _try(name: str, region: str) -> tuple[str, str, int, float, list[str]]:
    from cdk_app.app import synth

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        settings = possible(CONFIGURATIONS[name], region)
        made = sorted(synth(Path(folder) / "out", account="111111111111", region=region, bundle=False, **settings).glob("*.template.json"))
        return name, region, len(made), time.monotonic() - started, linted(made, region)


def _all(names: Sequence[str]) -> Iterator[tuple[str, str, int, float, list[str]]]:
    os.environ["CDK_VALIDATION"] = "false"  # CDK's own rules have their tests; they are most of a synthesis
    pairs = [(name, region) for name in names for region in REGIONS]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(_try, *zip(*pairs, strict=True))


def main(given: Sequence[str]) -> int:
    """0 when cfn-lint has nothing to say about any of them."""
    parser = argparse.ArgumentParser(prog="make lint-templates ARGS=…", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="configuration", help=f"all of them by default: {', '.join(CONFIGURATIONS)}")
    names = parser.parse_args(given).names
    unknown = [name for name in names if name not in CONFIGURATIONS]
    if unknown:
        parser.error(f"no configuration {unknown[0]!r}; there are: {', '.join(CONFIGURATIONS)}")
    bad = 0
    for name, region, templates, seconds, problems in _all(names or list(CONFIGURATIONS)):
        verdict = f"{len(problems)} problems" if problems else "nothing to say"
        print(f"{name:16} {region:15} {templates} templates, synthesised in {seconds:.1f} s: {verdict}", flush=True)
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
        bad += bool(problems)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
