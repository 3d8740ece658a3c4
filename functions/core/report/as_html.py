"""report.html: one file that needs nothing else. What comes from AWS is escaped; a content security policy forbids all but our script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from functions.core import focus
from functions.core.model import Resource
from functions.core.money import money, sign, usd
from functions.core.outside.text import in_sentence, on_page
from functions.core.rank.coverage import left_out
from functions.core.rank.suppressions.file_text import SHORT_DIGITS, command_for
from functions.core.rank.totals import Place
from functions.core.registry import Check, load
from functions.core.report import counts, export, own_rates
from functions.core.report.advice import in_words
from functions.core.report.bill_numbers import NOTHING, about, whole
from functions.core.report.browser.console import console
from functions.core.report.browser.details import CHUNK, Details
from functions.core.report.browser.index import NAME_CHARS
from functions.core.report.browser.packed import packed
from functions.core.report.counts import percent as percent
from functions.core.report.counts import plural as plural
from functions.core.report.page import SHOWN, Page
from functions.core.services import services
from functions.core.tuning.comparing import compared, comparisons
from functions.core.tuning.snapshot import Snapshot

FOLDER = Path(__file__).parent
SCRIPTS = ("crossfilter.min.js", "model.js", "findings.js")
MOST_CHARS = 3_900_000
"""A page of 4 MB opens at once, and is a mail's attachment at many a provider."""
DATA = "<!-- data -->"
"""Where the template wants the index and the details: the last such place, whatever somebody called a resource."""
INDEX = '<script type="application/octet-stream" id="findings-index">{}</script>\n'
DETAILS = '<script type="application/octet-stream" class="details">{}</script>\n'
"""Data that a browser takes neither for markup nor for a program: `packed` has no character that ends it."""
SPELLED = {
    "gib": "GiB", "gb": "GB", "mib": "MiB", "mibps": "MiB/s", "iops": "IOPS", "cpu": "CPU", "az": "AZ", "arn": "ARN", "id": "ID",
    "p95": "p95", "p99": "p99", "graviton": "Graviton", "vcpu": "vCPU", "vcpus": "vCPUs", "http": "HTTP", "tls": "TLS",
}  # fmt: skip
"""Parts of names that are not lower-case words, beside those of services."""


def page_of(head: dict[str, Any]) -> Page:
    """The page of a run that findings are added to, from ranking.json's content; it shows them in full as far as there is room."""
    body = _environment().get_template("finding.html.j2").module.body  # type: ignore[attr-defined]  # a macro

    limits = Snapshot.read(head["checks"]) if head.get("checks") else None
    known: dict[str, Check[Resource]] = {}

    def thresholds(found: Mapping[str, Any]) -> list[str]:
        """Each threshold of the check, as it was in this run, and what was compared with it."""
        check_id = found["check_id"]
        if limits is None:
            return []
        if check_id not in known:
            known.update({check.id: check for check in load(found["resource_type"])[1]})
        return [compared(one) for one in comparisons(known[check_id], found, limits)] if check_id in known else []

    return Page(head, Details(lambda found: str(body(found, head["run"], thresholds(found)))))


def html(page: Page) -> Iterator[bytes]:
    """The whole page in UTF-8, of at most `MOST_CHARS` as far as the details of findings go: what is not in it is in report.json.

    Piece by piece, because one text of all of it has two bytes for each character and would be copied at every step.
    """
    head = page.head
    script = "\n".join((FOLDER / "browser" / name).read_text(encoding="utf-8") for name in SCRIPTS)
    frame = (
        _environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            head=head,
            run=head["run"],
            coverage=head["coverage"],
            totals=head["totals"],
            warnings=head["warnings"],
            places=Place,
            counts=counts,
            shown=SHOWN,
            chunk=CHUNK,
            style=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),  # noqa: S704  # our own file
            script=Markup(script),  # noqa: S704  # our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    before, _, behind = frame.rpartition(DATA)
    index = packed(page.index.content(head["run"].get("account_names", {})))
    yield before.encode("utf-8", "replace")
    yield INDEX.format(index).encode("ascii")
    for chunk in page.details.chunks(MOST_CHARS - len(frame) - len(index)) if page.details else ():
        yield DETAILS.format(chunk).encode("ascii")
    yield behind.encode("utf-8", "replace")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, finalize=_visible, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        usd=usd,
        percent=percent,
        day=day,
        moment=moment,
        duration=duration,
        value=value,
        words=words,
        rate=rate,
        sentence=sentence,
        service=service,
        console=console,
        suppressing=suppressing,
        in_hash=lambda text: quote(in_sentence(text, NAME_CHARS), safe=""),
        commands=commands,
        plural=plural,
        whole=whole,
        change=change,
        about=about,
        quantity=quantity,
        left_out=left_out,
        in_words=in_words,
        money=money,
        sign=sign,
        unit_price=own_rates.unit_price,
        discount=own_rates.discount_in_words,
        explains=own_rates.explains,
        why=own_rates.why,
        parts=own_rates.parts,
        priced_lines=own_rates.priced_lines,
        last_day=export.last_day,
    )
    environment.globals["digits"] = SHORT_DIGITS
    return environment


def _visible(shown: Any) -> Any:
    """What a template shows of others' texts; what is HTML already was made of such."""
    return on_page(shown) if isinstance(shown, str) and not isinstance(shown, Markup) else shown


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
"""As evidence has it."""
KEPT_FOR = timedelta(days=90)
QUOTED = re.compile(r"`([^`]+)`")


def commands(text: str) -> Markup:
    """A sentence in which what stands in backticks is code."""
    return Markup(QUOTED.sub(r"<code>\1</code>", str(escape(_visible(text)))))  # noqa: S704  # what came from outside is escaped


def change(now: float, before: float | None) -> str:
    """+42 %, −5 %, ×12 from ten times on; "new" where there was nothing, and nothing where there still is none or nobody knows."""
    if before is None:
        return ""
    if before <= NOTHING:
        return "new" if now > NOTHING else ""
    if now / before >= 10:
        return f"×{now / before:,.0f}"
    more = round(100 * (now / before - 1))
    return f"{'+' if more > 0 else '−' if more < 0 else '±'}{abs(more)} %"


def quantity(amount: float) -> str:
    """Whole from a hundred on, four digits below: 2,210, 402, 0.0123."""
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.4g}"


def day(iso: str | None) -> str:
    """2026-11-24, or nothing."""
    return datetime.fromisoformat(iso).date().isoformat() if iso else ""


def suppressing(finding_id: str, as_of: str) -> str:
    """The command that keeps a finding out of the sums for a quarter from then on; the reason is for a person to say."""
    return command_for(finding_id, (datetime.fromisoformat(as_of) + KEPT_FOR).date())


def moment(iso: str) -> str:
    """2026-11-24 16:04 UTC."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """42 s, 3 min 5 s."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def value(evidence: Any) -> str:
    """A number as compared, a truth as a word, a moment as a person reads it."""
    if isinstance(evidence, bool):
        return "yes" if evidence else "no"
    if evidence is None:
        return "unknown"
    if isinstance(evidence, int | float):
        return f"{evidence:,.10g}"
    text = str(evidence)
    return moment(text) if MOMENT.fullmatch(text) else text


def words(name: str) -> str:
    """A name as words: size_gib is size GiB, VeryLow is very low, MigrateToGraviton is migrate to Graviton."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).split("_")
    spelled = {**{card.id: card.short or card.id for card in services().values()}, **SPELLED}
    return " ".join(spelled.get(part.lower(), part.lower()) for part in parts)


def rate(usd_per_unit: float) -> str:
    """A unit price, all its digits, cents at least: $0.10, $0.0000166667."""
    whole, _, cents = f"{usd_per_unit:,.10f}".partition(".")
    return f"${whole}.{cents.rstrip('0'):0<2}"


def sentence(text: str) -> str:
    """With a capital first, the rest as it is."""
    return text[:1].upper() + text[1:]


def service(resource_type: str) -> str:
    """The name of the service behind a resource type."""
    return focus.service(resource_type)[1]
