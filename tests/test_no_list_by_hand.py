"""A new resource type of a new service is new files only: one is put beside the others, and everything that knows types knows it.

The made-up service lies in folders of its own, which the packages are told of; no file of ours is edited.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    "functions/scanners/sdb/__init__.py": "",
    "functions/scanners/sdb/service.py": """
from functions.core.prices.products import Rate, by_usage, products
from functions.core.services import service

NAME = "Amazon SimpleDB"
SDB = service("sdb", name=NAME, category="Databases", short="", billed_as=(NAME,), prices_from=("AmazonSimpleDB",))
products("AmazonSimpleDB", by_usage("AmazonSimpleDB", NAME, {"BoxUsage": Rate("box", "hour")}))
""",
    "functions/scanners/sdb/old_domain.py": """
from functions.core.model import Resource
from functions.core.registry import BeginAnew, collector

@collector("sdb:old-domain", iam=["sdb:ListDomains"], resumes=BeginAnew("made up"))
def domains(aws):
    for name in aws.pages("sdb", "ListDomains", "DomainNames"):
        yield Resource(arn=aws.arn("sdb", f"domain/{name}"), id=name, account=aws.account, region=aws.region, name=name)
""",
    "finops/fleet/recipes/sdb_old_domain.py": """
from finops.fleet.register import begins, recipe

@begins({})
def domain_prefix(scope, dice):
    return "old"

@recipe({"sdb:old-domain": 1}, weight=1)
def domain_of_long_ago(scope, name, dice):
    scope.client("sdb").create_domain(DomainName=f"{domain_prefix(scope)}-{name}")
    scope.book.count("sdb:old-domain")
""",
    "tests/functions/scanners/sdb/__init__.py": "",
    "tests/functions/scanners/sdb/old_domain_seed.py": """
from tests.functions.seeds import Listing

LISTED = (Listing("sdb", "list_domains", "DomainNames"),)

def seed(session):
    session.client("sdb").create_domain(DomainName="one")
""",
}
KNOWS = """
import json, sys
from pathlib import Path
import finops.fleet.recipes, functions.scanners, tests.functions.scanners
for package in (functions.scanners, finops.fleet.recipes, tests.functions.scanners):
    package.__path__.append(str(Path(sys.argv[1], *package.__name__.split("."))))
from cdk_app.settings.settings import DeploymentSettings
from finops.fleet.plan import plan
from finops.fleet.register import all_beginnings, all_recipes
from finops.sweeping import estimate_model
from functions.core import focus, registry, services
from functions.core.plan.units import units
from functions.core.prices.products import offers
from tests.finops.fleet import making
from tests.functions import seeds
import finops.fleet.recipes.sdb_old_domain as recipes
making.assert_made_as_declared(recipes)
new = "sdb:old-domain"
scope = estimate_model.Scope(1, 1, [new], 100)
print(json.dumps({
    "types": new in registry.resource_types(),
    "service": "sdb" in registry.services(),
    "loaded": registry.load(new)[0].resource_type,
    "iam": registry.iam_actions("sdb"),
    "focus": focus.service(new),
    "blind": "Amazon SimpleDB" not in services.billed_as(),
    "refreshed": "AmazonSimpleDB" in offers(),
    "units": [unit.function for unit in units({"1": ["us-east-1"]}, [new], "Analyzer-scan-")],
    "beginning": "domain-prefix" in [one.id for one in all_beginnings()],
    "scopes": sorted({item.scope for item in plan(5000, 6, 1) if new in item.recipe.makes}),
    "others": sorted(item.name for item in plan(1, 6, 1, [one for one in all_recipes() if new not in one.makes]))
    == sorted(item.name for item in plan(1, 6, 1) if new not in item.recipe.makes),
    "seed": [one.operation for one in seeds.of(new).listed],
    "predicted": estimate_model.predict(scope, DeploymentSettings(), "us-east-1").express_requests,
}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of the new type."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def said(folder: Path) -> Any:
    """What a process says that knows of the folder."""
    command = [sys.executable, "-c", KNOWS, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # our own interpreter
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_type_of_a_new_service_is_known_everywhere(folder: Path) -> None:
    assert said(folder) == {
        "types": True,
        "service": True,
        "loaded": "sdb:old-domain",
        "iam": ["sdb:ListDomains"],
        "focus": ["Databases", "Amazon SimpleDB"],
        "blind": False,
        "refreshed": True,
        "units": ["Analyzer-scan-sdb"],
        "beginning": True,
        "scopes": [0, 1, 2, 3, 4, 5],
        "others": True,
        "seed": ["list_domains"],
        "predicted": 1,
    }


def test_a_type_without_a_seed_is_told_which_file_it_needs(folder: Path) -> None:
    (folder / "tests/functions/scanners/sdb/old_domain_seed.py").unlink()
    with pytest.raises(AssertionError, match=r"sdb:old-domain needs tests/functions/scanners/sdb/old_domain_seed\.py"):
        said(folder)
