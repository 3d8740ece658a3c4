"""A downloaded report in the formats of other places, whole and in part, and what is said where it cannot be."""

from __future__ import annotations

import csv
import re
import sys
from html import unescape
from pathlib import Path

import pytest

from finops import cli
from finops.ending import Ending, ExitCode
from finops.sweeping import excerpts
from finops.sweeping.excerpts import Format, file_name
from functions.core.report import as_json
from functions.core.report.excerpts.excerpt import Excerpt
from tests.functions import sweeps
from tests.functions.core.report.excerpts import runs
from tests.functions.core.report.test_as_html import Outline

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.written(tmp_path_factory.mktemp("bucket"))


def plain(said: str) -> str:
    """Without spaces, and without the quotes of code."""
    return "".join(said.replace("`", "").split())


@pytest.mark.parametrize("kind", Format)
@pytest.mark.parametrize("owner", ["web", "nobody", runs.HOSTILE[2]])
def test_every_format_has_the_findings_and_the_sum_of_the_owner(folder: Path, tmp_path: Path, kind: Format, owner: str) -> None:
    head, findings = as_json.read(folder / "report.json")
    whose = "" if owner == "nobody" else owner
    row = head["totals"]["by_owner"][whose]
    path, said = excerpts.write(folder, kind, owner, None, tmp_path / "part")
    assert said == f"{row['findings']:,} findings of {owner}, ${row['monthly_savings']['likely']:,.2f} a month"
    content = path.read_bytes()
    own = [one for one in findings() if one["owner"] == whose]
    others = {one["finding_id"] for one in findings()} - {one["finding_id"] for one in own}
    if kind is not Format.EXCEL:
        text = unescape(content.decode())
        assert not any(one in text for one in others)
    if kind is Format.CSV:
        rows = list(csv.DictReader(content.decode().splitlines(keepends=True)))
        counted = [one for one in rows if one["x_IsHeadline"] == "true" and one["x_Lifecycle"] != "suppressed"]
        assert sum(float(one["x_MonthlySavingsLikely"] or 0) for one in counted) == pytest.approx(row["monthly_savings"]["likely"])
        assert {one["SubAccountName"] for one in rows} <= {*runs.NAMES.values(), "'" + runs.NAMES[runs.OTHER]}
    if kind is Format.MD:
        assert f"${row['monthly_savings']['likely']:,.2f} a month" in content.decode()
    if kind is Format.HTML:
        text = Outline(content.decode()).text
        said = f"This is only what belongs to {owner}, of run {sweeps.RUN_ID}"
        assert plain(said) in plain(text), "as code where it has backticks"
        assert f"${row['monthly_savings']['likely']:,.2f}" in text


def test_the_whole_report_can_be_had_as_each_of_them(folder: Path, tmp_path: Path) -> None:
    for kind in (Format.HTML, Format.CSV):
        path, said = excerpts.write(folder, kind, None, None, tmp_path / "whole")
        assert path.read_bytes() == (folder / f"report.{kind}").read_bytes()
    totals = as_json.read(folder / "report.json")[0]["totals"]
    assert said == f"{totals['findings']:,} findings of everybody, ${totals['monthly_savings']['likely']:,.2f} a month"
    path, _ = excerpts.write(folder, Format.MD, None, None, tmp_path / "whole.md")
    assert f"**${totals['monthly_savings']['likely']:,.2f} a month**" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("excerpt", "kind", "name"),
    [
        (Excerpt("web"), Format.MD, "report-web.md"),
        (Excerpt(""), Format.JIRA, "report-nobody.jira.csv"),
        (Excerpt("web", sweeps.ACCOUNT), Format.EXCEL, f"report-web-{sweeps.ACCOUNT}.xlsx"),
        (Excerpt(), Format.MD, "report.md"),
    ],
)
def test_a_file_says_in_its_name_whose_it_is(excerpt: Excerpt, kind: Format, name: str) -> None:
    assert file_name(excerpt, kind) == name


@pytest.mark.parametrize("owner", ["../../etc/passwd", "a/b", "..", "a" * 4096, "\x00", "名前", "-rf"])
def test_no_owner_leads_elsewhere_or_to_anothers_file(owner: str) -> None:
    name = file_name(Excerpt(owner), Format.MD)
    assert re.fullmatch(r"report-[A-Za-z0-9._-]{1,80}\.md", name)
    assert name != file_name(Excerpt(owner + " "), Format.MD)


def test_an_owner_that_there_is_not_is_bad_input_and_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Ending, match="owner: no finding of this run belongs to 'wbe'; the nearest are: web") as ending:
        excerpts.write(folder, Format.MD, "wbe", None, tmp_path / "part.md")
    assert ending.value.code is ExitCode.BAD_INPUT
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_or_written_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Ending, match=r"cannot write .*missing/part\.md: No such file or directory: name another file with --output"):
        excerpts.write(folder, Format.MD, "web", None, tmp_path / "missing" / "part.md")
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(Ending, match="is not as it was written"):
        excerpts.write(tmp_path, Format.MD, "web", None)
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(Ending, match="XlsxWriter is not installed: pip install"):
        excerpts.write(folder, Format.EXCEL, "web", None, tmp_path / "web.xlsx")
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]


def finops(folder: Path, *words: str) -> int:
    return cli.main(["report", sweeps.RUN_ID, "--from", str(folder.parent), *words])


def test_the_command_writes_beside_the_report_and_says_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert finops(folder, "--owner", "web", "--format", "md") == 0
    out = capsys.readouterr().out
    assert re.fullmatch(r"1[0-9] findings of web, \$[0-9.]+ a month: \S+/report-web\.md\n", out), out
    assert (folder / "report-web.md").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--owner", "wbe"], "the nearest are: web"),
        (["--format", "pdf"], "'html', 'csv', 'md', 'jira', 'excel'"),
        (["--output", "x.md"], "--output needs --owner, --account or --format"),
    ],
)
def test_bad_input_is_one_line_with_what_is_allowed(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert finops(folder, *words) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""


@pytest.mark.parametrize("run", ["20200101T000000Z-aaaaaa", "../runs", "/etc"])
def test_a_run_that_is_not_on_this_machine_is_bad_input(folder: Path, run: str) -> None:
    with pytest.raises(Ending, match=f"there is no report of run .*; there are: {sweeps.RUN_ID}"):
        excerpts.local(folder.parent, run)
