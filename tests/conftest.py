"""What holds for every test: moto without its 1,300 images, AWS's service models read once, no deadline for an example of Hypothesis, and
how pytest-xdist shares the tests out: whole files, those that wait longest first.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import moto  # noqa: F401  # before any session is made: moto answers only what was made after it was imported
import pytest
from botocore.loaders import JSONFileLoader

HERE = Path(__file__).parent
SLOWEST_FIRST = ("e2e", "bench", "finops", "cdk_app", "scripts")
"""Folders in the order in which their files are begun. What is left for the end is short, so that no worker waits long for the other."""

ONE_AWS = "one AWS"

os.environ["CDK_VALIDATION"] = "false"  # CDK's own rules are most of a synthesis: tests/cdk_app/test_app.py has them
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # moto's images come with a snapshot each; who needs one registers it

_read_from_disk = JSONFileLoader.load_file


@cache
def _read_once(file_path: str) -> Any:
    """AWS's service models: each session reads those of its services anew, for EC2 0.3 s long. botocore itself shares what it has read
    among the clients of one."""
    return _read_from_disk(JSONFileLoader(), file_path)


JSONFileLoader.load_file = lambda self, file_path: _read_once(file_path)  # type: ignore[method-assign]

hypothesis.settings.register_profile("suite", deadline=None)  # that the machine is busy is no mistake of the code
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest folders first, and in them the files in their order."""
    items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile` in the order of `turn`, and with one worker for all files that share an embedded AWS."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class FilesAndOneAws(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return kept_together(nodeid.partition("::")[0])

    config.option.loadscopereorder = False
    return FilesAndOneAws(config, log)


@cache
def kept_together(file: str) -> str:
    """A file; or, in place of each whose tests take the `aws` of tests/e2e/conftest.py and not one of its own, one word for all of them.
    tests/e2e/conftest.py refuses a file that is overlooked: it would start an AWS of its own, plant the fleet and sweep it once more.

    pytest-xdist 3.8 has groups for this, which pytest 9.2 does not let it write into a test's id.
    """
    text = (HERE.parent / file).read_text(encoding="utf-8")
    takes_one = re.search(r"^def test_\w+\([^)]*\b(aws: EmbeddedAws|after_sixty_days: Sweep)", text, re.MULTILINE) is not None
    return ONE_AWS if file.startswith("tests/e2e/") and takes_one and "\ndef aws(" not in text else file
