"""An organization in front of a folder: what Plan asks of Organizations, STS, EC2 and Lambda, answered behind the real boto3 clients.

`accounts` accounts, each with the same regions; everything else is `folder_s3`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from tests.bench.folder_s3 import LATENCY_SECONDS, FolderS3, answered, content

OTHERS_SECONDS = 0.1
"""What AssumeRole, DescribeRegions and ListAccounts take; assumed."""
CREDENTIALS = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
    "<SessionToken>token</SessionToken><Expiration>2026-11-24T17:04:02Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


class FolderAws(FolderS3):
    """`attach` it as `FolderS3`."""

    def __init__(self, root: Path, accounts: list[str], regions: tuple[str, ...], latency: float = LATENCY_SECONDS) -> None:
        super().__init__(root, latency)
        self._accounts = accounts
        names = "".join(f"<item><regionName>{name}</regionName><optInStatus>opt-in-not-required</optInStatus></item>" for name in regions)
        self._regions = f"<DescribeRegionsResponse><regionInfo>{names}</regionInfo></DescribeRegionsResponse>"
        self._answers: Mapping[str, Callable[[AWSPreparedRequest], str]] = {
            "AssumeRole": lambda _: CREDENTIALS,
            "DescribeRegions": lambda _: self._regions,
            "ListAccounts": self._listed_accounts,
            "GetItem": lambda _: "{}",
            "UpdateItem": lambda _: "{}",
            "GetAccountSettings": lambda _: json.dumps({"AccountLimit": {"UnreservedConcurrentExecutions": 1000}}),
        }

    def answer(self, request: AWSPreparedRequest, event_name: str = "", **more: Any) -> AWSResponse:
        make = self._answers.get(event_name.rpartition(".")[2])
        if make is None:
            return super().answer(request, event_name, **more)
        self.requests += 1
        if self.latency:
            time.sleep(OTHERS_SECONDS)
        return answered(request, 200, make(request).encode())

    def _listed_accounts(self, request: AWSPreparedRequest) -> str:
        asked = json.loads(b"".join(content(request.body)))
        start = int(asked.get("NextToken", 0))
        end = start + asked["MaxResults"]
        page = [{"Id": account, "Name": f"account {account}", "State": "ACTIVE"} for account in self._accounts[start:end]]
        return json.dumps({"Accounts": page} | ({"NextToken": str(end)} if end < len(self._accounts) else {}))
