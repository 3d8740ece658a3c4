"""Prices: list prices of the services and regions in use, fetched anew from the AWS Price List. Run weekly, and by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from functions.core import telemetry
from functions.core.aws import partitions
from functions.core.aws.clients import Aws
from functions.core.aws.roles import reader_session
from functions.core.aws.sessions import own_client
from functions.core.prices import refresh
from functions.core.settings import settings
from functions.core.store.bucket import Bucket

RESERVE_SECONDS = 30.0
"""Kept back from the function's time to write what is complete, and to say what is not."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {} or what to refresh, {"regions": ["eu-west-1"], "services": ["AmazonEBS"]}; InvalidInput when it is anything else.

    Returns what was refreshed and what was kept as it was, with the reason. Raises NothingRefreshed when all was kept.
    """
    started = time.monotonic()
    config = settings()
    asked = refresh.parse(event)
    if reason := partitions.lacks(config.aws_region, partitions.Feature.PRICES):
        raise refresh.NothingRefreshed(reason)
    bucket = Bucket(own_client("s3", config.bucket_region), config.s3_bucket_name)
    parts = refresh.wanted(bucket, asked, config.aws_region, datetime.now(UTC))
    session = reader_session(config.aws_account_id, config.aws_account_id, config.member_role_name, None, "prices")
    deadline = started + context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    aws = Aws(config.aws_account_id, partitions.home(config.aws_region), session, deadline=deadline)
    result = refresh.refresh(aws, bucket, parts)
    result["seconds"] = round(time.monotonic() - started, 1)
    telemetry.logger.info("prices refreshed", refreshed=len(result["refreshed"]), kept=len(result["kept"]), requests=result["requests"])
    return result
