"""What Cost Explorer makes of a request: which days it asks for, which rows it wants, which page; and what it refuses, in AWS's words.

The messages in quotes in the tests are AWS's own; where none is known, the sentence is ours and the error's name AWS's.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

Json = Mapping[str, Any]
Matches = Callable[[Any], bool]
Period = tuple[date, date]

MONTHS_BACK = 14
"""How far back Cost Explorer looks without multi-year data, which an account must ask for.
https://docs.aws.amazon.com/cost-management/latest/userguide/ce-multi-year-data-config.html"""
ROOTS = ("And", "Or", "Not", "Dimensions", "Tags", "CostCategories")
DAY = timedelta(days=1)


class Refused(Exception):
    """An error that the caller gets: `code` is AWS's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> Refused:
    """What AWS calls a request that it does not understand."""
    return Refused("ValidationException", message)


def days(request: Json, today: date, *, finished: bool = False) -> Period:
    """[start, end) of the request. `finished`: the operations about commitments know no day that is not over.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_DateInterval.html
    """
    asked = request.get("TimePeriod") or {}
    try:
        start, end = (date.fromisoformat(asked[name]) for name in ("Start", "End"))
    except (KeyError, TypeError, ValueError) as error:
        raise invalid("TimePeriod needs a Start and an End, each as YYYY-MM-DD") from error
    if start >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    if start > today:
        raise invalid(f"start date {start} is in the future")
    if end > (today if finished else month_after(today)):
        raise invalid("end date past today" if finished else "end date past the beginning of next month")
    if start < months_before(today, MONTHS_BACK):
        raise invalid("You haven't enabled historical data beyond 14 months.")
    return start, end


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def periods(granularity: str | None, start: date, end: date) -> list[Period]:
    """The days, or the months cut at both ends."""
    if granularity not in ("DAILY", "MONTHLY"):
        raise invalid(f"Granularity {granularity} is not supported: DAILY or MONTHLY")
    made: list[Period] = []
    while start < end:
        until = min(end, start + DAY if granularity == "DAILY" else month_after(start))
        made.append((start, until))
        start = until
    return made


def groups(request: Json, allowed: Sequence[str], most: int = 2) -> list[str]:
    """The dimensions to group by, at most two for most operations."""
    asked = request.get("GroupBy") or []
    if len(asked) > most:
        raise invalid(f"GroupBy has at most {most} groups")
    for group in asked:
        if group.get("Type") != "DIMENSION" or group.get("Key") not in allowed:
            raise invalid(f"Dimension {group.get('Key')} is not allowed.")
    return [group["Key"] for group in asked]


def matcher(expression: Json | None, fields: Mapping[str, str], operators: Sequence[str] = ("And", "Or", "Not")) -> Matches:
    """The filter as a function of an object whose attributes are the dimensions (`fields`: dimension → attribute).

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html
    """
    if expression is None:
        return lambda row: True
    roots = [root for root in ROOTS if expression.get(root) is not None]
    if len(roots) != 1:
        number = "more than one" if roots else "zero"
        raise invalid(
            f"Expression has {number} roots. Only one root operator is allowed for each expression: "
            "And, Or, Not, Dimensions, Tags, CostCategories"
        )
    root = roots[0]
    if root == "Dimensions":
        return _dimension(expression[root], fields)
    if root not in operators:
        raise invalid(f"{root} is not supported in this filter")
    if root == "Not":
        excluded = matcher(expression[root], fields, operators)
        return lambda row: not excluded(row)
    parts = [matcher(part, fields, operators) for part in expression[root]]
    if len(parts) < 2:  # https://github.com/aws-samples/aws-cost-explorer-report/issues/27
        raise invalid(f"{root} expression must have at least 2 operands")
    if root == "And":
        return lambda row: all(part(row) for part in parts)
    return lambda row: any(part(row) for part in parts)


def _dimension(given: Json, fields: Mapping[str, str]) -> Matches:
    key = str(given.get("Key"))
    if key not in fields:  # https://github.com/aws/aws-sdk/issues/696
        raise invalid(f"Dimension {key} is not allowed.")
    if set(given.get("MatchOptions") or ()) - {"EQUALS", "CASE_SENSITIVE"}:
        raise invalid("MatchOptions: only EQUALS and CASE_SENSITIVE are supported")
    values = frozenset(given.get("Values") or ())
    if not values:
        raise invalid(f"Dimension {key} has no values")
    attribute = fields[key]
    return lambda row: getattr(row, attribute) in values


def asked_for(expression: Json | None, dimension: str) -> list[str]:
    """The values that a filter asks of a dimension, at its top or inside its And."""
    parts = (expression or {}).get("And") or [expression or {}]
    return [value for part in parts if (part.get("Dimensions") or {}).get("Key") == dimension for value in part["Dimensions"]["Values"]]


def page_of(request: Json, number: int, size: int, token_name: str) -> tuple[int, int, dict[str, str]]:
    """Which of `number` things to answer, from and to, and what leads to the next page: {token_name: …}, or nothing at the end."""
    digest = _digest({key: value for key, value in request.items() if key not in (token_name, "MaxResults")})
    first = _offset(request.get(token_name), digest)
    last = min(number, first + size)
    return first, last, {token_name: _token(last, digest)} if last < number else {}


def _offset(token: str | None, digest: str) -> int:
    if token is None:
        return 0
    try:
        known = json.loads(base64.urlsafe_b64decode(token.encode()))
        offset, made_for = int(known["offset"]), known["request"]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("InvalidNextTokenException", "The pagination token is invalid. Try again without a pagination token.") from error
    if made_for != digest:
        raise Refused("RequestChangedException", "Your request parameters changed between pages.")
    return offset


def _token(offset: int, digest: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"offset": offset, "request": digest}).encode()).decode()


def _digest(request: Json) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]
