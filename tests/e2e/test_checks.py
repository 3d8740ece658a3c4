"""Checks as a thing, from the file in the bucket to the commands that explain: what it switches off and tunes is what a sweep did."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from finops import cli
from finops.embedded.aws import EmbeddedAws
from finops.ending import ExitCode
from finops.explaining import asking_again
from finops.fleet import Fleet
from finops.sweeping import deployed
from finops.sweeping.sample import target_in
from functions.core.aws.clients import Aws
from functions.core.store.bucket import Bucket
from functions.core.tuning.file import KEY
from tests.e2e.sweeping import of_types, sweep

CHECK = "ebs-unattached-volume"


@pytest.fixture
def tuned(aws: EmbeddedAws) -> Iterator[str]:
    """The account for which the check is off."""
    member = aws.accounts[1]
    bucket = Bucket(aws.client("s3"), aws.outputs["BucketName"])
    text = "[[check]]\nid = '{0}'\n[check.thresholds]\nmin_age_days = 8\n[[check]]\nid = '{0}'\nenabled = false\naccount = '{1}'\n"
    bucket.put(KEY, text.format(CHECK, member).encode(), "text/plain")
    yield member
    bucket.delete(KEY)


def test_what_the_file_says_is_what_a_sweep_did_and_what_is_explained(
    aws: EmbeddedAws, planted: Fleet, tuned: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    swept = sweep(
        aws, accounts=list(aws.accounts), regions=list(aws.regions), resource_types=["ebs:volume"], as_of=planted.as_of.isoformat()
    )
    expected = of_types(planted, "ebs:volume")
    off = {key for key in expected if key[1] == CHECK and planted.place(key[0])[0] == tuned}
    assert off
    assert swept.found == expected - off
    (warning,) = [one for one in swept.report["warnings"] if one.startswith("Disabled by ")]
    assert warning.startswith(f"Disabled by {KEY}: {CHECK}, in 1 account ({tuned}): ")
    assert swept.report["coverage"]["disabled"][CHECK]["accounts"] == 1

    monkeypatch.setattr(deployed, "find", lambda stack: target_in(aws))
    run_id = swept.report["run"]["run_id"]
    found = next(one for one in swept.report["findings"] if one["check_id"] == CHECK)
    assert cli.main(["explain", found["finding_id"][:12], "--run", run_id]) == ExitCode.DONE
    said = capsys.readouterr().out
    assert f"at least 8 ({KEY}: check 1, line 1; default 7): holds" in said
    assert found["command"].splitlines()[0] in said
    assert cli.main(["checks", CHECK, "--run", run_id, "--json"]) == ExitCode.DONE
    (one,) = json.loads(capsys.readouterr().out)["checks"]
    assert one["run"]["findings"] == swept.report["totals"]["by_check"][CHECK]["findings"]
    assert [rule["about"] for rule in one["elsewhere"]] == [f"account {tuned}"]

    monkeypatch.setattr(deployed, "own_session", lambda: aws.session(found["account"]))
    made = asking_again.account_of
    monkeypatch.setattr(asking_again, "account_of", lambda *where: _at(made(*where), planted))
    assert cli.main(["explain", found["resource_arn"], "--set", f"{CHECK}.min_age_days=5000"]) == ExitCode.DONE
    assert f"{CHECK}: silent: " in capsys.readouterr().out
    assert cli.main(["explain", found["resource_arn"], "--json"]) == ExitCode.DONE
    again = {one["check_id"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert again[CHECK]["outcome"] == "found"
    assert again[CHECK]["finding"]["finding_id"] == found["finding_id"]


def _at(made: Aws, planted: Fleet) -> Aws:
    """At the fleet's own moment."""
    made.as_of = planted.as_of
    return made
