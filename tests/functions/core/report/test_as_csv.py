"""report.csv: no cell is a formula, numbers are numbers, and every text survives."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import focus
from functions.core.model import Finding
from functions.core.outside.text import FORMULA, in_cell
from functions.core.report.as_csv import CsvReport
from functions.core.store.unit_objects import FINDING
from tests.functions import sweeps


def rows(*findings: Finding) -> list[dict[str, str]]:
    out = io.BytesIO()
    report = CsvReport(out, "2026-11-24T00:00:00+00:00")
    for finding in findings:
        report.add(FINDING.dump_python(finding, mode="json"))
    return list(csv.DictReader(io.StringIO(out.getvalue().decode(), newline="")))


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|'/c calc'!A1", "＝1", "＠x", "\0=1"],
)
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert in_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "i-0123", "name = x", "a-b", " -x", "'quoted"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert in_cell(text) == text


@pytest.mark.parametrize(("cell", "written"), [(-1.5, -1.5), (0.0, 0.0), (None, None), (True, "true"), (False, "false")])
def test_numbers_stay_numbers(cell: float | bool | None, written: object) -> None:
    assert in_cell(cell) == written


def test_dangerous_names_tags_and_commands_are_disarmed_in_place() -> None:
    finding = sweeps.finding("vol-1", sweeps.saving(12.5, 10, 15), tags={"=HYPERLINK(1)": "=1"})
    finding.resource_name = '=HYPERLINK("http://evil","click")'
    finding.owner = "@SUM(1)"
    finding.note = "-2+3"
    (row,) = rows(finding)
    assert row["ResourceName"] == '\'=HYPERLINK("http://evil","click")'
    assert row["x_OwnerName"] == "'@SUM(1)"
    assert row["x_Note"] == "'-2+3"
    assert row["Tags"] == '{"=HYPERLINK(1)":"=1"}'
    assert [row[f"x_MonthlySavings{end}"] for end in ("Low", "Likely", "High")] == ["10.0", "12.5", "15.0"]


def test_a_command_of_several_lines_is_one_cell() -> None:
    finding = sweeps.finding("vol-1", sweeps.saving(12.5, 10, 15))
    finding.command = "test 1 = 1 &&\naws ec2 one --name '=1' &&\n{\n  aws ec2 two\n}"
    (row,) = rows(finding)
    assert row["x_Command"] == finding.command


def test_an_unpriced_saving_is_an_empty_cell() -> None:
    (row,) = rows(sweeps.finding(savings=sweeps.UNPRICED))
    assert row["x_MonthlySavingsLikely"] == ""
    assert row["x_UnpricedReason"] == sweeps.UNPRICED.unpriced


def test_without_findings_there_is_a_header() -> None:
    out = io.BytesIO()
    CsvReport(out, "")
    assert out.getvalue().decode() == ",".join(focus.COLUMNS) + "\r\n"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30), st.text(max_size=30))
def test_any_text_is_read_back_and_begins_no_formula(name: str, tag: str) -> None:
    finding = sweeps.finding(tags={"t": tag.encode("utf-8", "replace").decode()})
    finding.resource_name = name
    (row,) = rows(finding)
    assert all(not value or value[0] not in FORMULA for value in row.values())
    assert row["ResourceName"] in (name, "'" + name)


def test_what_it_is_at_list_prices_is_a_number_or_nothing() -> None:
    out = io.BytesIO()
    report = CsvReport(out, "")
    finding = FINDING.dump_python(sweeps.finding("vol-1", sweeps.saving(9.2)), mode="json")
    finding["savings"]["terms"] = [{"rate": 0.092, "list_rate": 0.1, "rate_from": "bill"}]
    report.add(finding | {"list_savings": {"low": 10.0, "likely": 10.0, "high": 10.0, "unpriced": None}})
    report.add(finding | {"list_savings": None, "savings": finding["savings"] | {"terms": []}})
    own, listed = csv.DictReader(io.StringIO(out.getvalue().decode(), newline=""))
    assert (own["x_ListMonthlySavingsLikely"], own["x_RateFrom"]) == ("10.0", "bill")
    assert (listed["x_ListMonthlySavingsLikely"], listed["x_RateFrom"]) == ("", "")


def test_an_accounts_name_stands_beside_its_id_where_it_is_known_and_is_no_formula() -> None:
    out = io.BytesIO()
    report = CsvReport(out, "", {sweeps.ACCOUNT: "=web()"})
    other = sweeps.finding("vol-2", of=sweeps.unit(account="222222222222"))
    for finding in (sweeps.finding("vol-1"), other):
        report.add(FINDING.dump_python(finding, mode="json"))
    read = list(csv.DictReader(io.StringIO(out.getvalue().decode(), newline="")))
    assert [(row["SubAccountId"], row["SubAccountName"]) for row in read] == [(sweeps.ACCOUNT, "'=web()"), ("222222222222", "")]
