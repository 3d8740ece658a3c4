"""What a setting may not be although its type is right: each takes a value, and gives it back or raises ValueError with the reason."""

from __future__ import annotations

from typing import Any

from functions.core import registry
from functions.core.errors import InvalidInput
from functions.core.outside.export_address import export_address
from functions.core.plan import request

OF_ONE_SWEEP = ("resume", "as_of")


def no_input(given: dict[str, Any]) -> dict[str, Any]:
    """Refuses what Plan would refuse, at deployment instead of at two in the morning; and what would be the same sweep again and again."""
    for key in OF_ONE_SWEEP:
        if given.get(key) is not None:
            raise ValueError(f"{key}: belongs to a single sweep, and this is the input of every one that the schedule starts")
    try:
        request.parse(given)
    except InvalidInput as wrong:
        raise ValueError(str(wrong)) from None
    return given


def no_export(uri: str) -> str:
    """Refuses what is no folder of a Data Export, in words instead of as a pattern."""
    try:
        export_address(uri)
    except ValueError:
        raise ValueError(
            "must be s3://BUCKET/PREFIX/NAME: the bucket, the prefix and the name on the export's page in the console"
        ) from None
    return uri


def undeclared(thresholds: dict[str, float]) -> dict[str, float]:
    """Refuses what no check declares, at deployment instead of in the first sweep."""
    registry.validate_overrides(thresholds)
    return thresholds


def reserved(namespace: str) -> str:
    """Refuses what CloudWatch does not take for a namespace, or keeps for AWS.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    """
    if namespace.upper().startswith("AWS/") or namespace.startswith(":"):
        raise ValueError('namespaces that begin with "AWS/" or with a colon are reserved for AWS')
    if not namespace.isascii() or not namespace.isprintable() or namespace != namespace.strip():
        raise ValueError("must be of printable ASCII characters, without spaces around them")
    return namespace
