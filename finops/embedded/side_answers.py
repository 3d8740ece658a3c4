"""Answers of our own for operations that ministack lacks, in front of moto in the side server.

- ec2:DescribeInstanceTypeOfferings: what AWS's zones offer, as moto has recorded it. moto's own answer costs 180 MB and five seconds.
- ec2:DescribeFastSnapshotRestores, Enable…, Disable…: what was enabled here.
- rds:DescribeDBMajorEngineVersions: the calendar of functions/scanners/rds/extended_support.py.
- logs:DescribeAccountPolicies: none.
- Any request of EC2 with DryRun: that it would have succeeded. moto would make the whole answer.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from functions.scanners.rds.extended_support import CALENDAR, EXTENDED

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
Parameters = Mapping[str, str]
SCOPE = re.compile(r"Credential=\w+/\d+/([\w-]+)/(\w+)/")
EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
RDS = "http://rds.amazonaws.com/doc/2014-10-31/"
STANDARD = "open-source-rds-standard-support"
TYPES = {"availability-zone", "availability-zone-id", "region"}
DRY_RUN = (
    "<Response><Errors><Error><Code>DryRunOperation</Code><Message>Request would have succeeded, but DryRun flag is set.</Message></Error>"
    "</Errors><RequestID>none</RequestID></Response>"
)
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
IN_JSON: Mapping[str, Mapping[str, Any]] = {"DescribeAccountPolicies": {"accountPolicies": []}}
"""Operation of the JSON protocol → its answer, whoever asks."""


class SideAnswers:
    """A WSGI application that answers these operations, and hands all other requests on. Safe for threads.

    The caller's account is in the environment, where `finops/embedded/side_server.py` puts it.
    """

    def __init__(self, application: Wsgi) -> None:
        self.application = application
        self.restored: dict[tuple[str, str, str, str], str] = {}
        """Account, region, snapshot and zone of each fast snapshot restore that is enabled; since when."""
        self.lock = threading.Lock()
        self.answers: Mapping[str, Callable[[str, str, Parameters], str]] = {
            "DescribeInstanceTypeOfferings": self.offerings,
            "DescribeFastSnapshotRestores": self.restores,
            "EnableFastSnapshotRestores": self.enable,
            "DisableFastSnapshotRestores": self.disable,
            "DescribeDBMajorEngineVersions": self.major_versions,
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        if (named := environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]) in IN_JSON:
            start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
            return [json.dumps(IN_JSON[named]).encode()]
        parameters = dict(parse_qsl(body.decode("utf-8", "replace")))
        action, scope = parameters.get("Action", ""), SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope and scope[2] == "ec2" and parameters.get("DryRun") == "true":
            start_response("412 Precondition Failed", [("Content-Type", "text/xml")])
            return [DRY_RUN.encode()]
        if action not in self.answers or scope is None:
            return self.application(environ, start_response)
        inside = self.answers[action](environ.get("HTTP_X_MOTO_ACCOUNT_ID", ""), scope[1], parameters)
        if scope[2] == "rds":
            text = f'<{action}Response xmlns="{RDS}"><{action}Result>{inside}</{action}Result></{action}Response>'
        else:
            text = f'<{action}Response xmlns="{EC2}"><requestId>none</requestId>{inside}</{action}Response>'
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [text.encode()]

    def offerings(self, account: str, region: str, parameters: Parameters) -> str:
        """All of a region in one page. Filters: location and instance-type."""
        kind = parameters.get("LocationType", "region")
        wanted = filters(parameters)
        items = (
            f"<item><instanceType>{one['InstanceType']}</instanceType><locationType>{kind}</locationType>"
            f"<location>{one['Location']}</location></item>"
            for one in recorded(kind, region)
            if matches(wanted, {"location": one["Location"], "instance-type": one["InstanceType"]})
        )
        return f"<instanceTypeOfferingSet>{''.join(items)}</instanceTypeOfferingSet>"

    def restores(self, account: str, region: str, parameters: Parameters) -> str:
        """What is enabled of the account in the region. Filters: snapshot-id, availability-zone and state."""
        wanted = filters(parameters)
        with self.lock:
            mine = sorted((*one[2:], since) for one, since in self.restored.items() if one[:2] == (account, region))
        items = (
            restore(account, snapshot, zone, since)
            for snapshot, zone, since in mine
            if matches(wanted, {"snapshot-id": snapshot, "availability-zone": zone, "state": "enabled"})
        )
        return f"<fastSnapshotRestoreSet>{''.join(items)}</fastSnapshotRestoreSet>"

    def enable(self, account: str, region: str, parameters: Parameters) -> str:
        """Enabled at once; what is enabled already stays as it is."""
        pairs, now = list(of_request(parameters)), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with self.lock:
            since = {pair: self.restored.setdefault((account, region, *pair), now) for pair in pairs}
        return f"<successful>{''.join(restore(account, *pair, since[pair]) for pair in pairs)}</successful><unsuccessful/>"

    def disable(self, account: str, region: str, parameters: Parameters) -> str:
        """Gone at once."""
        pairs = list(of_request(parameters))
        with self.lock:
            since = {pair: self.restored.pop((account, region, *pair), "") for pair in pairs}
        items = (restore(account, *pair, since[pair], "disabled") for pair in pairs if since[pair])
        return f"<successful>{''.join(items)}</successful><unsuccessful/>"

    def major_versions(self, account: str, region: str, parameters: Parameters) -> str:
        """Every version of the calendar, or those of one engine."""
        engine = parameters.get("Engine")
        items = "".join(
            f"<DBMajorEngineVersion><Engine>{name}</Engine><MajorEngineVersion>{version}</MajorEngineVersion><SupportedEngineLifecycles>"
            + lifecycle(STANDARD, "2020-01-01", str(row.charged_from - timedelta(days=1)))
            + lifecycle(EXTENDED, str(row.charged_from), str(row.ends))
            + "</SupportedEngineLifecycles></DBMajorEngineVersion>"
            for (name, version), row in CALENDAR.items()
            if engine in (None, name)
        )
        return f"<DBMajorEngineVersions>{items}</DBMajorEngineVersions>"


def lifecycle(name: str, start: str, end: str) -> str:
    """One SupportedEngineLifecycle, from midnight to midnight UTC."""
    return (
        f"<SupportedEngineLifecycle><LifecycleSupportName>{name}</LifecycleSupportName>"
        f"<LifecycleSupportStartDate>{start}T00:00:00Z</LifecycleSupportStartDate>"
        f"<LifecycleSupportEndDate>{end}T00:00:00Z</LifecycleSupportEndDate></SupportedEngineLifecycle>"
    )


def restore(account: str, snapshot: str, zone: str, since: str, state: str = "enabled") -> str:
    """One fast snapshot restore, enabled since that moment."""
    return (
        f"<item><snapshotId>{escape(snapshot)}</snapshotId><availabilityZone>{escape(zone)}</availabilityZone>"
        f"<state>{state}</state><ownerId>{account}</ownerId><enabledTime>{since}</enabledTime></item>"
    )


def of_request(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Each snapshot with each zone."""
    for snapshot in numbered(parameters, "SourceSnapshotId."):
        for zone in numbered(parameters, "AvailabilityZone."):
            yield snapshot, zone


def numbered(parameters: Parameters, prefix: str) -> list[str]:
    """The values of a list in the query protocol."""
    return [value for name, value in parameters.items() if name.startswith(prefix)]


def filters(parameters: Parameters) -> dict[str, set[str]]:
    """Name → values of a request's filters."""
    names = {name.split(".")[1]: value for name, value in parameters.items() if re.fullmatch(r"Filter\.\d+\.Name", name)}
    return {name: set(numbered(parameters, f"Filter.{number}.Value.")) for number, name in names.items()}


def matches(wanted: Mapping[str, set[str]], has: Mapping[str, str]) -> bool:
    """Every filter allows what it has."""
    return all(has.get(name) in values for name, values in wanted.items())


@lru_cache(maxsize=8)
def recorded(kind: str, region: str) -> list[dict[str, str]]:
    """What moto carries of AWS's answer; nothing for a region that it has none of."""
    path = files("moto") / "ec2" / "resources" / "instance_type_offerings" / kind / f"{region}.json.gz"
    if kind not in TYPES or not path.is_file():
        return []
    listed: list[dict[str, str]] = json.loads(gzip.decompress(path.read_bytes()))
    return listed
