"""The steps of a command: what they are, and how they are put together.

They are for bash and zsh, a line each, and none is taken when the one before it failed; functions/core/scan/commands.py puts one in front
that asks for the account. What a later step needs is looked at before anything is stopped or deleted, and what a deletion would lose is
kept first where AWS can keep it. A word in capitals (TARGET, BUCKET) is for the reader to fill in, and AWS refuses it as it stands. There
are no comments: zsh takes none from what is pasted.
"""

from __future__ import annotations

from collections.abc import Sequence

AND = " &&\n"
"""What joins two steps: the second is not taken when the first failed."""


def steps(command: str | Sequence[str]) -> str:
    """One step or several as one text, a line each."""
    return command if isinstance(command, str) else AND.join(command)


def still(question: str, answer: str) -> str:
    """A step that goes on only where AWS's answer is still what it was for the sweep; no answer is another one."""
    return f'test "$({question} --output text)" = {answer}'


def would(step: str) -> str:
    """A step that asks AWS whether it would take `step`, and changes nothing.

    A dry run never "succeeds": what AWS would do ends with the error DryRunOperation. Any error is shown.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
    """
    return f"{step} --dry-run 2>&1 | tee /dev/stderr | grep -q DryRunOperation"
