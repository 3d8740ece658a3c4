"""Has the CDK a place for its assets in this account and region? `cdk bootstrap` makes one, under a qualifier that tells it from others.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from botocore.exceptions import ClientError

from cdk_app.settings.settings import InvalidContext
from finops.readiness.points import Point, asked, looked, missing, ok

WHAT = "CDK"
CONTEXT_KEY = "@aws-cdk/core:bootstrapQualifier"
"""In cdk.json's context, or as `-c`; what the CDK itself goes by. https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"""
DEFAULT = "hnb659fds"
FORM = re.compile(r"[A-Za-z0-9_-]{1,10}")
TOOLKIT = "CDKToolkit"


def qualifier(context: Mapping[str, Any]) -> str:
    """Of the bootstrap to deploy with. InvalidContext when it is none."""
    chosen = context.get(CONTEXT_KEY, DEFAULT)
    if not isinstance(chosen, str) or not FORM.fullmatch(chosen):
        raise InvalidContext(f'context "{CONTEXT_KEY}": must be 1 to 10 letters, digits, "_" or "-" (got {chosen!r})')
    return chosen


def given_context(more: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What cdk's command line puts over the context of cdk.json: each `-c key=value`, `--context key=value` or `--context=key=value`."""
    for word, following in pairwise([*more, ""]):
        text = following if word in ("-c", "--context") else word.removeprefix("--context=") if word.startswith("--context=") else ""
        key, equals, value = text.partition("=")
        if equals:
            yield key, value


def toolkit(qualifier: str, more: Sequence[str]) -> list[str]:
    """How `cdk bootstrap` has to be told the stack: the usual one would lose the usual qualifier, which others deploy with."""
    named = any(word.startswith("--toolkit-stack-name") for word in more)
    return [] if qualifier == DEFAULT or named else ["--toolkit-stack-name", f"{TOOLKIT}-{qualifier.replace('_', '-')}"]


def parameter(qualifier: str) -> str:
    """Where `cdk bootstrap` writes its version. https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html"""
    return f"/cdk-bootstrap/{qualifier}/version"


def point(session: Any, account: str, region: str, qualifier: str) -> Point:
    """`session`: of boto3. Who may not look may deploy all the same: cdk has roles for it."""
    own = "" if qualifier == DEFAULT else f" with the qualifier {qualifier}"

    def look() -> Point:
        try:
            asked(session.client("ssm"), "ssm", "get_parameter", Name=parameter(qualifier))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
            return missing(WHAT, f"{account} in {region} is not bootstrapped yet{own}", "make deploy ARGS=--bootstrap")
        return ok(WHAT, f"{account} in {region} is bootstrapped{own}")

    return looked(WHAT, look)
