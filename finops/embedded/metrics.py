"""PutMetricData for many points at once: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html

A fleet has some 200,000 points. botocore looks at each of them, converts it and compresses the whole, which takes six times as long as to
write the request down: 23 ms for a thousand points instead of 4. The request is signed and answered as any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

TARGET = "GraniteServiceVersion20100801.PutMetricData"
HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": TARGET}
SIGNED_AS = "monitoring"


class NotTaken(Exception):
    """CloudWatch did not take the points; the message is its answer."""


class Metrics:
    """Puts points into the CloudWatch at `endpoint`; `secret`: the key of each account's root, whose access key is its number.

    May be shared by threads.
    """

    def __init__(self, endpoint: str, secret: str) -> None:
        self._endpoint, self._secret = endpoint, secret
        self._http = URLLib3Session(proxies={}, max_pool_connections=64)

    def put(self, account: str, region: str, namespace: str, points: Sequence[Mapping[str, Any]]) -> None:
        """At most 1,000 points, as `put_metric_data` of boto3 takes them. Raises NotTaken."""
        body = json.dumps({"Namespace": namespace, "MetricData": points}, default=datetime.timestamp)
        request = AWSRequest("POST", self._endpoint, HEADERS, body.encode())
        SigV4Auth(Credentials(account, self._secret), SIGNED_AS, region).add_auth(request)
        answer = self._http.send(request.prepare())
        if answer.status_code != 200:
            raise NotTaken(f"{answer.status_code}: {answer.text}")
