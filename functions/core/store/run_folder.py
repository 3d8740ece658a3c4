"""The folder of a run in the bucket, runs/<run_id>/: which key each thing has. Keys are deterministic: a retry overwrites."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from functions.core.model import Unit, UnitOutcome
from functions.core.outside import text
from functions.core.store.bucket import Bucket
from functions.core.store.unit_objects import OUTCOME, UNIT

RUNS = "runs/"
UNSEEN = ".unseen"
UNIT_SUFFIX = ".jsonl.gz"


@dataclass(slots=True, frozen=True)
class RunFolder:
    """One run in `bucket`. Attributes and methods named after a thing are its key; those with a verb read."""

    bucket: Bucket
    run_id: str

    def __post_init__(self) -> None:
        """ValueError where the id could lead elsewhere: whoever has one from outside asks `run_ids.is_one` first."""
        text.path_part(self.run_id)

    def file(self, name: str) -> str:
        """Anything by its name: report.html, report.json, report.csv."""
        return f"{RUNS}{self.run_id}/{name}"

    @property
    def scope(self) -> str:
        """What the sweep looks at: {"accounts", "regions", "resource_types"}, each a list; in "asked" the same as it was asked for; and
        "account_names" by id, where Organizations told them.

        It may be too long to travel in the state.
        """
        return self.file("scope.json")

    @property
    def checks(self) -> str:
        """What the run's checks compare with: the defaults, the setting, the days asked for and config/checks.toml, as they were when it
        was planned. See tuning/snapshot.py."""
        return self.file("checks.json")

    @property
    def plan(self) -> str:
        """One planned unit a line."""
        return self.file("plan.jsonl")

    @property
    def skipped(self) -> str:
        """One planned unit a line that is not scanned on purpose, with the reason; there only when there are such units."""
        return self.file("skipped.jsonl")

    @property
    def unknown(self) -> str:
        """One unit a line that could not be planned, because its account's regions could not be asked, with a bad outcome and the reason;
        there only when there are such accounts."""
        return self.file("unknown.jsonl")

    @property
    def planned(self) -> str:
        """What Plan returned. Written last, so where it is the plan is whole."""
        return self.file("planned.json")

    def resume(self, execution: str) -> str:
        """One unit a line that one resumption scans. `execution`: which, in a few hex digits; two at a time do each other no harm."""
        return self.file(f"resume-{execution}.jsonl")

    @property
    def units(self) -> str:
        """A prefix: under it lies one object for each unit that was scanned."""
        return self.file("units/")

    def unit(self, unit_id: str, *, good: bool = True) -> str:
        """The outcome and the findings of one unit.

        One that did not end well has a key of its own: so a listing tells what a resumption has to scan, and what has been seen once is
        not overwritten by a later scan, or one that was thought dead, that saw less.
        """
        return f"{self.units}{text.path_part(unit_id)}{'' if good else UNSEEN}{UNIT_SUFFIX}"

    @property
    def bill(self) -> str:
        """What the bill says, see costs/bill.py."""
        return self.file("bill.json")

    @property
    def ranking(self) -> str:
        """What Rank says of the run as a whole, see rank/ranking.py; beside it the three lists that follow."""
        return self.file("ranking.json")

    @property
    def ranked(self) -> str:
        """Every finding, best first, one a line, gzipped."""
        return self.file("ranked.jsonl.gz")

    @property
    def resolved(self) -> str:
        """What was found before and is gone, one finding a line, gzipped."""
        return self.file("resolved.jsonl.gz")

    @property
    def not_seen(self) -> str:
        """The units that did not end well, one a line, gzipped."""
        return self.file("not-seen.jsonl.gz")

    @property
    def groups(self) -> str:
        """One line for each group that is to be analysed: `group_id` and `facts_key`. The items of the state machine's map."""
        return self.file("groups.jsonl")

    def facts(self, group_id: str) -> str:
        """What is known of one group, see advice/facts.py."""
        return self.file(f"groups/{text.path_part(group_id)}.json")

    @property
    def answers(self) -> str:
        """A prefix: under it lies one object for each group that a model was asked about and answered."""
        return self.file("advice/")

    def answer(self, group_id: str) -> str:
        """What a model answered about one group, see advice/answers.py."""
        return f"{self.answers}{text.path_part(group_id)}.json"

    @property
    def meters(self) -> str:
        """A prefix: under it lies what each invocation took that is no scan (a scan's unit object says it), see meter/invocations.py."""
        return self.file("meter/")

    def meter(self, name: str) -> str:
        """What one invocation took; `name` is the step's and the request's id: a second attempt takes something too."""
        return f"{self.meters}{name}.json"

    @property
    def summary(self) -> str:
        """The report in a few kilobytes, see report/summary.py."""
        return self.file("summary.json")

    @property
    def notified(self) -> str:
        """That the digest was mailed."""
        return self.file("notified.json")

    def rows(self, run_date: str, part: int = 0, table: str = "findings") -> str:
        """A part of the SQL dataset, outside of the folder: partitioned as Athena's partition projection wants it, see rank/dataset.py."""
        return f"{table}/run_date={run_date}/run_id={self.run_id}/part-{part:05}.jsonl.gz"

    def read_plan(self) -> Iterator[Unit]:
        """The planned units, line by line."""
        return map(UNIT.validate_json, self.bucket.lines(self.plan))

    def read_outcomes(self, key: str) -> Iterator[UnitOutcome]:
        """The outcomes that Plan itself wrote under `skipped` or `unknown`, line by line; nothing where there are none."""
        if key in self.bucket.keys(key):
            with self.bucket.download(key) as lines:
                yield from map(OUTCOME.validate_json, lines)

    def list_units(self) -> dict[str, bool]:
        """Unit id → whether it ended well, of those that have an object; the good one where there are two. `unit` makes the key of it."""
        found: dict[str, bool] = {}
        for key in self.bucket.keys(self.units):
            found.setdefault(unit_id_of(key), is_good(key))  # "….jsonl.gz" is listed before "….unseen.jsonl.gz"
        return found


def asked_id(asked: Mapping[str, Sequence[str]], digits: int) -> str:
    """What was asked to be looked at ("asked" in scope.json) in hex digits; the order in which it names things is of no matter."""
    words = json.dumps({name: sorted(values) for name, values in asked.items()}, sort_keys=True)
    return hashlib.blake2b(words.encode(), digest_size=digits // 2).hexdigest()


def unit_id_of(key: str) -> str:
    """The unit id in a unit object's key."""
    return key.rsplit("/", 1)[-1].removesuffix(UNIT_SUFFIX).removesuffix(UNSEEN)


def is_good(key: str) -> bool:
    """Whether the key is that of a unit that ended well."""
    return not key.endswith(f"{UNSEEN}{UNIT_SUFFIX}")
