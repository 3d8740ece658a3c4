"""config/suppressions.toml of a deployed analyzer, read to be changed: what somebody else writes meanwhile is never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.prompt import Confirm

from finops.ending import Ending, ExitCode, aws_mistakes
from finops.sweeping.run import Screen
from finops.sweeping.sweep import Target
from functions.core.errors import InvalidInput
from functions.core.rank.suppressions import KEY, Suppression, known
from functions.core.rank.suppressions.file_text import entries_of
from functions.core.store.bucket import Bucket, ChangedObject

CONTENT_TYPE = "application/toml"


@dataclass(slots=True, frozen=True)
class DeployedFile:
    """The file as it was read. `content` is None and `etag` empty where there is none yet."""

    bucket: Bucket
    content: bytes | None
    etag: str

    @staticmethod
    def read(target: Target, *, may_list: bool = True) -> DeployedFile:
        """Ending (failed) when it cannot be read. `may_list`: as in store/bucket.py; without, a file that may not be read is none, and is
        not overwritten either."""
        bucket = Bucket(target.s3, target.bucket)
        with aws_mistakes(f"{KEY} cannot be read", ExitCode.FAILED):
            return DeployedFile(bucket, *bucket.read_tagged(KEY, may_list=may_list))

    def entries(self) -> list[Suppression]:
        """Ending (bad input) when the file is wrong."""
        return self.checked(self.content)

    def checked(self, content: bytes | None, regions: Iterable[str] | None = None) -> list[Suppression]:
        """The entries of what the file has, or is to have. `regions`: those of a sweep, to look whether it takes the places in it too.

        Ending (bad input) when not.
        """
        try:
            entries = entries_of(content)
            return entries if regions is None else known(entries, regions)
        except InvalidInput as wrong:
            raise Ending(ExitCode.BAD_INPUT, f"{wrong}; `finops suppressions check` shows it") from None

    def write(self, content: bytes) -> None:
        """Replace the file. Ending (failed) when it is another one by now, or may not be written."""
        with aws_mistakes(f"{KEY} cannot be written", ExitCode.FAILED):
            try:
                self.bucket.replace(KEY, content, CONTENT_TYPE, self.etag)
            except ChangedObject:
                changed = "was changed by somebody else meanwhile" if self.etag else "is there by now, or may not be read"
                raise Ending(ExitCode.FAILED, f"{KEY} {changed}: nothing was written, repeat the command") from None


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless it is allowed already. Ending (bad input) without a yes."""
    if yes:
        return
    screen = Screen.standard(False)
    if not screen.person:
        raise Ending(ExitCode.BAD_INPUT, "nobody is there to be asked: nothing was written; --yes allows it")
    if not Confirm.ask(question, console=screen.beside, default=False):
        raise Ending(ExitCode.BAD_INPUT, "not confirmed: nothing was written")
