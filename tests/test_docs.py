"""What README.md and docs/ name exists: commands with their options, make's targets and flags, settings, files, links and anchors."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer.main
from botocore import xform_name

from cdk_app.constructs import dashboard
from cdk_app.settings import settings
from cdk_app.settings.settings import DeploymentSettings
from finops.cli import app
from finops.commands import deploy
from functions.core import registry
from functions.core.advice import bedrock_metrics
from functions.core.meter import run_metrics
from functions.core.plan import request
from functions.core.plan.request import SweepRequest
from functions.core.rank import suppressions
from functions.core.settings import Settings
from functions.core.tuning import file as checks_file

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OPERATIONS = ROOT / "docs" / "operations.md"
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} - {"out"}
OF_EVERY_COMMAND = {"--query", "--output", "--region", "--notification-endpoint"}
"""Options that the AWS CLI adds to its models; the last one is its name for the Endpoint of `aws sns subscribe`."""
GROUPS = DeploymentSettings.model_json_schema()["$defs"].values()
KEYS = {key for group in GROUPS for key in group["properties"]} | {*DeploymentSettings.model_fields, *SweepRequest.model_fields}
KEYS |= {*suppressions.ALLOWED, "run_date"} | {name for check in registry.checks() for name in check.thresholds}
"""What a setting, an input, a suppression, a check or the table of findings may have."""

GUIDES_VARIABLES = (
    "AWS_REGION", "AWS_ACCOUNT_ID", "BEDROCK_MODEL_ID", "BEDROCK_TIMEOUT_SECONDS", "ANALYSIS_PERIOD_DAYS", "COST_CACHE_TTL_MINUTES",
    "CIRCUIT_BREAKER_THRESHOLD", "CIRCUIT_BREAKER_TIMEOUT_SECONDS", "RETRY_MAX_ATTEMPTS", "RETRY_BASE_DELAY", "RETRY_MAX_DELAY",
    "S3_BUCKET_NAME", "S3_REGION", "EMAIL_FROM", "EMAIL_TO", "SEND_EMAIL_ON_ERROR", "LOG_LEVEL", "LOG_FORMAT",
    "ENABLE_CLOUDWATCH_METRICS", "METRIC_NAMESPACE",
)  # fmt: skip
GUIDES_WORDS = (
    "`AnalysisDuration`", "`ResourcesAnalyzed`", "`RecommendationsGenerated`", "`BedrockAPICall`", "`CircuitBreakerOpen`", "`BedrockError`",
    "`TimeoutError`", "`AWS APIError`", "`MonthlySavings`", "`AnnualSavings`", "FinOpsAnalyzer-Timeout", "FinOpsAnalyzer-BedrockError",
    "ops-alerts", "FinOpsAnalyzerLambdaRole", "FinOpsEventBridgeRole", "finops-analyzer-daily", "cron(0 2 * * ? *)", "sam local invoke",
    "estimate-cost", "CloudTrail", "100 resources", "10,000 and more", "disable the schedule", "return on investment", "levels of support",
)  # fmt: skip
"""The deployment guide's own; metrics and error types in backticks."""


def named(page: Path) -> Iterator[str]:
    """What stands in the page as code: each line of its blocks, and each span."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from (line.partition(" #")[0].strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def starting(word: str) -> list[tuple[str, str]]:
    """Page and command, of every command that starts with a word."""
    return [(page.name, line) for page in PAGES for line in named(page) if line.partition(" ")[0] == word]


def unknown_in(line: str) -> Iterator[str]:
    """What of a `finops` command there is not."""
    command, words, said = typer.main.get_command(app), shlex.split(line)[1:], "finops"
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        said = f"{said} {words[0]}"
        if words[0] not in command.commands and hasattr(command, "default"):
            words.insert(0, command.default)
        if words[0] not in command.commands:
            yield said
            return
        command = command.commands[words.pop(0)]
    options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
    yield from (f"{said} {word}" for word in words if word.startswith("-") and word.partition("=")[0] not in options)


def helped(command: Any, name: str = "help of finops") -> Iterator[tuple[str, str]]:
    """Command and example, of every example in a help: a paragraph each, as typer shows them."""
    for part in (command.epilog or "").split("\n\n"):
        if part.startswith("finops "):
            yield name, " ".join(part.split()).partition(" > ")[0]
    for word, inner in getattr(command, "commands", {}).items():
        yield from helped(inner, f"{name} {word}")


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_command_and_option_exists() -> None:
    examples = list(helped(typer.main.get_command(app)))
    assert len(examples) > 20
    commands = [*starting("finops"), *examples]
    assert len(commands) > 40
    assert [(page, wrong) for page, line in commands for wrong in unknown_in(line)] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("finops sweep --embedded", []),
        ("finops swoop", ["finops swoop"]),
        ("finops breaker open", ["finops breaker open"]),
        ("finops report latest --opne", ["finops report --opne"]),
        ("finops estimate-cost --cost-cached --regions=us-east-1", []),
    ],
)
def test_a_command_that_does_not_exist_is_seen(line: str, wrong: list[str]) -> None:
    assert list(unknown_in(line)) == wrong


def test_every_target_and_flag_of_make_exists(capsys: pytest.CaptureFixture[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    with pytest.raises(SystemExit):
        deploy.main(["--help"])
    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {"--bootstrap", "--member"} <= flags
    made = starting("make")
    assert [(page, line) for page, line in made if shlex.split(line)[1] not in targets] == []
    asked = [(page, flag) for page, line in made if line.startswith("make deploy") for flag in re.findall(r"--[a-z-]+", line)]
    assert len(asked) > 5
    assert [(page, flag) for page, flag in asked if flag not in flags] == []


def test_every_command_of_the_aws_cli_exists() -> None:
    """By botocore's models, from which the CLI is made; `aws s3` is the CLI's own."""
    commands = [(page, line) for page, line in starting("aws") if page == OPERATIONS.name and not line.startswith("aws s3 ")]
    assert len(commands) > 5
    wrong = []
    for page, line in commands:
        _, service, name, *words = shlex.split(line)
        model = botocore.session.get_session().get_service_model(service)
        operation = {xform_name(one, "-"): one for one in model.operation_names}.get(name)
        shape = model.operation_model(operation).input_shape if operation else None
        options = OF_EVERY_COMMAND | {f"--{xform_name(member, '-')}" for member in (shape.members if shape else ())}
        if operation is None or {word for word in words if word.startswith("--")} - options:
            wrong.append((page, line))
    assert wrong == []


def test_every_setting_and_key_named_in_the_handbook_exists() -> None:
    words = {word for line in named(OPERATIONS) for word in re.findall(r"(?<![\w./-])[a-z]+(?:_[a-z]+)+(?![\w/-]|\.\w)", line)}
    assert len(words) > 10
    assert words - KEYS == set()


def test_every_example_of_settings_and_inputs_is_accepted() -> None:
    blocks = re.findall(r"^ *```json\n(.*?)^ *```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    examples = [json.loads(block if block.lstrip().startswith("{") else f"{{{block}}}") for block in blocks]
    assert len(examples) >= 3
    for example in examples:
        if "accounts" in example:
            request.parse(example)
        else:
            settings.parse(example.get("finops", example))


def test_the_examples_of_files_in_the_bucket_are_accepted() -> None:
    kept, tuned = re.findall(r"^```toml\n(.*?)^```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(suppressions.parse(kept)) == 1
    assert len(checks_file.parse(tuned)) == 2


def test_every_word_of_the_deployment_guide_is_mapped() -> None:
    section = OPERATIONS.read_text(encoding="utf-8").partition("## The deployment guide, word by word")[2].partition("\n## ")[0]
    assert [word for word in (*GUIDES_VARIABLES, *GUIDES_WORDS) if word not in section] == []
    assert [word for word in GUIDES_VARIABLES if word.lower() not in Settings.model_fields and "RETRY" not in word] == []
    metrics = {name for _, shown in dashboard.GROUPS for name, _ in shown} | {*bedrock_metrics.ERROR_TYPES, *run_metrics.ERROR_TYPES}
    assert {word.strip("`") for word in GUIDES_WORDS if word.startswith("`")} <= metrics


def test_every_file_that_is_named_exists() -> None:
    paths = [(page.name, line) for page in PAGES for line in named(page) if re.fullmatch(r"[\w.*-]+(/[\w.*-]*)+", line)]
    ours = [(page, path) for page, path in paths if path.partition("/")[0] in FOLDERS]
    assert len(ours) > 10
    assert [(page, path) for page, path in ours if not list(ROOT.glob(path.rstrip("/")))] == []


def test_every_link_inside_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = target.partition("#")
            if "://" in target:
                continue
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append((page.name, target))
    assert broken == []
