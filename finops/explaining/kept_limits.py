"""What the checks of a run compared with, from its folder; and what a deployment from this folder would compare with."""

from __future__ import annotations

from cdk_app.settings import settings
from finops.ending import Ending, ExitCode, aws_mistakes
from functions.core.store.run_folder import RunFolder
from functions.core.tuning.snapshot import Snapshot

OLDER = "run {run} is of an earlier version, which did not keep what its checks compared with: the defaults of this one are shown"


def of_run(folder: RunFolder) -> Snapshot | None:
    """None where the run is of an earlier version, which kept nothing. Ending where it cannot be read, or is not as Plan wrote it."""
    with aws_mistakes(f"the thresholds of run {folder.run_id} cannot be read", ExitCode.FAILED):
        content = folder.bucket.read_json(folder.checks, may_list=False)
    if content is None:
        return None
    try:
        return Snapshot.read(content)
    except (LookupError, TypeError, AttributeError) as error:
        what = f"{folder.checks} is not as it was written ({type(error).__name__}: {error})"
        raise Ending(ExitCode.FAILED, f"{what}: a new sweep writes one of its own") from error


def of_this_folder() -> Snapshot:
    """With the setting `thresholds` of cdk.json. Ending (bad input) where that is wrong."""
    try:
        return Snapshot(settings.parse(settings.cdk_context().get(settings.CONTEXT_KEY)).thresholds)
    except (settings.InvalidContext, OSError) as wrong:
        raise Ending(ExitCode.BAD_INPUT, str(wrong)) from None
