"""report.html: what it says in each situation, that nothing in it is markup of others, and that it asks nobody for anything."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from functions.core.advice import answers, prompt
from functions.core.advice.answers import Answer
from functions.core.advice.by_rule import by_rule
from functions.core.advice.facts import Facts
from functions.core.meter import sweep_cost
from functions.core.meter.quantities import Quantities
from functions.core.model import Finding, Outcome, Unit
from functions.core.rank.bill.purchase import Purchase, explained
from functions.core.rank.groups import Groups
from functions.core.rank.ranking import Run
from functions.core.report import as_html, writing
from functions.core.report.advice import IN_WORDS, OTHERWISE
from functions.core.store import ledger
from functions.core.store.bucket import Bucket
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot
from tests.functions import sweeps
from tests.functions.core.rank import test_ranking as runs
from tests.functions.core.report import bills
from tests.functions.core.report.browser.test_index import read
from tests.functions.folder_bucket import FolderBucket

FINISHED = Run.planned(sweeps.plan_output()).started
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
VOID = frozenset({"meta", "br", "img", "input", "link", "hr"})


def scripts(outline: Outline) -> int:
    """Those that a browser runs: what has a type of data is none."""
    return outline.tags.count("script") - sum(tag == "script" and name == "type" for tag, name, _ in outline.attributes)


def fragments(source: str) -> list[str]:
    """What the page says of each finding when it is opened, in the order of the index."""
    chunks = re.findall(r'<script type="application/octet-stream" class="details">([^<]*)</script>', source)
    return [one for chunk in chunks for one in json.loads(gzip.decompress(base64.b85decode(chunk.replace(",", "<"))))]


def index_of(source: str) -> list[dict[str, Any]]:
    """The rows of the page's list, as its script reads them."""
    (text,) = re.findall(r'<script type="application/octet-stream" id="findings-index">([^<]*)</script>', source)
    return read(base64.b85decode(text.replace(",", "<")))[0]


class Outline(HTMLParser):
    """The tags, links and text of a page; fails on a tag that is closed without having been opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += "" if tag in ("a", "b") else " "

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data


def page(
    folder: Path, found: Sequence[tuple[Unit, Sequence[Finding]]], suppress: str = "", not_seen: Sequence[Unit] = (), **more: Any
) -> tuple[str, Outline, str]:
    """The page of a run: its source, its outline, and its text with single spaces."""
    bucket = FolderBucket(folder)
    run_id = more.get("run_id", sweeps.RUN_ID)
    for unit, findings in found:
        sweeps.write_unit(bucket, unit, findings, run_id, insufficient={"ec2-idle-instance": 3} if more.get("unsure") else {})
    for unit in not_seen:
        sweeps.write_unit(bucket, unit, run_id=run_id, outcome=Outcome.DENIED, reason=f"not allowed {HOSTILE}")
    sweeps.write_plan(bucket, [*(unit for unit, _ in found), *not_seen], run_id)
    groups, analyze = Groups(more.get("advice_groups", 0)), more.get("analyze", True)
    runs.rank_again(bucket, suppress, run_id, more.get("started", sweeps.STARTED), more.get("as_of"), groups, analyze)
    add_to_head(folder / sweeps.folder(run_id=run_id).ranking, more.get("head", {}))
    for write in more.get("before", ()):
        write(bucket)
    writing.write(sweeps.folder(bucket, run_id), FINISHED, more.get("failures"))
    source = (folder / sweeps.folder(run_id=run_id).file("report.html")).read_text(encoding="utf-8")
    outline = Outline(source)
    return source, outline, " ".join(outline.text.split())


def add_to_head(ranking: Path, members: dict[str, Any]) -> None:
    """What Cost and the meter know, which this run of Rank did not."""
    ranking.write_text(json.dumps(json.loads(ranking.read_text(encoding="utf-8")) | members), encoding="utf-8")


def test_a_finding_shows_how_its_number_came_about(tmp_path: Path) -> None:
    finding = sweeps.finding("vol-1", sweeps.saving(12.5, 10, 15, prices=(sweeps.STAND_IN,)), tags={"team": "payments"})
    finding.note = "It may be a warm pool."
    finding.owner = "payments"
    _, outline, text = page(tmp_path, [(sweeps.unit(), [finding])])
    for part in (
        "$12.50 a month", "Between $10.00 and $15.00 a month. $150.00 a year.", "size GiB 100", "state available", "It may be a warm pool.",
        finding.savings.formula, "$0.10 per GB-Mo: AmazonEBS volume.gp2, us-east-1", sweeps.PRICE.source, sweeps.PRICE.as_of,
        "No price is known for eu-south-2: us-east-1’s stands in.", "confidence high", "effort very low", "risk low", finding.undo,
        finding.command, finding.resource_arn, "tag team payments", "owner payments", "first seen 2026-11-24", "100 % of the units",
    ):  # fmt: skip
        assert part in text
    assert ("a", "href", finding.reference) in outline.attributes


def test_nothing_in_it_is_markup_of_others(tmp_path: Path) -> None:
    finding = sweeps.finding(f"vol{HOSTILE}", tags={HOSTILE: HOSTILE}, evidence={HOSTILE: HOSTILE}, check=f"c{HOSTILE}")
    finding.resource_name = finding.owner = finding.note = finding.command = finding.title = finding.undo = HOSTILE
    finding.reference = "javascript:alert(3)"
    suppressed = sweeps.finding("vol-2")
    suppress = f"[[suppress]]\nresource_arn = '*:vol-2'\nreason = '{HOSTILE}'\nuntil = 2027-03-31\n"
    source, outline, text = page(tmp_path, [(sweeps.unit(), [finding, suppressed])], suppress, [sweeps.unit("rds:db-instance")])
    assert scripts(outline) == 1
    assert "img" not in outline.tags
    assert "<script>alert" not in source
    assert all("<script>alert" not in fragment and HOSTILE not in fragment for fragment in fragments(source))
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]
    assert not [value for _, name, value in outline.attributes if name == "href" and not value.startswith(("https://", "#"))]
    assert text.count(HOSTILE) >= 10


def test_it_asks_nobody_for_anything(tmp_path: Path) -> None:
    source, outline, _ = page(tmp_path, [(sweeps.unit(), [sweeps.finding()])])
    assert not [name for _, name, _ in outline.attributes if name in ("src", "srcset", "action", "data", "poster")]
    assert {"link", "iframe", "object", "embed"}.isdisjoint(outline.tags)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttp", source)
    policy = next(value for tag, name, value in outline.attributes if tag == "meta" and value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


UNITS = [sweeps.unit(), sweeps.unit("ec2:instance")]


@pytest.mark.parametrize(
    ("found", "not_seen", "unsure", "says"),
    [
        ([], [], False, "Nothing to save was found, and everything was scanned"),
        ([], [sweeps.unit("rds:db-instance")], False, "Nothing to save was found, but 1 unit was not seen"),
        ([], UNITS[1:], True, "Nothing to save was found, but 1 unit was not seen"),
        ([], [], True, "Nothing to save was found, but not everything could be judged"),
        ([sweeps.finding(savings=sweeps.UNPRICED)], [], False, "Nothing with a known price was found"),
        ([sweeps.finding()], [], False, "What to do, largest saving first 1 finding."),
    ],
)
def test_nothing_found_says_what_it_is_worth(tmp_path: Path, found: list[Finding], not_seen: list[Unit], unsure: bool, says: str) -> None:
    _, _, text = page(tmp_path, [(UNITS[0], found)], not_seen=not_seen, unsure=unsure)
    assert says in text
    assert ("Nothing" in says) is ("What to do" not in text)


def test_what_was_not_seen_stands_beside_the_money(tmp_path: Path) -> None:
    unseen = [sweeps.unit("rds:db-instance"), sweeps.unit("rds:db-cluster")]
    _, _, text = page(tmp_path, [(sweeps.unit(), [sweeps.finding()])], not_seen=unseen)
    assert "33.33 % of the units were seen" in text
    assert "At least 95 % was required." in text
    assert "2 units could not be scanned in full" in text
    assert "denied · 2 units" in text
    assert "111122223333 us-east-1 rds:db-instance" in text


def test_every_section_has_its_findings_and_no_other(tmp_path: Path) -> None:
    bucket_units = [(sweeps.unit(), [sweeps.finding("vol-gone", sweeps.saving(7))])]
    page(tmp_path, bucket_units)
    found = [
        sweeps.finding("vol-unpriced", sweeps.UNPRICED),
        sweeps.finding("vol-kept", sweeps.saving(5)),
        sweeps.finding("vol-counted", sweeps.saving(3)),
    ]
    suppress = runs.SUPPRESS.format("vol-kept")
    units = [(sweeps.unit(), found), (sweeps.unit("elb:target-group"), [sweeps.hygiene()])]
    _, _, text = page(tmp_path, units, suppress, run_id=runs.NEXT_RUN, started=runs.NEXT_DAY)
    order = [
        "vol-counted",
        "Waste without a known price",
        "vol-unpriced",
        "Resolved",
        "vol-gone",
        "Suppressed",
        "vol-kept",
        "Tidying up",
        "tg-1",
    ]
    places = [text.rindex(part) if part.startswith(("vol", "tg")) else text.index(f"{part} ") for part in order]
    assert places == sorted(places)
    assert "1 finding, $7.00 a month at the prices of the time" in text
    assert "Somebody decided to keep these: $5.00 a month" in text
    assert "Kept (until 2027-03-31)" in text


INSTANCES = sweeps.unit("ec2:instance")
GROUPS = [
    (sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(9))]),
    (INSTANCES, [sweeps.finding("i-1", sweeps.saving(5), of=INSTANCES)]),
]
EBS, EC2 = f"{sweeps.ACCOUNT}.ebs", f"{sweeps.ACCOUNT}.ec2"
DENIED = ledger.reason(
    "BedrockDenied",
    f"User: arn:aws:sts::{sweeps.ACCOUNT}:assumed-role/FinOpsAnalyzer-analyze/x is not authorized to perform: bedrock:InvokeModel on "
    f"resource: arn:aws:bedrock:us-east-1:{sweeps.ACCOUNT}:inference-profile/global.anthropic.claude-haiku-5-5 because no identity-based "
    "policy allows the bedrock:InvokeModel action",
)
"""What AWS says where the model may not be used."""


def a_models_answer(group_id: str, **changes: str) -> Callable[[FolderBucket], None]:
    """Writes an answer that stands up to the facts: the rules' own, with changes."""

    def write(bucket: FolderBucket) -> None:
        facts = Facts.model_validate_json((bucket.root / sweeps.folder().facts(group_id)).read_bytes())
        advice = by_rule(facts).model_copy(update=changes)
        answer = Answer(group_id=group_id, digest=prompt.digest(facts, "model-1"), model_id="model-1", advice=advice, usd=0.1)
        answers.write(sweeps.folder(bucket), answer)

    return write


def test_the_advice_says_who_wrote_it_and_stands_behind_the_findings(tmp_path: Path) -> None:
    failures = {EC2: ("BedrockThrottled", f"BedrockThrottled: {HOSTILE}")}
    _, outline, text = page(tmp_path, GROUPS, advice_groups=20, before=[a_models_answer(EBS)], failures=failures)
    assert text.index("What to do, largest saving first") < text.rindex("Where it is") < text.index("Advice What to do, and in which order")
    assert "Amazon Elastic Block Store · 111122223333 · $9.00 a month · 1 finding" in text
    assert "Delete 1 EBS volume (ebs-unattached-volume). $9.00 a month, effort very low, risk low" in text
    assert text.count("Written by model-1, checked against the findings.") == 1
    assert text.count("By rule, because Bedrock had no room for more requests of this account.") == 1
    assert HOSTILE not in text
    assert "It is written by rule" not in text
    assert scripts(outline) == 1


@pytest.mark.parametrize(
    ("analyze", "failures", "why"),
    [
        (False, {}, "the sweep was told not to use a model"),
        (True, {}, "no model was asked"),
        (True, dict.fromkeys((EBS, EC2), ("CircuitOpen", "CircuitOpen: down")), IN_WORDS["CircuitOpen"]),
        (True, dict.fromkeys((EBS, EC2), ("BedrockDenied", DENIED)), IN_WORDS["BedrockDenied"]),
        (True, {EBS: ("BedrockDenied", DENIED), EC2: ("BedrockDenied", "BedrockDenied: other")}, IN_WORDS["BedrockDenied"]),
        (True, dict.fromkeys((EBS, EC2), ("States.Timeout", "States.Timeout")), OTHERWISE.format("States.Timeout")),
    ],
)
def test_what_holds_for_all_of_the_advice_is_said_once(
    tmp_path: Path, analyze: bool, failures: dict[str, tuple[str, str]], why: str
) -> None:
    _, _, text = page(tmp_path, GROUPS, advice_groups=20, analyze=analyze, failures=failures)
    assert text.count(f"It is written by rule, because {why}.") == 1
    assert text.count(why) == 1
    assert text.count("By rule.") == 2
    assert "arn:aws:sts" not in text, "AWS's own words, which are long, stand in report.json"


def test_nothing_in_the_advice_is_markup_of_others(tmp_path: Path) -> None:
    """Neither what a model wrote nor what a person called a database."""
    unit = sweeps.unit("rds:db-instance")
    found = [sweeps.finding(f"db{HOSTILE}", sweeps.saving(3), of=unit)]
    before = [a_models_answer(f"{sweeps.ACCOUNT}.rds", summary='Delete it <script>alert("x")</script><img src=x>.')]
    source, outline, text = page(tmp_path, [(unit, found)], advice_groups=20, before=before)
    assert 'Delete it <script>alert("x")</script><img src=x>.' in text
    assert "Written by model-1" in text
    assert scripts(outline) == 1
    assert "img" not in outline.tags
    assert "<script>alert" not in source
    assert all("<script>alert" not in fragment and HOSTILE not in fragment for fragment in fragments(source))


def test_groups_that_are_left_out_are_counted(tmp_path: Path) -> None:
    assert "These are the 1 largest of 2 groups." in page(tmp_path, GROUPS, advice_groups=1)[2]


def test_without_findings_there_is_no_advice(tmp_path: Path) -> None:
    assert "Advice" not in page(tmp_path, [(sweeps.unit(), [])], advice_groups=20)[2]


def test_without_its_script_the_page_has_the_largest_and_says_so(tmp_path: Path) -> None:
    many = [sweeps.finding(f"vol-{number:03}", sweeps.saving(number + 1)) for number in range(203)]
    source, outline, text = page(tmp_path, [(sweeps.unit(), many)])
    assert outline.tags.count("pre") == 20
    assert "These are the 20 largest of 203 findings." in text
    assert "vol-202" in text
    assert "vol-002" not in text
    assert len(fragments(source)) == 203


def test_the_page_stays_within_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [sweeps.finding(f"vol-{number:03}", sweeps.saving(number + 1)) for number in range(203)]
    whole = page(tmp_path / "1", [(sweeps.unit(), many)])[0]
    monkeypatch.setattr(as_html, "MOST_CHARS", len(whole) - 1_000)
    less = page(tmp_path / "2", [(sweeps.unit(), many)])[0]
    assert len(less) < len(whole)
    assert 0 < len(fragments(less)) < 203
    assert fragments(less) == fragments(whole)[: len(fragments(less))]


def test_a_finding_says_which_thresholds_it_was_compared_with_and_where_they_were_changed(tmp_path: Path) -> None:
    rule = Rule(check_id="ebs-unattached-volume", where="config/checks.toml: check 1, line 2", thresholds={"min_age_days": 30.0})
    kept = Snapshot(rules=[rule]).as_json()
    found = [sweeps.finding(evidence={"age_days": 60.0}), sweeps.finding("vol-2", check="a-check-of-another-version")]

    def keep(bucket: FolderBucket) -> None:
        Bucket(bucket, sweeps.BUCKET).put_json(sweeps.folder().checks, kept)

    source, _, _ = page(tmp_path, [(sweeps.unit(), found)], before=[keep])
    ours, other = sorted(fragments(source), key=lambda fragment: "vol-2" in fragment)
    assert "min_age_days: 60 (age_days), at least 30 (config/checks.toml: check 1, line 2; default 7): holds" in ours
    assert "at least" not in other


def test_a_warning_shows_a_command_as_one(tmp_path: Path) -> None:
    source, _, _ = page(tmp_path, [(sweeps.unit(), [sweeps.finding()])], head={"warnings": [f"Too old: `finops prices refresh` {HOSTILE}"]})
    assert "Too old: <code>finops prices refresh</code> &#34;&gt;&lt;script&gt;" in source


def test_a_what_if_says_so_and_compares_nothing(tmp_path: Path) -> None:
    _, _, text = page(tmp_path, [(sweeps.unit(), [sweeps.finding()])], as_of="2027-01-24T00:00:00+00:00")
    assert "This is a what-if: it shows the state of 2027-01-24 00:00 UTC" in text
    assert "persisting" not in text
    assert "first seen" not in text


def test_warnings_are_shown(tmp_path: Path) -> None:
    suppress = '[[suppress]]\nregion = "x"\nreason = "Old"\nuntil = 2026-01-01\n'
    assert "A suppression expired on 2026-01-01: Old" in page(tmp_path, [(sweeps.unit(), [])], suppress)[2]


@pytest.mark.parametrize(
    ("usd", "text"), [(0.1, "$0.10"), (0.0000166667, "$0.0000166667"), (12.0, "$12.00"), (1234.5, "$1,234.50"), (0.125, "$0.125")]
)
def test_rates_keep_their_digits(usd: float, text: str) -> None:
    assert as_html.rate(usd) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(1.0, "100 %"), (0.999999, "99.99 %"), (0.95, "95 %"), (0.57, "57 %"), (0.0, "0 %"), (1 / 3, "33.33 %")]
)
def test_a_ratio_is_never_rounded_up(ratio: float, text: str) -> None:
    assert as_html.percent(ratio) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s")])
def test_durations(seconds: float, text: str) -> None:
    assert as_html.duration(seconds) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("size_gib", "size GiB"),
        ("VeryLow", "very low"),
        ("MigrateToGraviton", "migrate to Graviton"),
        ("max_cpu", "max CPU"),
        ("Delete", "delete"),
    ],
)
def test_names_are_read_as_words(name: str, text: str) -> None:
    assert as_html.words(name) == text


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "unknown"),
        (1234567, "1,234,567"),
        (0.25, "0.25"),
        ("gp2", "gp2"),
        ("2026-11-24T16:04:02.123456+00:00", "2026-11-24 16:04 UTC"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T16:04:02+00:00, or later", "2026-11-24T16:04:02+00:00, or later"),
    ],
)
def test_evidence_is_shown_as_it_was_compared(evidence: object, text: str) -> None:
    assert as_html.value(evidence) == text


FOUND = [(sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(9))])]


def test_the_bill_stands_behind_what_can_be_done(tmp_path: Path) -> None:
    _, outline, text = page(tmp_path, FOUND, advice_groups=20, head={"bill": bills.bill(), "sweep_cost": bills.sweep_cost()})
    places = [
        text.index(part)
        for part in (
            "Likely saving",
            "What to do, largest",
            "Where it is Likely saving",
            "Advice What to do",
            "The bill What was paid",
            "What this sweep cost",
        )
    ]
    assert places == sorted(places)
    assert ("section", "id", "bill") in outline.attributes
    for part in (
        "That is 23 % of the bill.", "from 2026-10-25 to 2026-11-23 (30 days) in 3 accounts", "$5,512.41 in 30 days",
        "$5,588.97 a month. The findings explain 23 % of it.", "(unblended), it is $5,291.91",
        f"2026-11-23: ${bills.bill()['daily'][-1]['amortized']:.2f} amortised",
        "Amazon Simple Storage Service no scanner $466.38 $460.65 +5 % $485.81",
        "Amazon Elastic Compute Cloud - Compute yes $2,112.83 27 %",
        "4 others 0 of 4", "amortised dollars against on-demand rates",
        "$1,039.68 a month in 8 services and 1 usage type of others that no scanner covers",
        "2026-11 so far, compared with the same days $", "Amazon ElastiCache 111122223333 $69.90 $171.25 +145 %",
        "Amazon DynamoDB 111122225555 $0.00 $12.40 new", "3 commitments · $150.19 a month unused", "in 15 days",
        "Compute Savings Plan, $1.20 an hour", "any family and region",
        "EC2 m5 3 accounts, 2 regions", "Savings Plan …1234 (Compute) until 2027-03-01",
        "About $0.031 for 1,530 resources, $0.020 per thousand. What Quantity",
        "GetMetricData AWS Price List, us-east-1, 2026-10-01 2,210 metrics 70 % $0.022",
        "Not included, because we have no price for it: EventBridge events.", "hours that Savings Plans and reservations already pay for",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({"bill": None}, "not asked"),
        ({"bill": bills.none("AccessDeniedException: not authorized.")}, "AccessDeniedException: not authorized"),
        ({"bill": bills.none("")}, "no reason was given"),
        ({"bill": bills.none(HOSTILE)}, HOSTILE),
    ],
)  # fmt: skip
def test_without_billing_data_there_is_one_calm_sentence(tmp_path: Path, head: dict[str, Any], reason: str) -> None:
    _, outline, text = page(tmp_path, FOUND, head=head)
    assert text.count(f"No billing data: {reason}. Savings are at list prices.") == 1
    assert ("p", "class", "notice calm") in outline.attributes
    assert "The bill" not in text
    assert "What this sweep cost" not in text
    assert "before discounts and commitments" in text
    assert "img" not in outline.tags


def test_a_new_account_has_paid_nothing(tmp_path: Path) -> None:
    _, outline, text = page(tmp_path, FOUND, head={"bill": bills.new_account()})
    assert "Nothing was billed in these days" in text
    assert "of the bill" not in text
    assert "figure" not in outline.tags


def test_where_cost_explorer_does_not_reach_back_nothing_is_compared(tmp_path: Path) -> None:
    whole = bills.bill(2)
    unknown = {name: [{**one, "before": None} for one in whole[name]] for name in ("by_service", "by_account")}
    _, _, text = page(tmp_path, FOUND, head={"bill": bills.bill(2, **unknown, anomalies=[])})
    assert "Cost Explorer does not reach back to the previous 30 days: nothing is compared." in text
    assert "No service in any account costs" not in text


def test_a_bill_without_any_commitment_or_surprise_leaves_them_out(tmp_path: Path) -> None:
    bare = bills.bill(1, anomalies=[], savings_plans=[], reservations=[], coverage=[], purchase=[], months=[])
    _, _, text = page(tmp_path, FOUND, head={"bill": bare})
    assert "No service in any account costs 30 % and $10 more than in the previous 30 days." in text
    for part in ("Savings Plans and reservations ·", "What they cover", "Month over month", "After the clean-up:"):
        assert part not in text


def test_what_to_buy_comes_after_the_clean_up_with_its_caveat(tmp_path: Path) -> None:
    many = [bills.purchase("AmazonRDS", f"db.f{number}", "us-east-1", 0.5, 0.0, None) for number in range(12)]
    _, _, text = page(tmp_path, FOUND, head={"bill": bills.bill(purchase=[*bills.bill()["purchase"], *many])})
    for part in (
        "After the clean-up: what is left to commit to · at most $7.94 an hour", "Act on the findings first: a plan or a reservation",
        "EC2 any family, us-east-1 Compute Savings Plan", "43 % $1.84 $0.62 $1.22 $240.46", "RDS db.r6g, us-east-1 Reserved DB instances",
        "$0.72 $0.00 $0.72 not known", "And 4 more in report.json.",
    ):  # fmt: skip
        assert part in text, part


def test_what_rank_and_the_meter_make_fits_the_page(tmp_path: Path) -> None:
    """Not by hand: the shapes that rank/bill/purchase.py and sweep_cost.py write."""
    bill = bills.bill()
    bill |= {"explained": explained(bill, 1000.0), "purchase": Purchase(bill).as_json()}
    cost = sweep_cost.priced(Quantities(metrics=2210, gb_seconds=402.5, bedrock_unpriced=2), sweeps.REGION, 0)
    _, _, text = page(tmp_path, FOUND, head={"bill": bill, "sweep_cost": cost})
    assert "The findings explain 17 % of it." in text
    assert "EC2 any family, us-east-1 Compute Savings Plan" in text
    assert f"Not included, because we have no price for it: {cost['unpriced'][0]['what']}." in text
    assert cost["note"] in text
    assert f"What this sweep cost About ${cost['usd']:.3f}. What" in text


def test_nothing_in_the_bill_is_markup_of_others(tmp_path: Path) -> None:
    def hostile(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: inner if name in ("start", "end", "ends", "status") else hostile(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [hostile(inner) for inner in value]
        return f"{value}{HOSTILE}" if isinstance(value, str) else value

    source, outline, text = page(tmp_path, FOUND, head={"bill": hostile(bills.bill()), "sweep_cost": hostile(bills.sweep_cost())})
    assert scripts(outline) == 1
    assert "img" not in outline.tags
    assert "<script>alert" not in source
    assert all("<script>alert" not in fragment and HOSTILE not in fragment for fragment in fragments(source))
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]
    assert f"Amazon Simple Storage Service{HOSTILE}" in text
    assert text.count(HOSTILE) >= 60


def test_five_hundred_accounts_are_a_page_of_the_same_size(tmp_path: Path) -> None:
    few, _, _ = page(tmp_path / "few", FOUND, head={"bill": bills.bill(12)})
    many, _, text = page(tmp_path / "many", FOUND, head={"bill": bills.bill(500)})
    assert "490 others" in text
    assert "in 500 accounts" in text
    assert len(many) < len(few) + 1_000


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (14.2, 10, "+42 %"),
        (9.5, 10, "−5 %"),
        (10.01, 10, "±0 %"),
        (0, 10, "−100 %"),
        (99.9, 10, "+899 %"),
        (120, 10, "×12"),
        (5, 0, "new"),
        (0, 0, ""),
        (5, None, ""),
    ],
)
def test_changes(now: float, before: float | None, text: str) -> None:
    assert as_html.change(now, before) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(2210, "2,210"), (402.51, "403"), (99.999, "100"), (12.34567, "12.35"), (0.0123, "0.0123"), (7, "7")]
)
def test_quantities_are_short(amount: float, text: str) -> None:
    assert as_html.quantity(amount) == text


def test_the_page_names_the_accounts_that_the_bill_does_not_see(tmp_path: Path) -> None:
    whole = bills.bill(30)
    _, _, text = page(tmp_path, FOUND, head={"bill": whole | {"without_rows": whole["accounts"][1:]}})
    for part in (
        "in 1 of 30 accounts, without credits",
        f"The bill has no rows of {', '.join(whole['accounts'][1:21])} and 9 more, listed in report.json.",
        "In the accounts that the bill has rows of it is 23 % of the bill.",
        "The findings there explain 23 % of it.",
    ):
        assert part in text, text[:3000]


@pytest.mark.parametrize(
    "who", ["arn:aws:sts::111122223333:assumed-role/Audit/ann@example.com", f"arn:aws:iam::111122223333:user/{HOSTILE}"]
)
def test_a_report_that_was_made_on_somebodys_machine_says_who_read_the_accounts(tmp_path: Path, who: str) -> None:
    def read_by(bucket: FolderBucket) -> None:
        path = tmp_path / sweeps.folder().ranking
        run = json.loads(path.read_text(encoding="utf-8"))["run"]
        add_to_head(path, {"run": run | {"read_as": who}})

    source, outline, text = page(tmp_path, FOUND, before=[read_by])
    assert f"Made on a person’s own machine: the accounts were read as {who} ." in text
    assert "img" not in outline.tags
    assert "<script>alert" not in source
    assert json.loads((tmp_path / sweeps.folder().file("report.json")).read_text(encoding="utf-8"))["run"]["read_as"] == who
    assert json.loads((tmp_path / sweeps.folder().summary).read_text(encoding="utf-8"))["run"]["read_as"] == who


def test_a_report_of_the_deployed_analyzer_does_not(tmp_path: Path) -> None:
    source, _, text = page(tmp_path, FOUND)
    assert "own machine" not in text
    assert "read_as" not in source
    assert "read_as" not in json.loads((tmp_path / sweeps.folder().file("report.json")).read_text(encoding="utf-8"))["run"]


def test_a_bill_in_another_currency_has_its_sign_everywhere_and_no_dollar(tmp_path: Path) -> None:
    found = [(sweeps.unit(), [sweeps.finding("vol-1", sweeps.saving(12.5))])]
    _, _, text = page(tmp_path, found, head={"bill": bills.bill(3, currency="CNY", purchase=[])})
    paid = text[text.index("What was paid from") : text.index("How to read it.")]
    assert paid.count("¥") > 30
    assert "$" not in paid
    assert "$12.50" in text, "what can be saved is in dollars"
