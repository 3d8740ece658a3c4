"""The slices of list prices that the `prices` function keeps fresh in the bucket, read at most once an hour by a warm worker.

None there is normal: the prices were never refreshed, or not for this service and region. That is remembered for the hour too. One that
cannot be read is logged, and the embedded book is what counts.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from functions.core import telemetry
from functions.core.aws.clients import UNREACHABLE, own_client
from functions.core.prices.book import Slice, parse
from functions.core.store import storage

KEEP_SECONDS = 3600.0
MISSING = frozenset({"NoSuchKey", "404", "AccessDenied", "403"})
"""Who may not list the bucket is told 403 of a key that does not exist. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""


class RefreshedPrices:
    """What the bucket has. `clock` counts seconds."""

    def __init__(self, s3: Any, bucket: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._s3, self._bucket, self._clock = s3, bucket, clock
        self._held: dict[tuple[str, str], tuple[float, Slice]] = {}

    def rows(self, service: str, region: str) -> Slice:
        """The refreshed slice, empty when there is none or it is broken."""
        now = self._clock()
        held = self._held.get((service, region))
        if held is None or now - held[0] >= KEEP_SECONDS:
            held = self._held[(service, region)] = (now, self._read(storage.prices_key(service, region)))
        return held[1]

    def _read(self, key: str) -> Slice:
        try:
            return parse(gzip.decompress(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()).decode())
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in MISSING:
                telemetry.logger.warning("refreshed prices cannot be read", key=key, reason=str(error))
        except (UNREACHABLE, OSError, EOFError, ValueError, zlib.error) as error:  # OSError: no gzip at all; ValueError: no such lines
            telemetry.logger.warning("refreshed prices cannot be read", key=key, reason=f"{type(error).__name__}: {error}")
        return {}


@lru_cache(maxsize=4)
def shared(bucket: str, bucket_region: str) -> RefreshedPrices:
    """The one of this process."""
    return RefreshedPrices(own_client("s3", bucket_region), bucket)
