"""finops estimate-cost: words in, a table or a document out, and no AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finops import cli
from finops.commands import estimate
from finops.sweeping.estimate_model import Scope
from functions.core import registry
from functions.core.meter import sweep_cost

WORDS = ["estimate-cost", "--regions", "us-east-1,us-west-2", "--resources", "1000"]


def document(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert cli.main([*WORDS, *more, "--json"]) == 0
    made: dict[str, Any] = json.loads(capsys.readouterr().out)
    return made


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no region, and an endpoint that nobody listens at."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")


UNITS = Scope(1, 2, registry.resource_types(), 1000).units


def test_the_seed_guides_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(WORDS) == 0
    text = capsys.readouterr().out
    made = document(capsys)
    assert f"1,000 resources in 1 account and 2 regions, {UNITS} units: about $" in text
    assert f"about ${made['sweep']['usd']:.4f} a sweep" in text
    assert f"30 sweeps a month: about ${made['month_usd']:,.2f}." in text
    assert f"{made['lever']['what']} is {100 * made['lever']['share']:.0f} %: {made['lever']['advice']}." in text
    assert "with no free tier" in text
    for line in made["sweep"]["lines"]:
        assert line["what"] in text


def test_the_document_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys)
    lines = made["sweep"]["lines"]
    assert made["sweep"]["usd"] == pytest.approx(sum(line["usd"] for line in lines), abs=1e-6)
    assert made["lever"]["what"] == max(lines, key=lambda line: line["usd"])["what"]
    assert made["lever"]["share"] == pytest.approx(lines[0]["usd"] / made["sweep"]["usd"], abs=1e-3)
    assert (made["accounts"], made["regions"], made["units"]) == (1, 2, UNITS)


def test_in_a_month_cost_explorer_is_asked_once_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    asked, cached = document(capsys, "--sweeps-per-month", "1440"), document(capsys, "--sweeps-per-month", "1440", "--cost-cached")
    assert cached["month_usd"] == pytest.approx(1440 * cached["sweep"]["usd"], rel=1e-3)
    [bill] = [line["usd"] for line in asked["sweep"]["lines"] if line["what"] == sweep_cost.BILL]
    assert asked["month_usd"] == pytest.approx(1440 * (asked["sweep"]["usd"] - bill) + 30 * bill, abs=1e-3)
    assert document(capsys, "--sweeps-per-month", "4")["month_usd"] == pytest.approx(4 * asked["sweep"]["usd"], abs=1e-3)


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ([], Scope(1, 2, registry.resource_types(), 1000)),
        (["--accounts", "50"], Scope(50, 2, registry.resource_types(), 1000)),
        (["--accounts", "111122223333,444455556666", "--accounts", "111122223333"], Scope(2, 2, registry.resource_types(), 1000)),
        (["--types", "ebs:volume,ec2:instance"], Scope(1, 2, ("ebs:volume", "ec2:instance"), 1000)),
        (["--no-analyze", "--cost-cached", "--no-commitments"],
         Scope(1, 2, registry.resource_types(), 1000, analyze=False, ask_bill=False, commitments=False)),
    ],
)  # fmt: skip
def test_what_the_options_say(words: list[str], scope: Scope, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Scope] = []
    whole = estimate.estimate

    def look(scope: Scope, *rest: Any) -> dict[str, Any]:
        seen.append(scope)
        return whole(scope, *rest)

    monkeypatch.setattr(estimate, "estimate", look)
    assert cli.main([*WORDS, *words]) == 0
    assert seen == [scope]
    assert capsys.readouterr().err == ""


def test_all_regions_are_those_that_are_enabled_by_default() -> None:
    scope, home = estimate.read(["all"], [], [], 10)
    assert (scope.regions, home) == (17, "us-east-1")
    assert estimate.read(["eu-west-1", "us-east-1,eu-west-1"], [], [], 10) == (Scope(1, 2, registry.resource_types(), 10), "eu-west-1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--types", "ebs:nope"], "'ebs:nope' is no resource type"),
        (["--accounts", "12x"], "--accounts: '12x' is neither a number of accounts (1 to 99999) nor an id of 12 digits"),
        (["--accounts", "0"], "--accounts: '0' is neither"),
        (["--resources", "-1"], "--resources"),
        (["--sweeps-per-month", "0"], "--sweeps-per-month"),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*WORDS, *words]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert message in seen.err
    assert "nothing was started" not in seen.err
    assert len(seen.err.strip().splitlines()) == 1


def test_no_region_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["estimate-cost", "--regions", ",", "--resources", "1"]) == 2
    assert 'regions: must be "all" or a list of region names' in capsys.readouterr().err


def test_nothing_to_sweep_still_costs_the_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "--resources", "0", "--cost-cached", "--no-analyze")
    assert made["sweep"]["per_1000_resources_usd"] is None
    assert made["lever"]["what"] == "Step Functions transitions"
    assert cli.main([*WORDS, "--resources", "0"]) == 0


def test_an_answer_without_a_price_is_said() -> None:
    made = estimate.estimate(Scope(1, 1, registry.resource_types(), 10), "us-east-1", 30)
    made["sweep"]["unpriced"] = [{"what": "Bedrock answers of a model without a known price", "quantity": 5, "unit": "answers"}]
    assert "Not included, because there is no price: Bedrock answers of a model without a known price (5 answers)." in estimate.sentences(
        made
    )


def test_the_help_has_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["estimate-cost", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "finops estimate-cost --regions us-east-1,us-west-2 --resources 1000" in text
    assert "0 done, 2 bad input" in text


def test_where_no_price_is_known_it_says_so_instead_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["estimate-cost", "--regions", "cn-north-1", "--resources", "1000"]
    assert cli.main(words) == 0
    text = capsys.readouterr().out
    assert "units: what it costs there is not known." in text
    assert "Not included, because there is no price: " in text
    assert "$0" not in text
    assert cli.main([*words, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["lever"], made["sweep"]["lines"]) == (None, [])
