"""One sweep from "start execution" to the report on this machine: the same for the deployed analyzer and for the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from finops import terminal
from finops.ending import Ending, ExitCode
from finops.sweeping import download, printout, progress, sweep
from finops.sweeping.sweep import Target
from finops.terminal import Terminal
from functions.core.outside.text import as_json


@dataclass(slots=True, frozen=True)
class Screen:
    """Where words go: results to standard output (one JSON document if `as_json`), progress and endings to standard error."""

    as_json: bool
    output: Console
    beside: Console

    @staticmethod
    def standard(as_json: bool) -> Screen:
        """This process's own: see `terminal.standard`."""
        return Screen(as_json, terminal.standard(), Terminal(stderr=True))

    @property
    def person(self) -> bool:
        """Whether somebody is looking."""
        return self.output.is_terminal and self.beside.is_terminal and not self.as_json

    @contextmanager
    def following(self) -> Iterator[progress.Observer]:
        """Shows a sweep while it runs; live only where a person is looking."""
        with progress.live(self.beside) if self.person else progress.plain(self.beside.file) as observe:
            yield observe

    def note(self, line: str) -> None:
        """One line beside the results."""
        progress.note(line, self.beside.file)

    def document(self, content: Mapping[str, Any]) -> None:
        """The one JSON document."""
        self.output.file.write(as_json(content, indent=2) + "\n")
        self.output.file.flush()


@dataclass(slots=True)
class Result:
    """A sweep that has a report: in `folder`, in short in `summary` (summary.json).

    `ending` is None when all is well, else what is wrong all the same (too little coverage).
    """

    execution: sweep.Execution
    seconds: float
    folder: Path
    summary: Mapping[str, Any]
    ending: Ending | None = None

    def document(self) -> dict[str, Any]:
        """For machines: what the terminal shows, by names."""
        return {
            "exit_code": int(self.ending.code if self.ending else ExitCode.DONE),
            "error": str(self.ending) if self.ending else None,
            "run_id": self.execution.run_id,
            "execution_arn": self.execution.arn,
            "seconds": round(self.seconds, 3),
            **{name: self.summary[name] for name in ("coverage", "totals", "advice", "largest", "not_seen", "warnings")},
            **{name: self.summary.get(name) for name in ("bill", "sweep_cost")},
            "report": {name.rpartition(".")[2]: str(self.folder / name) for name in download.FILES},
        }


def run(
    target: Target,
    given: Mapping[str, Any],
    out: Path,
    screen: Screen,
    *,
    start: Callable[[Target, Mapping[str, Any]], sweep.Execution] = sweep.start,
    follow: Callable[[Target, sweep.Execution, progress.Observer], sweep.Ended] = sweep.follow,
) -> Result:
    """Start, follow, download. Ending when there is no report in the end, or when Ctrl-C is pressed."""
    execution = start(target, given)
    try:
        with screen.following() as observe:
            ended = follow(target, execution, observe)
    except KeyboardInterrupt:
        raise Ending(ExitCode.INTERRUPTED, f"interrupted. {sweep.interrupted(target, execution)}") from None
    ending = sweep.failure(ended, execution, target)
    if ending and ending.code is not ExitCode.COVERAGE_TOO_LOW:
        raise ending
    folder = download.fetch(target.folder(execution.run_id), out)
    summary = download.read_summary(target.folder(execution.run_id))
    return Result(execution, ended.seconds, folder, summary, ending)


def finish(result: Result, screen: Screen, extra: Mapping[str, Any] | None = None) -> ExitCode:
    """Put the result on the screen, `extra` keys into the JSON document, and say the exit code and, when it is not 0, why."""
    if screen.as_json:
        screen.document({**result.document(), **(extra or {})})
    else:
        with download.as_aggregate_wrote_it(result.execution.run_id):
            printout.show(screen.output, result.summary, result.folder, result.seconds)
    if result.ending is None:
        return ExitCode.DONE
    screen.note(f"finops: {result.ending}")
    return result.ending.code


def announce(ending: Ending, screen: Screen) -> ExitCode:
    """Say an ending without a result: one line, and the document that a machine waits for."""
    screen.note(f"finops: {ending}")
    if screen.as_json:
        screen.document({"exit_code": int(ending.code), "error": str(ending)})
    return ending.code
