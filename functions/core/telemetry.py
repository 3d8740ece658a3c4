"""Logs and metrics, both powertools': structured log lines with the run, the unit and the request; metrics as embedded metric format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

SERVICE = "finops-analyzer"


NOT_IN_TEXT = frozenset(
    {"level", "message", "location", "timestamp", "service", "xray_trace_id", "exception", "exception_name", "stack_trace"}
    | {"cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id"}
)
"""What powertools adds to every line, and what a line of text says first or last."""


def _logger() -> Logger:
    level = os.environ.get("LOG_LEVEL", "INFO")
    if os.environ.get("LOG_FORMAT") == "text":
        return Logger(service=SERVICE, level=level, json_serializer=_text)
    return Logger(service=SERVICE, level=level)


def _text(line: Mapping[str, Any]) -> str:
    """INFO unit done run_id=r1 findings=3; an exception's trace on lines of its own."""
    keys = (f"{name}={value}" for name, value in line.items() if name not in NOT_IN_TEXT)
    first = " ".join((line["level"], str(line["message"]), *keys))
    return f"{first}\n{line['exception']}" if line.get("exception") else first


logger = _logger()
