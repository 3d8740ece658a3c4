"""One embedded AWS with the sample fleet for all end-to-end tests; every test leaves the deployed analyzer as it found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from finops import fleet
from finops.embedded import aws as embedded
from finops.embedded import recorded_calls
from finops.embedded.aws import EmbeddedAws
from finops.fleet import Fleet
from finops.fleet.bill import bill
from finops.fleet.bill.bill import Billed
from tests.conftest import ONE_AWS, kept_together
from tests.e2e.sweeping import Sweep, sweep

HERE = Path(__file__).parent
EXPORT = "s3://bills-of-the-payer/exports/cur2"
"""Where the deployed analyzer looks for a Data Export. There is none until test_export.py delivers one, and sweeps go on without."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and isinstance(item, pytest.Function):
            item.add_marker(pytest.mark.e2e)
            shares = "aws" in item.fixturenames and not hasattr(item.module, "aws")
            if shares and kept_together(f"tests/e2e/{item.path.name}") != ONE_AWS:
                raise pytest.UsageError(f"{item.nodeid} shares the embedded AWS, and tests/conftest.py does not know it")


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded AWS writes down what is asked of it, see finops/embedded/recorded_calls.py."""
    return tmp_path_factory.mktemp("record") / "calls.jsonl"


@pytest.fixture(scope="session")
def aws(record: Path) -> Iterator[EmbeddedAws]:
    with embedded.start(variables={recorded_calls.FILE: str(record)}, billing_export=EXPORT) as running:
        yield running


@pytest.fixture(scope="session")
def seeded(aws: EmbeddedAws) -> tuple[Fleet, Billed]:
    made = fleet.seed(aws, resources=1500)
    return made, bill.seed(aws, made)


@pytest.fixture(scope="session")
def planted(seeded: tuple[Fleet, Billed]) -> Fleet:
    """The fleet; its bill is in the Cost Explorer."""
    return seeded[0]


@pytest.fixture(scope="session")
def billed(seeded: tuple[Fleet, Billed]) -> Billed:
    """What has to be said of the bill."""
    return seeded[1]


@pytest.fixture(scope="session")
def after_sixty_days(aws: EmbeddedAws, planted: Fleet) -> Sweep:
    """The sweep of the whole fleet at its own moment."""
    return sweep(aws, accounts=list(aws.accounts), regions=list(aws.regions), as_of=planted.as_of.isoformat())


@pytest.fixture
def no_answers(aws: EmbeddedAws) -> Iterator[None]:
    """Cost Explorer's answers forgotten before and after, its counter at 0, and its failures over."""
    forget_answers(aws)
    yield
    aws.cost_explorer.recover()
    forget_answers(aws)


def forget_answers(aws: EmbeddedAws) -> None:
    """Of Cost Explorer and of Athena, as the cache keeps them."""
    dynamodb, table = aws.client("dynamodb"), aws.outputs["TableName"]
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            if item["pk"]["S"].startswith("cost#"):
                dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    aws.cost_explorer.reset_requests()
