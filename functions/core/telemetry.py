"""Logs and metrics, both powertools': structured log lines with the run, the unit and the request; metrics as embedded metric format."""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger

SERVICE = "finops-analyzer"


def _logger() -> Logger:
    level = os.environ.get("LOG_LEVEL", "INFO")
    if os.environ.get("LOG_FORMAT") == "text":
        text = logging.Formatter("%(levelname)s %(message)s")
        return Logger(service=SERVICE, level=level, logger_formatter=text)  # type: ignore[arg-type]  # any logging.Formatter will do
    return Logger(service=SERVICE, level=level)


logger = _logger()
