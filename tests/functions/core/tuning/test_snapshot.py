"""What a run compared with, as its folder keeps it: also after an update with other defaults, and of another sweep's file."""

from __future__ import annotations

import json
from dataclasses import replace

from functions.core import registry
from functions.core.limits import InForce
from functions.core.tuning.rule import Rule
from functions.core.tuning.snapshot import Snapshot

IDLE = next(check for check in registry.checks() if check.id == "ec2-idle-instance")
DEV = Rule(check_id=IDLE.id, where="f: check 1", tag="env=dev", thresholds={"max_cpu_percent": 3.0})
OFF = Rule(check_id=IDLE.id, where="f: check 2", account="111122223333", enabled=False)


def kept() -> Snapshot:
    made = Snapshot({f"{IDLE.id}.max_network_mb_per_day": 9.0}, 30, [DEV, OFF])
    return Snapshot.read(json.loads(json.dumps(made.as_json())))


def test_it_says_what_was_in_force_and_where_that_was_said() -> None:
    assert kept().in_force(IDLE, "222233334444", {"env": "dev"}) == {
        "window_days": InForce(30, 14, "analysis_period_days of the sweep"),
        "max_cpu_percent": InForce(3, 5, "f: check 1"),
        "max_network_mb_per_day": InForce(9, 5, "setting thresholds"),
        "min_datapoints": InForce(0.9, 0.9),
    }
    assert kept().in_force(IDLE)["max_cpu_percent"] == InForce(5, 5)


def test_it_says_for_whom_a_check_was_off_and_what_is_said_of_others() -> None:
    assert (kept().disabled_by(IDLE.id, "111122223333"), kept().disabled_by(IDLE.id)) == (OFF, None)
    assert kept().elsewhere(IDLE.id) == [DEV, OFF]
    assert kept().elsewhere("ebs-idle-volume") == []


def test_the_defaults_are_those_of_the_version_that_scanned() -> None:
    of_then = replace(kept(), rules=[], window_days=None, defaults={f"{IDLE.id}.max_cpu_percent": 2.0})
    assert of_then.in_force(IDLE)["max_cpu_percent"] == InForce(2, 2)
    assert of_then.in_force(IDLE)["window_days"] == InForce(14, 14)
