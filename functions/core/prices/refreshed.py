"""The slices of list prices that the `prices` function keeps fresh in the bucket, read at most once an hour by a warm worker.

None there is normal: the prices were never refreshed, or not for this service and region. That is remembered for the hour too. One that
cannot be read is logged, and the embedded book is what counts.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from botocore.exceptions import ClientError

from functions.core import telemetry
from functions.core.aws.clients import UNREACHABLE
from functions.core.aws.sessions import own_client
from functions.core.prices.age import earliest
from functions.core.prices.book import Slice, parse
from functions.core.store.bucket import Bucket

KEEP_SECONDS = 3600.0
PREFIX = "prices/"


def key_of(service: str, region: str) -> str:
    """Where one service's refreshed prices of one region lie, in the form of the embedded book's members, see book.py."""
    return f"{PREFIX}{service}/{region}.tsv.gz"


class RefreshedPrices:
    """What the bucket has. `clock` counts seconds."""

    def __init__(self, bucket: Bucket, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket, self._clock = bucket, clock
        self._held: dict[tuple[str, str], tuple[float, Slice]] = {}

    def rows(self, service: str, region: str) -> Slice:
        """The refreshed slice, empty when there is none or it is broken."""
        now = self._clock()
        held = self._held.get((service, region))
        if held is None or now - held[0] >= KEEP_SECONDS:
            held = self._held[(service, region)] = (now, self._read(key_of(service, region)))
        return held[1]

    def _read(self, key: str) -> Slice:
        try:
            body = self._bucket.read(key, may_list=False)
            return {} if body is None else dated(parse(gzip.decompress(body).decode()), datetime.now(UTC).date())
        except ClientError as error:
            telemetry.logger.warning("refreshed prices cannot be read", key=key, reason=str(error))
        except (UNREACHABLE, OSError, EOFError, ValueError, zlib.error) as error:  # OSError: no gzip at all; ValueError: no such lines
            telemetry.logger.warning("refreshed prices cannot be read", key=key, reason=f"{type(error).__name__}: {error}")
        return {}


def dated(rows: Slice, today: date) -> Slice:
    """The rows, if each has a day that has come: of two rates the later counts, so that one of the year 9999 would stay for ever. Else
    ValueError."""
    for key, (*_, as_of) in rows.items():
        if earliest(as_of) > today + timedelta(days=1):  # AWS publishes in another time zone
            raise ValueError(f"the rate of {key} is of {as_of}")
    return rows


@lru_cache(maxsize=4)
def shared(bucket: str, bucket_region: str) -> RefreshedPrices:
    """The one of this process."""
    return RefreshedPrices(Bucket(own_client("s3", bucket_region), bucket))
