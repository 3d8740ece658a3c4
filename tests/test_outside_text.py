"""Three attackers, and everything that an operator then looks at: no code, no file outside the chosen folder, no order to the terminal.

One may start executions, one may tag resources in a member account, one may write findings into the bucket. docs/security.md names the
tests here. What each function of functions/core/outside/text.py does by itself stands in its own test.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic_core import from_json

from finops import cli
from finops.commands import doctor
from finops.readiness.points import missing
from finops.sweeping import dataset
from finops.sweeping.run import Screen
from finops.sweeping.sweep import Target
from functions import aggregate, rank
from functions.core import run_ids
from functions.core.digest import failure, news, render, topic
from functions.core.model import Finding, Outcome, Waste
from functions.core.money import Savings
from functions.core.outside import text
from functions.core.scan import commands
from functions.core.store.bucket import Bucket
from tests.functions import sweeps
from tests.functions.core import check_samples
from tests.functions.core.digest.test_failure import ARN, event
from tests.functions.core.report import bills
from tests.functions.core.report.test_as_html import fragments

PWNED = "pwned"
HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J", "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "\x9b31m\x85", "a\u202egpj.exe\u2066",
    "\u2028\u200b", f"=cmd|'/c touch {PWNED}'!A1", f"@SUM(1+1)*cmd|' /C touch {PWNED}'!A0", "+1", "-1", "\t=1", "a\nfinops: all is well",
    "\r\nBcc: x@evil.example", "</script><script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "[here](https://evil.example)",
    "<!channel>", f"$(touch {PWNED})", f"`touch {PWNED}`", f"'; touch {PWNED}; '", f"; touch {PWNED} #", "../../../../etc/passwd",
    "/etc/passwd", "file:///etc/passwd", "--endpoint-url=x", "a\0b", "\ud800", "[red]x[/nope]", ":smile:", "%(x)s {0} {run} {id}", "it's",
    "*", "[a-z]",
)  # fmt: skip
"""What the others write, wherever they may write."""
EXECUTIONS = datetime(2026, 11, 24, 16, 4, 2, tzinfo=UTC)


def orders(shown: str, but: str = "\n") -> list[str]:
    """What of a text is no letter, for a terminal or for the reader's eyes."""
    return [f"U+{ord(char):04X}" for char in shown if unicodedata.category(char) in text.INVISIBLE and char not in but]


def resource_finding(hostile: str, number: int) -> Finding:
    """A finding that says `hostile` wherever AWS or a tag may say anything, with the command that the scan makes of it."""
    price = replace(sweeps.PRICE, source=hostile, unit=hostile)
    found = sweeps.finding(
        f"vol-{number}", sweeps.saving(10.0 + number, prices=(price,)), tags={hostile: hostile}, evidence={hostile: hostile}
    )
    found.resource_name = found.owner = found.note = found.title = found.undo = found.reference = hostile
    thing = replace(check_samples.resource("r1"), id=hostile, name=hostile)
    deletes = check_samples.plain("test-five", Savings(1, 1, 1, "1"), command="aws test delete --id {id} --name {name}")
    found.command = commands.command(deletes, thing, Waste(savings=Savings(1, 1, 1, "1"), evidence={}))
    return found


@dataclass(slots=True, frozen=True)
class Swept:
    """A hostile sweep: its objects by key, and what was found."""

    objects: Mapping[str, bytes]
    found: list[Finding]
    run_id: str

    def json(self, name: str) -> Any:
        return json.loads(self.objects[f"runs/{self.run_id}/{name}"])

    def text(self, name: str) -> str:
        return self.objects[f"runs/{self.run_id}/{name}"].decode()


@pytest.fixture(scope="module")
def swept() -> Swept:
    """Scanned, ranked and reported, with a bill whose services are called as hostile, a suppression and a denied unit."""
    found = [resource_finding(hostile, number) for number, hostile in enumerate(HOSTILE)]
    found.append(replace(resource_finding("=1", len(found)), savings=replace(sweeps.UNPRICED, unpriced="\x1b[2J=1")))
    run_id = run_ids.make(EXECUTIONS, "nightly")
    with sweeps.world() as world:
        denied = sweeps.unit("rds:db-instance")
        world.s3.put_object(
            Bucket=sweeps.BUCKET,
            Key="config/suppressions.toml",
            Body=b"[[suppress]]\nresource_arn = '*vol-3'\nreason = \"\\u001b[2J =cmd \\u202e\"\nuntil = 2999-01-01\n",
        )
        sweeps.write_plan(world.s3, [sweeps.unit(), denied], run_id)
        sweeps.write_unit(world.s3, sweeps.unit(), found, run_id)
        sweeps.write_unit(world.s3, denied, run_id=run_id, outcome=Outcome.DENIED, reason=f"AccessDenied: {HOSTILE[0]}")
        plan = sweeps.plan_output(run_id)
        ranked = rank.handler({"plan": plan, "cost": {**sweeps.NO_BILL, "reason": f"not asked {HOSTILE[0]}"}}, sweeps.Context())
        head = sweeps.folder(run_id=run_id).ranking
        ranking = Bucket(world.s3, sweeps.BUCKET).need_json(head) | {
            "bill": called(bills.bill(), HOSTILE[0]),
            "warnings": list(HOSTILE[:4]),
        }
        world.s3.put_object(Bucket=sweeps.BUCKET, Key=head, Body=json.dumps(ranking).encode())
        aggregate.handler({"plan": plan, "rank": ranked}, sweeps.Context())
        return Swept(world.objects(), found, run_id)


def called(value: Any, hostile: str) -> Any:
    """A bill in which every text but dates and its status ends so."""
    if isinstance(value, dict):
        return {name: inner if name in ("start", "end", "ends", "status") else called(inner, hostile) for name, inner in value.items()}
    if isinstance(value, list):
        return [called(inner, hostile) for inner in value]
    return f"{value}{hostile}" if isinstance(value, str) else value


class Page(HTMLParser):
    """The tags of a page, and the attributes that would run something."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.runs: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.runs += [name for name, value in attrs if name.startswith("on") or (name in ("href", "src") and not safe_link(value or ""))]


def safe_link(address: str) -> bool:
    return address.startswith(("https://", "#"))


# Tags in a member account: what was scanned says anything.


def test_the_page_shows_hostile_names_and_runs_nothing(swept: Swept) -> None:
    source = swept.text("report.html")
    page = Page(source)
    data = source.count('<script type="application/octet-stream"')
    assert page.tags.count("script") - data == source.count("<script>") == 1
    assert all(orders(fragment, but="\n\t") == [] and Page(fragment).runs == [] for fragment in fragments(source))
    assert "img" not in page.tags
    assert page.runs == []
    assert orders(source, but="\n\t") == []
    assert "&lt;/script&gt;" in source


def test_the_spreadsheet_has_no_formula(swept: Swept) -> None:
    rows = list(csv.reader(io.StringIO(swept.text("report.csv"), newline="")))
    assert len(rows) == len(swept.found) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [cell for row in rows for cell in row if cell and cell[0] in text.FORMULA] == []


def test_the_documents_are_json(swept: Swept) -> None:
    assert len(from_json(swept.objects[f"runs/{swept.run_id}/report.json"])["findings"]) == len(swept.found)
    assert swept.json("summary.json")["totals"]["findings"] > 0


def test_every_command_is_the_commands_and_nothing_else(swept: Swept, tmp_path: Path) -> None:
    for found in from_json(swept.objects[f"runs/{swept.run_id}/report.json"])["findings"]:
        command = found["command"]
        assert orders(command) == []
        assert "file:///" not in command
        script = f"aws() {{ case $1 in sts) echo 111122223333;; *) printf '%s\\n' \"$#\" >> asked;; esac; }}\n{command}\n"
        ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603, S607
        assert (ran.returncode, ran.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["asked"]
    assert set((tmp_path / "asked").read_text().split()) == {"6"}, "each value is one word"


def test_the_mail_is_our_lines(swept: Swept) -> None:
    message = news.digest(swept.json("summary.json"), sweeps.ACCOUNT, None)
    plain, page = render.text(message), render.html(message)
    assert orders(plain) == []
    assert orders(page) == []
    assert [line for line in plain.splitlines() if line.startswith(("finops:", "Bcc:"))] == []
    assert not {"script", "img"} & set(Page(page).tags)
    assert "\n" not in message.subject


def test_the_topic_calls_nobody(swept: Swept) -> None:
    summary = swept.json("summary.json")
    message = replace_text(news.digest(summary, sweeps.ACCOUNT, None), HOSTILE)
    published: list[dict[str, Any]] = []
    client = SimpleNamespace(publish=lambda **given: published.append(given))
    topic.publish(client, "arn:aws:sns:us-east-1:111122223333:t", topic.reported(summary, sweeps.ACCOUNT, "b", message, ""))
    [sent] = published
    forms = json.loads(sent["Message"])
    chat = json.loads(forms["https"])["content"]
    assert orders(sent["Subject"], but="") == []
    assert "<!channel>" not in json.dumps(chat)
    assert "](https" not in json.dumps(chat)
    assert orders(forms["email"]) == []


def replace_text(message: Any, notices: Iterable[str]) -> Any:
    message.notices = list(notices)
    return message


class Machine:
    """Executions of the state machine, with what each was started with."""

    def __init__(self, *given: object) -> None:
        self.given = [json.dumps(one) for one in given]

    def get_paginator(self, operation: str) -> Machine:
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        for number in range(len(self.given)):
            started = EXECUTIONS + timedelta(minutes=number)
            arn = f"{ARN}-{number}" if number else ARN
            name = arn.rpartition(":")[2]
            one = {"name": name, "executionArn": arn, "status": "FAILED", "startDate": started, "stopDate": started + timedelta(seconds=9)}
            yield {"executions": [one]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        return {"input": self.given[int(executionArn.rpartition("-")[2]) if executionArn != ARN else 0]}


@pytest.fixture(scope="module")
def world(swept: Swept) -> Iterator[sweeps.World]:
    """The bucket as the hostile sweep left it."""
    with sweeps.world() as made:
        for key, body in swept.objects.items():
            made.s3.put_object(Bucket=sweeps.BUCKET, Key=key, Body=body)
        yield made


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the findings are downloaded to, once."""
    return tmp_path_factory.mktemp("cache")


def target(monkeypatch: pytest.MonkeyPatch, world: sweeps.World, *given: object) -> None:
    """What the commands find deployed: executions that were started with these inputs."""
    made = Target(machine_arn="arn", bucket=sweeps.BUCKET, stepfunctions=Machine(*given), s3=world.s3)
    monkeypatch.setattr("finops.sweeping.deployed.find", lambda stack: made)


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (["runs"], "20261124T160402Z"),
        (["runs", "--json"], "20261124T160402Z"),
        (["show", "latest"], "Largest savings"),
        (["sql", "select * from findings"], "row 1"),
        (["sql", "select ResourceName, x_Note, x_Command from findings"], "ResourceName"),
        (["sql", "--json", "select * from findings"], "ResourceName"),
        (["sql", "--csv", "select * from findings"], "ResourceName"),
        (["sql", "--saved", "owners-and-tags"], "rows from"),
    ],
)
def test_no_command_passes_orders_on(
    world: sweeps.World, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], holds: str
) -> None:
    target(monkeypatch, world, {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert cli.main(words) == 0
    shown = capsys.readouterr()
    assert holds in shown.out + shown.err
    assert orders(shown.out, but="\n\t") == []
    assert orders(shown.err) == []
    assert "--csv" in words or [line for line in shown.out.splitlines() if line.startswith("finops:")] == []
    if "--csv" in words:
        cells = [cell for row in csv.reader(io.StringIO(shown.out)) for cell in row]
        negative = [cell for cell in cells if cell and cell[0] in text.FORMULA]
        assert negative == []
    if "--json" in words:
        json.loads(shown.out)


def test_what_aws_says_to_the_doctor_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    examined = SimpleNamespace(points=lambda: iter([missing(HOSTILE[1], hostile, hostile) for hostile in HOSTILE]), replies=[])
    doctor.tell(examined, Screen.standard(False))  # type: ignore[arg-type]
    doctor.tell(examined, Screen.standard(True))  # type: ignore[arg-type]
    shown = capsys.readouterr()
    assert "[red]x[/nope]" in shown.out
    assert orders(shown.out) == []


# states:StartExecution: the input says anything, and never comes to Plan.

INPUTS = [{"resume": hostile} for hostile in HOSTILE] + [
    {"resume": "20261124T160402Z-1f3c9a\n"},
    {"resume": "２０２６1124T160402Z-1f3c9a"},
    {"resume": "20261124T160402Z-1F3C9A"},
    {"resume": ["20261124T160402Z-1f3c9a"]},
    {"resume": "20261124T160402Z-1f3c9a; reboot"},
]


@pytest.mark.parametrize("given", INPUTS, ids=ascii)
def test_an_input_names_no_run_but_by_its_id(given: dict[str, Any]) -> None:
    failed = failure.read(event(cause=f"resume: {given['resume']}", error=str(given["resume"]), input=json.dumps(given)))
    run_id = run_ids.of_execution(failed.started, failed.name, failed.given)
    assert run_id == run_ids.make(failed.started, failed.name)
    message = failure.mail(failed, run_id, "us-east-1", sweeps.ACCOUNT)
    assert any(f"`finops resume {run_id}`" in line for section in message.sections for line in section.text)
    assert orders(render.text(message) + render.html(message) + message.subject) == []
    published: list[dict[str, Any]] = []
    note = topic.failed(failed, run_id, sweeps.ACCOUNT, message, "")
    topic.publish(SimpleNamespace(publish=lambda **sent: published.append(sent)), "arn", note)
    assert orders(json.loads(published[0]["Message"])["email"]) == []


def test_a_list_as_deep_as_it_goes_is_no_input() -> None:
    deep = "[" * 200_000
    assert run_ids.of_execution(EXECUTIONS, "nightly", deep) == run_ids.make(EXECUTIONS, "nightly")


def test_whoever_stops_an_execution_keeps_no_mail_from_being_sent() -> None:
    """`states:StopExecution` takes an error and a cause: as deep as it goes, or as an order."""
    for cause in ("[" * 32_000, '{"errorMessage": "\\u001b[2J"}', HOSTILE[0]):
        failed = failure.read(event(status="ABORTED", error=HOSTILE[0], cause=cause))
        message = failure.mail(failed, run_ids.make(failed.started, failed.name), "us-east-1", sweeps.ACCOUNT)
        assert orders(render.text(message) + render.html(message)) == []


def test_runs_are_listed_whatever_one_was_started_with(
    world: sweeps.World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target(monkeypatch, world, *INPUTS)
    out = tmp_path / "chosen" / "out"
    assert cli.main(["runs", "--limit", "100"]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == len(INPUTS) + 1
    assert orders(shown) == []
    for number in (0, INPUTS.index({"resume": "../../../../etc/passwd"}), INPUTS.index({"resume": "/etc/passwd"})):
        started = EXECUTIONS + timedelta(minutes=number)
        name = ARN.rpartition(":")[2] + (f"-{number}" if number else "")
        assert cli.main(["report", run_ids.make(started, name), "--out", str(out)]) in (0, 4)
    written = {path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {("chosen", "out")}
    assert {path.name for path in out.iterdir() if not path.is_symlink()} <= {
        run_ids.make(EXECUTIONS + timedelta(minutes=number), ARN.rpartition(":")[2] + (f"-{number}" if number else ""))
        for number in range(len(INPUTS))
    }


# Write access to the findings: keys and rows say anything.

KEYS = (
    "findings/../../../../escaped/run_date=2026-11-24/run_id=20261124T160402Z-aaaaaa/part-00000.jsonl.gz",
    "findings/run_date=2026-11-24/run_id=../../part-00000.jsonl.gz",
    "findings/run_date=2026-11-24/run_id=\x1b[2J/part-00000.jsonl.gz",
    "findings/run_date=2026-11-24/run_id=[red]/part-00000.jsonl.gz",
    "findings/run_date=2026-11-24/run_id=20261124T160402Z-*/part-00000.jsonl.gz",
    "findings/run_date=2026-11-24/run_id=20261124T160402Z-aaaaaa/part-00000.jsonl.gz\n",
    "findings/run_date=2026-11-24/run_id=20261124T160402Z-aaaaaa/x'); DROP VIEW findings; --/part-00000.jsonl.gz",
    "/findings/run_date=2026-11-24/run_id=20261124T160402Z-aaaaaa/part-00000.jsonl.gz",
)


def test_a_key_leads_nowhere_but_into_the_cache(swept: Swept, tmp_path: Path) -> None:
    rows = {key: body for key, body in swept.objects.items() if key.startswith("findings/")}
    listed = [{"Key": key, "Size": 1, "LastModified": EXECUTIONS} for key in (*KEYS, *rows)]
    asked: list[str] = []

    def save(name: str, key: str, path: str) -> None:
        asked.append(key)
        Path(path).write_bytes(b"x")

    pages = SimpleNamespace(paginate=lambda **_: [{"Contents": listed}])
    s3 = SimpleNamespace(get_paginator=lambda operation: pages, download_file=save)
    cache = tmp_path / "a" / "b" / "cache"
    found = dataset.in_bucket(Bucket(s3, "b"), cache, lambda line: None)
    assert asked == list(rows)
    assert [part.path.relative_to(cache).as_posix() for part in found.parts] == list(rows)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and cache not in path.parents] == []


def test_a_folder_whose_name_is_a_pattern_is_read_as_it_is_called(swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("it's [a]*?", "it's aX"):
        for key, body in swept.objects.items():
            if key.startswith("findings/"):
                (tmp_path / name / key).parent.mkdir(parents=True)
                (tmp_path / name / key).write_bytes(body)
    assert cli.main(["sql", "--from", str(tmp_path / "it's [a]*?"), "--csv", "select count(*) as n from findings"]) == 0
    assert capsys.readouterr().out == f"n\n{len(swept.found)}\n"


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"5",
    b'"x"',
    b"{}",
    b'{"totals": 5}',
    b'{"totals": {"findings": "\\u001b[2J", "monthly_savings": {"likely": []}}}',
]


@pytest.mark.parametrize("body", [*BROKEN, b"[" * 200_000], ids=[*map(ascii, BROKEN), "deep"])
def test_one_broken_summary_breaks_no_list(
    world: sweeps.World, swept: Swept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    world.s3.put_object(Bucket=sweeps.BUCKET, Key=f"runs/{swept.run_id}/summary.json", Body=body)
    target(monkeypatch, world, {}, {})
    assert cli.main(["runs"]) == 0
    assert cli.main(["runs", "--json"]) == 0
    assert cli.main(["show", swept.run_id]) in (2, 4)
    shown = capsys.readouterr()
    assert orders(shown.out + shown.err) == []
    assert "Traceback" not in shown.err
    world.s3.put_object(Bucket=sweeps.BUCKET, Key=f"runs/{swept.run_id}/summary.json", Body=swept.text("summary.json").encode())


def test_a_summary_chooses_neither_the_link_nor_the_command_of_a_mail() -> None:
    """They are of the run that Notify was called for: functions/notify.py."""
    source = Path("functions/notify.py").read_text(encoding="utf-8")
    assert 'summary["files"]' not in source
    assert 'summary["run"]["run_id"]' not in source
