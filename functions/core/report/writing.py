"""Writing the report of a ranked run: report.json, report.csv and report.html in one pass over its findings, and summary.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from functions.core.prices import age
from functions.core.report import advice
from functions.core.report.as_csv import CsvReport
from functions.core.report.as_html import html, page_of
from functions.core.report.as_json import JsonReport
from functions.core.report.summary import Summary
from functions.core.store.bucket import JSON
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import Upload, gzip_lines

FILES = {name: f"report.{name}" for name in ("html", "json", "csv")}


def write(
    folder: RunFolder,
    finished: datetime,
    advice_failures: Mapping[str, tuple[str, str]] | None = None,
    sweep_cost: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    owners: Iterable[str] = (),
) -> dict[str, Any]:
    """Everything, from what Rank and Analyze left; returns summary.json's content. Memory does not grow with the findings.

    `advice_failures`: the groups that no model gave advice for, with error and cause. `sweep_cost` says of ranking.json's content with the
    advice what the run has cost; it is asked as late as can be, but before the report is written. `owners`: those with a digest of their
    own, for whom the summary has their part.
    """
    head = folder.bucket.need_json(folder.ranking)
    run = head["run"]
    run["finished"] = finished.isoformat(timespec="seconds")
    run["seconds"] = round((finished - datetime.fromisoformat(run["resumed"] or run["started"])).total_seconds(), 1)
    refresh = age.REFRESH_HERE if run.get("read_as") else age.REFRESH
    if too_old := age.warning(head["totals"], datetime.fromisoformat(run["started"]).date(), refresh):
        head["warnings"] = [*head["warnings"], too_old]
    head["checks"] = folder.bucket.read_json(folder.checks)  # a run of an earlier version has none
    head["advice"] = advice.entries(folder, head, advice_failures or {})
    if sweep_cost is not None:
        head["sweep_cost"] = sweep_cost(head)
    page, summary = page_of(head), Summary(head, owners)

    def lines(key: str) -> Iterator[bytes]:
        with folder.bucket.download(key) as file:  # the whole of it first: S3 drops a connection that is read slowly
            yield from gzip_lines(file)

    def upload(name: str, content_type: str) -> Upload:
        return Upload(folder.bucket, folder.file(name), content_type)

    with (
        upload(FILES["csv"], "text/csv; charset=utf-8") as csv_file,
        upload(FILES["json"], "application/json") as json_file,
        JsonReport(
            json_file,
            head,
            _seen(lines(folder.not_seen), page.add_not_seen, summary.add_not_seen),
            _seen(lines(folder.resolved), page.add_resolved, summary.add_resolved),
        ) as json_report,
    ):
        csv_report = CsvReport(csv_file, run["as_of"], run.get("account_names"))
        for line in lines(folder.ranked):
            finding = from_json(line)
            json_report.add(line)
            csv_report.add(finding)
            page.add(finding)
            summary.add(finding)
    with upload(FILES["html"], "text/html; charset=utf-8") as html_file:
        for piece in html(page):
            html_file.write(piece)
    content = summary.as_json({name: folder.file(file) for name, file in FILES.items()})
    folder.bucket.put(folder.summary, to_json(content, indent=2), JSON)
    return content


def _seen(lines: Iterator[bytes], *looks: Callable[[Any], None]) -> Iterator[bytes]:
    for line in lines:
        entry = from_json(line)
        for look in looks:
            look(entry)
        yield line
