"""Fast snapshot restore in the embedded AWS, which ministack 1.5.33 lacks; put in place by `finops/embedded/ministack_server.py`.

Enabled at once, and kept with the snapshot: it goes when that is deleted, and stays over a restart.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFastSnapshotRestores.html
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2

KEPT = "FastRestores"
"""Of a snapshot's record: zone → since when."""


def enable(parameters: Any) -> Any:
    """EnableFastSnapshotRestores; InvalidSnapshot.NotFound for a snapshot that is not there."""
    names, zones = (ec2._parse_member_list(parameters, member) for member in ("SourceSnapshotId", "AvailabilityZone"))
    if missing := [name for name in names if name not in ec2._snapshots]:
        return ec2._error("InvalidSnapshot.NotFound", f"The snapshot '{missing[0]}' does not exist.", 400)
    kept = {name: ec2._snapshots[name].setdefault(KEPT, {}) for name in names}
    done = [_item(name, zone, since.setdefault(zone, ec2._now_ts())) for name, since in kept.items() for zone in zones]
    return ec2._xml(200, "EnableFastSnapshotRestoresResponse", f"<successful>{''.join(done)}</successful><unsuccessful/>")


def describe(parameters: Any) -> Any:
    """DescribeFastSnapshotRestores, all on one page; of the filters only `state`."""
    states = ec2._parse_filters(parameters).get("state", ["enabled"])
    enabled = [
        _item(name, zone, since)
        for name, snapshot in ec2._snapshots.items()
        for zone, since in snapshot.get(KEPT, {}).items()
        if "enabled" in states
    ]
    return ec2._xml(200, "DescribeFastSnapshotRestoresResponse", f"<fastSnapshotRestoreSet>{''.join(enabled)}</fastSnapshotRestoreSet>")


def _item(snapshot: str, zone: str, since: str) -> str:
    return (
        f"<item><snapshotId>{snapshot}</snapshotId><availabilityZone>{zone}</availabilityZone><state>enabled</state>"
        f"<ownerId>{get_account_id()}</ownerId><enabledTime>{since}</enabledTime></item>"
    )


def put_right() -> None:
    """Add ours to what ministack answers."""
    ec2._ACTION_MAP["EnableFastSnapshotRestores"] = enable
    ec2._ACTION_MAP["DescribeFastSnapshotRestores"] = describe
