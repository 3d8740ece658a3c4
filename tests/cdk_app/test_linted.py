"""cfn-lint has nothing to say about the default templates; `make lint-templates` asks it about all configurations and partitions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.lint_templates import CONFIGURATIONS, REGIONS, linted, possible


def test_cfn_lint_has_nothing_to_say(assembly: Path, template: dict[str, object], tmp_path: Path) -> None:
    """And would have: in one go with a template of which it does."""
    (broken := tmp_path / "broken.template.json").write_text(json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Tpic"}}}))
    found = linted([*sorted(assembly.glob("*.template.json")), broken], "us-east-1")
    assert [line.partition(" ")[0] for line in found] == ["broken.template.json:"]
    assert "E3006" in found[0]


@pytest.mark.parametrize("name", list(CONFIGURATIONS))
def test_there_are_six_configurations_and_four_partitions(name: str) -> None:
    assert (len(CONFIGURATIONS), len(REGIONS)) == (6, 4)
    assert possible(CONFIGURATIONS[name], "us-east-1") == CONFIGURATIONS[name], "nothing is left out where everything is possible"


def test_what_china_cannot_have_is_left_out() -> None:
    left = possible(CONFIGURATIONS["everything"], "cn-northwest-1")
    assert {*CONFIGURATIONS["everything"]} - {*left} == {"email_from", "email_to", "member_ous"}
    assert {"email", "bedrock-runtime", "pricing.api"} & {*left["vpc"]["endpoints"]} == set()
    assert {"ce", "organizations", "s3", "sts"} <= {*left["vpc"]["endpoints"]}
