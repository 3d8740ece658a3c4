"""docs/adding.md, walked: its files are put beside ours, in folders of their own, and everything that knows checks, types and services is
asked whether it knows them; their tests are run, and no file of ours is edited.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
FILE = re.compile(r"^\*\*([\w/]+\.py)\*\*\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BESIDE = """
import sys
from pathlib import Path
import finops.fleet.recipes, functions.scanners, functions.scanners.ebs.volume, tests.functions.scanners
for package in (functions.scanners, functions.scanners.ebs.volume, finops.fleet.recipes, tests.functions.scanners):
    package.__path__.append(str(Path(__file__).parent.joinpath(*package.__name__.split("."))))
"""
"""Tells our packages of the folder that this lies in."""
CHECKS = """
import beside, json, sys
from functions.core import registry
from scripts import checks_page
from tests import test_house_rules as rules
checks = {check.id: check for check in registry.checks()}
check = checks[sys.argv[1]]
for rule in (
    rules.test_a_check_is_named_after_what_it_looks_at,
    rules.test_a_check_explains_itself,
    rules.test_a_check_that_asks_cloudwatch_says_for_which_resources,
):
    rule(check)
print(json.dumps({
    "of its type": check.id in [one.id for one in registry.load(check.over.resource_type)[1]],
    "thresholds": sorted(check.thresholds),
    "page": check.id in checks_page.page(),
}))
"""
KNOWS = """
import beside, json
from cdk_app.settings.settings import DeploymentSettings
from finops.fleet.plan import plan
from finops.fleet.register import all_recipes
from finops.sweeping import estimate_model
from functions.core import focus, registry, services
from functions.core.plan.units import units
from functions.core.prices.products import offers
from tests.functions import seeds
from tests.functions.core import test_services
from tests.functions.core.prices import test_bills
new = "sdb:old-domain"
card = services.services()["sdb"]
test_services.test_a_card_is_complete(card)
domains, _ = registry.load(new)
test_bills.test_a_collector_says_which_members_of_its_replies_bill(domains)
test_bills.test_a_collector_hands_on_what_its_items_bill_beyond_its_prices(domains)
test_bills.test_every_member_that_aws_describes_is_decided_upon(domains.bills[0])
test_services.test_a_card_speaks_of_its_own_service_only(card)
scope = estimate_model.Scope(1, 1, [new], 100)
print(json.dumps({
    "types": new in registry.resource_types(),
    "service": "sdb" in registry.services(),
    "loaded": registry.load(new)[0].resource_type,
    "iam": registry.iam_actions("sdb"),
    "focus": focus.service(new),
    "looked at": "Amazon SimpleDB" in services.billed_as(),
    "refreshed": "AmazonSimpleDB" in offers(),
    "units": [unit.function for unit in units({"1": ["us-east-1"]}, [new], "Analyzer-scan-")],
    "scopes": sorted({item.scope for item in plan(5000, 6, 1) if new in item.recipe.makes}),
    "others": sorted(item.name for item in plan(1, 6, 1, [one for one in all_recipes() if new not in one.makes]))
    == sorted(item.name for item in plan(1, 6, 1) if new not in item.recipe.makes),
    "seed": [one.operation for one in seeds.of(new).listed],
    "predicted": estimate_model.predict(scope, DeploymentSettings(), "us-east-1").express_requests,
}))
"""


def files(*sections: str) -> dict[str, str]:
    """The files of some sections of the page, by their path."""
    return {path: code for section in sections for path, code in FILE.findall(SECTIONS[section])}


CHECK, TYPE, SERVICE = files("A check"), files("A resource type"), files("A service")


def lay(folder: Path, *parts: dict[str, str]) -> Path:
    """The files, and the packages' own, in a folder."""
    for path, code in {name: text for part in parts for name, text in part.items()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(code, encoding="utf-8")
    for new in ("functions/scanners/sdb", "tests/functions/scanners/sdb"):
        if (folder / new).exists():
            (folder / new / "__init__.py").touch()
    (folder / "beside.py").write_text(BESIDE, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    """What our interpreter prints, started here with the folder's `beside`."""
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": f"{folder}:{ROOT}", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def said(folder: Path, script: str, *arguments: str) -> Any:
    return json.loads(run(folder, "-c", script, *arguments))


def test_the_page_has_a_file_for_everything_that_it_counts() -> None:
    assert len(CHECK) == 2
    assert len(TYPE) == 5
    assert len(SERVICE) == 1


def test_no_file_of_the_page_is_there_already() -> None:
    assert [path for path in (*CHECK, *TYPE, *SERVICE) if (ROOT / path).exists()] == []


def test_a_new_check_is_found_by_lying_in_its_type_and_explains_itself(tmp_path: Path) -> None:
    assert said(lay(tmp_path, CHECK), CHECKS, "ebs-volume-without-owner") == {
        "of its type": True,
        "thresholds": ["min_size_gib"],
        "page": True,
    }


def test_a_new_type_of_a_new_service_is_known_everywhere(tmp_path: Path) -> None:
    assert said(lay(tmp_path, TYPE, SERVICE), KNOWS) == {
        "types": True,
        "service": True,
        "loaded": "sdb:old-domain",
        "iam": ["sdb:DomainMetadata", "sdb:ListDomains"],
        "focus": ["Databases", "Amazon SimpleDB"],
        "looked at": True,
        "refreshed": True,
        "units": ["Analyzer-scan-sdb"],
        "scopes": [0, 1, 2, 3, 4, 5],
        "others": True,
        "seed": ["list_domains"],
        "predicted": 1,
    }


def test_its_check_explains_itself(tmp_path: Path) -> None:
    assert said(lay(tmp_path, TYPE, SERVICE), CHECKS, "sdb-empty-domain")["page"]


def test_a_type_without_a_seed_is_told_which_file_it_needs(tmp_path: Path) -> None:
    seedless = {path: code for path, code in TYPE.items() if not path.endswith("_seed.py")}
    with pytest.raises(AssertionError, match=r"sdb:old-domain needs tests/functions/scanners/sdb/old_domain_seed\.py"):
        said(lay(tmp_path, seedless, SERVICE), KNOWS)


@pytest.mark.parametrize("path", [*CHECK, *TYPE, *SERVICE])
def test_a_file_of_the_page_is_as_tidy_as_ours(path: str) -> None:
    code = {**CHECK, **TYPE, **SERVICE}[path]
    for command in (("check",), ("format", "--check")):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-"]
        done = subprocess.run(ruff, cwd=ROOT, input=code, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  # ours
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    lay(tmp_path, CHECK, TYPE, SERVICE)
    alone = tmp_path / "alone"  # outside of a folder called tests, which pytest would take for ours
    alone.mkdir()
    tests = [path for path in (*CHECK, *TYPE) if Path(path).name.startswith("test_")]
    for path in tests:
        (alone / Path(path).name).write_text((tmp_path / path).read_text(encoding="utf-8"), encoding="utf-8")
    assert len(list(alone.iterdir())) == len(tests) == 3
    plain = ("-c", "/dev/null", "--rootdir", str(alone), "-p", "no:cacheprovider", "-p", "beside")
    assert " passed" in run(tmp_path, "-m", "pytest", "-q", *plain, str(alone))
