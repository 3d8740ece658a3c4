"""`finops costs`: the words for each kept answer, the deployed ones that are shown and forgotten, and the own rates of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from finops import cli
from finops.commands import costs
from finops.sweeping import deployed
from finops.sweeping.sweep import Target
from functions.core.costs import cache
from functions.core.costs.cache import Entry, Form
from functions.core.costs.rows import NoBill
from functions.core.report.as_json import JsonReport
from functions.core.store.bucket import Bucket
from tests.finops.asked_runs import BUCKET as RUNS
from tests.finops.asked_runs import IDS, asked_target
from tests.finops.reports import report
from tests.functions.core.report import bills
from tests.state_table import NAME as TABLE
from tests.state_table import create

BUCKET = "the-bucket"
NOW = 1_800_000_000.0
FORM: Form[list[int]] = Form(lambda rows: json.dumps(rows).encode(), json.loads)
WHAT = "daily 2026-09-01 to 2026-11-24"
AT = "asked at 2027-01-15 07:59:20 UTC"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            Entry("k", WHAT, NOW - 40, NOW + 40, 2048, "", usable=True),
            f"{WHAT}: {AT}, 2.0 KiB, used until 2027-01-15 08:00:40 UTC",
        ),
        (
            Entry("k", WHAT, NOW - 40, NOW + 40, 0, "AccessDenied: no", usable=True),
            f"{WHAT}: {AT}, refused (AccessDenied: no), used until 2027-01-15 08:00:40 UTC",
        ),
        (Entry("k", WHAT, NOW - 40, NOW, 512, "", usable=False), f"{WHAT}: {AT}, 0.5 KiB, no longer used"),
        (Entry("k", "", NOW - 40, NOW + 1, 512, "", usable=False), f"k: {AT}, 0.5 KiB, no longer used: another version made it"),
    ],
)
def test_each_answer_is_one_line(entry: Entry, line: str) -> None:
    assert costs.line(entry, NOW) == line


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_aws():
        create(boto3.client("dynamodb"))
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        outputs = {"TableName": {"Value": TABLE}, "BucketName": {"Value": BUCKET}}
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation").create_stack(StackName="FinOpsAnalyzer", TemplateBody=json.dumps(template))
        yield


def keep(key: str, what: str, ask: Callable[[Callable[[], object]], list[int]]) -> None:
    costs.cache(deployed.find_costs()).get(key, ask, FORM, seconds=3600, refused_seconds=60, what=what)


def refuse(renew: Callable[[], object]) -> list[int]:
    raise NoBill("AccessDenied: no")


@pytest.mark.usefixtures("account")
def test_the_deployed_answers_are_shown_and_forgotten(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def said(*words: str) -> list[str]:
        assert cli.main(["costs", *words]) == 0
        return capsys.readouterr().out.splitlines()

    assert said("show") == ["no answer of Cost Explorer is cached; the next sweep asks"]
    assert said("refresh") == ["discarded: 0 answers of Cost Explorer; the next sweep asks again"]
    keep("k1", WHAT, lambda renew: [1])
    monkeypatch.setattr(cache, "IN_TABLE", 0)
    keep("k2", "regions 2026-10-25 to 2026-11-24", lambda renew: [2])
    with pytest.raises(NoBill):
        keep("k3", "savings_plans", refuse)
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "breaker#m"}, "sk": {"S": "state"}})
    shown = said("show")
    assert len(shown) == 3
    assert {shown_line.split(":")[0] for shown_line in shown} == {WHAT, "regions 2026-10-25 to 2026-11-24", "savings_plans"}
    assert time.strftime("%Y-", time.gmtime()) in shown[0]
    assert said("refresh", "--stack", "FinOpsAnalyzer") == ["discarded: 3 answers of Cost Explorer; the next sweep asks again"]
    assert said("show") == ["no answer of Cost Explorer is cached; the next sweep asks"]
    assert list(Bucket(boto3.client("s3"), BUCKET).keys("cache/")) == []
    left = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    assert [item["pk"]["S"] for item in left] == ["breaker#m"]
    keep("k1", WHAT, lambda renew: [1])
    assert said("refresh") == ["discarded: 1 answer of Cost Explorer; the next sweep asks again"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("command", ["show", "refresh"])
def test_a_stack_that_is_not_there_is_bad_input_and_a_table_that_is_gone_a_failure(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert cli.main(["costs", command, "--stack", "Other"]) == 2
    assert "there is no stack Other in us-east-1" in capsys.readouterr().err
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    assert cli.main(["costs", command]) == 4
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert "the cached answers cannot be" in captured.err


@pytest.mark.parametrize("command", ["show", "refresh", "rates"])
def test_help_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert cli.main(["costs", command, "--help"]) == 0
    assert f"finops costs {command}" in capsys.readouterr().out


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    with asked_target(monkeypatch) as made:
        yield made


def head(bill: dict[str, Any] | None, run_id: str = IDS["done"]) -> dict[str, Any]:
    """What a report of a run begins with."""
    whole = report([])
    return {**whole, "run": {**whole["run"], "run_id": run_id}, "advice": [], "bill": bill}


def rank(target: Target, bill: Any) -> None:
    """Leave what Rank leaves of a run's bill."""
    key = target.folder(IDS["done"]).ranking
    target.s3.put_object(Bucket=RUNS, Key=key, Body=bill if isinstance(bill, bytes) else json.dumps(head(bill)).encode())


CONTRACT = bills.bill(rates=bills.rates(*bills.contract()))


def test_rates_are_a_table_of_what_this_account_pays_for_a_unit(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    rank(target, CONTRACT)
    assert cli.main(["costs", "rates"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "Usage", "type", "Region", "Own", "rate", "List", "rate", "Discount", "Quantity", "Cost", "Explains", "Findings",
    ]  # fmt: skip
    assert lines[1].split() == [
        "EBS:VolumeUsage.gp3", "us-east-1", "$0.0736", "per", "GB-Mo", "$0.08", "8", "%", "41,208", "$3,032.91", "$412.50", "31",
    ]  # fmt: skip
    (mirror,) = (line for line in lines if line.startswith("MirrorUsage:db.r5.large"))
    assert "unknown" in mirror, "the book has no list price of it"
    (dearer,) = (line for line in lines if line.startswith("VpcEndpoint-Hours"))
    assert "2.7 % more " in dearer
    assert lines[-1] == (
        "8 usage types have an own rate, 4 of them below list price. "
        "2 were refused: its days do not agree (1); only 2 days cost something, of 3 that it takes (1). "
        f"All is of a month; the cost is net amortised (run {IDS['done']})."
    )


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--region", "eu-west-1"], {"NatGateway-Hours", "NatGateway-Bytes"}),
        (["--service", "virtual private"], {"PublicIPv4:InUseAddress", "VpcEndpoint-Hours"}),
        (["--service", "EC2", "--region", "us-east-1"], {"EBS:VolumeUsage.gp3", "LoadBalancerUsage", "Requests-Tier1"}),
        (["--refused"], {"EBS:VolumeUsage.gp2", "BoxUsage:t3.medium"}),
        (["--run", IDS["done"][:13], "--region", "eu-west-1"], {"NatGateway-Hours", "NatGateway-Bytes"}),
        (["--region", "eu-north-1"], set()),
    ],
)
def test_rates_for_a_program_are_those_that_are_asked_for(
    target: Target, capsys: pytest.CaptureFixture[str], options: list[str], names: set[str]
) -> None:
    rank(target, CONTRACT)
    assert cli.main(["costs", "rates", "--json", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["usage_type"] for row in document["rows"]} == names
    assert (document["run_id"], document["currency"], document["cost"], document["reason"]) == (IDS["done"], "USD", "net amortised", "")
    assert all(row in CONTRACT["rates"]["rows"] for row in document["rows"])


def test_refused_rates_say_why(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    rank(target, CONTRACT)
    assert cli.main(["costs", "rates", "--refused"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        " ".join(lines[1].split())
        == "EBS:VolumeUsage.gp2 us-east-1 $112.72 its days do not agree: from 0.05 to 0.08, a mixture of tiers or prices"
    )


def test_another_currency_has_its_sign(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    row = bills.rate("BoxUsage", 0.6, None, cost=1234.5, explains=7.0, findings=2)
    rank(target, bills.bill(1, rates=bills.rates(row, currency="CNY")))
    assert cli.main(["costs", "rates"]) == 0
    shown = capsys.readouterr().out
    assert "¥0.60 per GB-Mo" in shown
    assert "¥1,234.50" in shown
    assert "$7.00" in shown


@pytest.mark.parametrize(
    ("bill", "options", "said"),
    [
        (None, [], "it is of a time when none were read from the bill"),
        (bills.bill(1), [], "it is of a time when none were read from the bill"),
        (bills.none("AccessDenied: no."), [], "AccessDenied: no"),
        (bills.bill(1, rates=bills.rates(reason="not asked by day")), ["--refused"], "not asked by day"),
        (bills.bill(1, rates=bills.rates()), [], "the bill has no usage"),
        (CONTRACT, ["--region", "eu-north-1"], "of that region and service; without --region and --service it has 10"),
    ],
)
def test_a_run_without_rates_says_why_in_one_line(
    target: Target, capsys: pytest.CaptureFixture[str], bill: dict[str, Any] | None, options: list[str], said: str
) -> None:
    rank(target, bill)
    assert cli.main(["costs", "rates", *options]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"run {IDS['done']} has no own rates")
    assert line.endswith(said)


@pytest.mark.parametrize(
    "bill", [b"{", b'{"bill": {"rates": {"rows": [{}]}}}', b'{"bill": {"rates": {"rows": [1]}}}', b'{"bill": [1]}', b"[]"]
)
def test_rates_that_somebody_broke_are_a_failure_in_one_line(target: Target, capsys: pytest.CaptureFixture[str], bill: bytes) -> None:
    rank(target, bill)
    assert cli.main(["costs", "rates", "--run", IDS["done"]]) == 4
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)


def test_a_run_without_a_report_has_no_rates_to_show(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["costs", "rates", "--run", IDS["failed"]]) == 2
    assert f"run {IDS['failed']} (timed out) has no report" in capsys.readouterr().err


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two downloaded runs, `latest` the newer; reports as Aggregate writes them, with a finding at their end."""
    for run_id in (IDS["failed"], IDS["done"]):
        written = BytesIO()
        with JsonReport(written, head(CONTRACT if run_id == IDS["done"] else None, run_id), [b'{"a": 1}'], []) as made:
            made.add(b'{"finding_id": "1"}')
        (tmp_path / run_id).mkdir()
        (tmp_path / run_id / "report.json").write_bytes(written.getvalue())
    (tmp_path / "latest").symlink_to(IDS["done"])
    return tmp_path


@pytest.mark.parametrize(("run", "rows"), [("latest", 8), (IDS["done"], 8), (IDS["failed"], 0)])
def test_rates_of_a_report_on_this_machine_need_no_account(out: Path, capsys: pytest.CaptureFixture[str], run: str, rows: int) -> None:
    assert cli.main(["costs", "rates", "--from", str(out), "--run", run, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["run_id"], len(document["rows"])) == (IDS["done"] if rows else IDS["failed"], rows)


@pytest.mark.parametrize(("run", "said"), [("2026", "'2026' matches 2 runs in"), ("2025", "there is no report of run '2025' in")])
def test_a_run_that_is_not_on_this_machine_is_bad_input(out: Path, capsys: pytest.CaptureFixture[str], run: str, said: str) -> None:
    assert cli.main(["costs", "rates", "--from", str(out), "--run", run]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run": 1'])
def test_a_file_that_is_no_report_is_a_failure(out: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (out / "latest" / "report.json").write_text(content, encoding="utf-8")
    assert cli.main(["costs", "rates", "--from", str(out)]) == 4
    assert "report.json cannot be read" in capsys.readouterr().err
