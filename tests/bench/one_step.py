"""Plan, Rank, Aggregate, or the bare reading of all units, alone in this process: `python -m tests.bench.one_step rank .cache/bench-1000`.

The handler is called as Lambda does; S3 and DynamoDB are `folder_s3`, the organization that Plan asks `folder_aws`. The last line is
JSON: wall and CPU seconds, the largest resident set and temporary disk in MiB, and the requests that were made. `--digest` adds what was
written, as hashes, for comparing two versions of the code; `--profile FILE` writes a cProfile of the main thread. `--at-list` takes the
account's own rates out of the bill of the folder before: what Rank costs without them.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import hashlib
import json
import os
import resource
import shutil
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from finops.sweeping.estimate_model import Scope
from functions.core import registry
from functions.core.aws.sessions import own_client
from functions.core.meter import invocations
from functions.core.store import ledger
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder
from functions.core.store.streams import gzip_lines
from tests.bench import big_bill, big_run
from tests.bench.folder_aws import FolderAws
from tests.bench.folder_s3 import LATENCY_SECONDS, FolderS3
from tests.functions.sweeps import ENVIRONMENT, Context

RANK_SAID = "rank.json"
"""What Rank returned, kept in the folder for Aggregate."""
SECONDS = 60.0
"""What the meter says of every invocation, and the clock at the end: then two runs write the same bytes."""


class _Stopped(datetime):
    """A clock that stands a minute after the sweep was started."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Stopped:
        return cls.fromtimestamp(big_run.STARTED.timestamp() + SECONDS, tz)


class Disk:
    """The largest sum of temporary files: looked at twice a second, because they have no name that a folder would show."""

    def __init__(self) -> None:
        self.most = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Disk:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self.most = max(self.most, sum(_deleted()))


def _deleted() -> Iterator[int]:
    """Bytes on the disk of each open file that has no name any more."""
    for opened in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed since
            seen = opened.stat()
            if not seen.st_nlink:
                yield seen.st_blocks * 512


def peak_rss() -> float:
    """MiB. VmHWM is of this program alone; what getrusage says begins with the size of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def run(step: str, root: Path, latency: float) -> dict[str, Any]:
    """Call the handler once."""
    os.environ.update(ENVIRONMENT | {"LOG_LEVEL": "WARNING", "ENABLE_CLOUDWATCH_METRICS": "false"})
    return {"plan": _plan, "read": _read}[step](root, latency) if step in ("plan", "read") else _report(step, root, latency)


def _plan(root: Path, latency: float) -> dict[str, Any]:
    """A whole organization of so many accounts that there are UNITS_OF_ALL units."""
    from functions import plan  # the environment must be there

    accounts = round(big_run.UNITS_OF_ALL / Scope(1, big_run.REGIONS, registry.resource_types(), 0).units)
    ids = [ENVIRONMENT["AWS_ACCOUNT_ID"], *(big_bill.account_id(number) for number in range(accounts - 1))]
    answers = FolderAws(root, ids, big_bill.REGION_NAMES, latency)
    answers.attach()
    started = {"id": "arn:execution:at-size", "name": "at-size", "started": big_run.STARTED.isoformat()}
    said = plan.handler({"input": {"accounts": {"organization": {}}}, "execution": started}, LambdaContext("plan"))
    return {"units": said["units"], "accounts": said["accounts"], "concurrency": said["concurrency"], "requests": answers.requests}


def _read(root: Path, latency: float) -> dict[str, Any]:
    """What Rank and Aggregate cannot do without: every unit's object fetched, unpacked and parsed once."""
    answers = FolderS3(root, latency)
    answers.attach()
    plan = json.loads((root / "plan.json").read_text(encoding="utf-8"))
    lines = 0
    for entry in ledger.entries(RunFolder(Bucket(own_client("s3"), plan["bucket"]), plan["run_id"]), {}):
        if entry.body:
            with entry.body as body, contextlib.suppress(EOFError):  # some objects break off, on purpose
                for line in gzip_lines(body):
                    json.loads(line)
                    lines += 1
    return {"lines": lines, "requests": answers.requests}


def _report(step: str, root: Path, latency: float) -> dict[str, Any]:
    from functions import aggregate, rank  # the environment must be there

    aggregate.datetime = _Stopped  # type: ignore[attr-defined]
    invocations.Spent.seconds = SECONDS  # type: ignore[assignment]
    answers = FolderS3(root, latency)
    answers.attach()
    plan = json.loads((root / "plan.json").read_text(encoding="utf-8"))
    event: dict[str, Any] = {"plan": plan}
    if step == "rank":
        shutil.rmtree(root / big_run.KEYS.meters, ignore_errors=True)  # what an earlier measurement took
        said = rank.handler(event | {"cost": {"status": "ok", "reason": ""}}, LambdaContext(step))
        (root / RANK_SAID).write_text(json.dumps(said), encoding="utf-8")
    else:
        said = aggregate.handler(event | {"rank": json.loads((root / RANK_SAID).read_text(encoding="utf-8"))}, LambdaContext(step))
    assert said["run_id"] == big_run.RUN_ID
    return {"findings": said["findings"], "requests": answers.requests}


class LambdaContext(Context):
    """With all the time that there is."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def forget_rates(root: Path) -> None:
    """Leave the bill of the run without the account's own rates: then every finding keeps its list prices."""
    kept = root / big_run.KEYS.bill
    kept.write_text(json.dumps({key: value for key, value in json.loads(kept.read_text(encoding="utf-8")).items() if key != "rates"}))


def digests(root: Path, run_id: str) -> dict[str, str]:
    """What lies in the bucket of a run, as hashes by name."""
    found = {}
    for path in (
        sorted((root / "runs" / run_id).glob("*")) + sorted((root / "history").glob(f"{run_id}*")) + sorted(root.glob("findings/**/*.gz"))
    ):
        if path.is_file():
            found[path.name] = digest(path)
    return found


def digest(path: Path) -> str:
    """Of the content of one file: what is gzipped is unpacked."""
    made = hashlib.blake2b(digest_size=8)
    for block in _content(path):
        made.update(block)
    return made.hexdigest()


def _content(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if path.suffix != ".gz":
            yield from iter(lambda: file.read(1 << 20), b"")
            return
        unzip = zlib.decompressobj(31)
        while block := file.read(1 << 20):
            while block:  # there may be several members
                yield unzip.decompress(block)
                block = unzip.unused_data
                if unzip.eof:
                    unzip = zlib.decompressobj(31)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("plan", "read", "rank", "aggregate"))
    parser.add_argument("root", type=Path)
    parser.add_argument("--latency", type=float, default=LATENCY_SECONDS)
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--at-list", action="store_true")
    asked = parser.parse_args()
    tempfile.tempdir = str(asked.root)  # the same disk for every measurement
    os.environ["SQLITE_TMPDIR"] = str(asked.root)
    if asked.at_list:
        forget_rates(asked.root)
    profile = cProfile.Profile() if asked.profile else contextlib.nullcontext()
    began = time.monotonic()
    with Disk() as disk, profile:
        answer = run(asked.step, asked.root, asked.latency)
    wall, usage = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime
    answer |= {"wall": wall, "cpu": cpu, "rss_mib": peak_rss(), "disk_mib": disk.most / 2**20}
    if isinstance(profile, cProfile.Profile):
        profile.dump_stats(asked.profile)
    if asked.digest:
        answer["digests"] = digests(asked.root, big_run.RUN_ID)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
