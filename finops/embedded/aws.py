"""The embedded AWS: an AWS on this machine with the analyzer deployed in it, without Docker and without an account.

    with embedded.start(print) as aws:
        aws.client("stepfunctions").start_execution(stateMachineArn=aws.outputs["StateMachineArn"], input="{}")

    with embedded.running(print) as aws:
        ...             whatever needs AWS and not yet the analyzer: its template is being made meanwhile
        aws.deploy()

`finops/embedded/servers.py` runs the servers and knows which service is answered where, `finops/embedded/cloud_assembly.py` makes the
template. Here the analyzer is deployed in its own account and its member role in two others. IAM is enforced: the Lambdas run with their
roles' permissions, and may read another account only through the role there.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from finops.embedded import cloud_assembly, servers
from finops.embedded.cloud_assembly import ANALYZER, MEMBER
from finops.embedded.cost_explorer.control import CostControl
from finops.embedded.metrics import Metrics
from finops.embedded.optimization_hub import HubControl
from finops.embedded.servers import SECRET, Kept, Servers, StartFailed

__all__ = ["ACCOUNTS", "REGIONS", "EmbeddedAws", "StartFailed", "running", "start"]

ACCOUNTS = ("111111111111", "222222222222", "333333333333")
"""The analyzer's own first. Here an account's number is also the access key of its root."""
REGIONS = ("us-east-1", "us-west-2")
"""Home region first. Every region exists; these are the ones that the sample fleet lies in."""

MAX_CONCURRENCY = min(8, (os.cpu_count() or 2) + 1)
"""Units scanned at the same time. Each service's first ones need a Python process each, of 70 MB and 0.6 s: more than the cores can
start at once only makes all of them late."""
SETTINGS: Mapping[str, Any] = {"max_concurrency": MAX_CONCURRENCY, "schedule": None, "prices_schedule": None}
"""What is deployed otherwise than on AWS: there is no Price List to refresh prices from."""

DIRECT = Config(
    retries={"mode": "standard", "total_max_attempts": 3}, proxies={}, max_pool_connections=64, user_agent_extra="finops-embedded"
)
STACK_SECONDS = 60.0
TEMPLATE_BYTES = 51_200
"""The longest template in a request. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
LOOK_SECONDS = 0.05
Log = Callable[[str], None]


class Timer:
    """Says what is done, and how long it took since the last time."""

    def __init__(self, log: Log = lambda line: None) -> None:
        self._log = log
        self._last = time.monotonic()

    def lap(self, what: str) -> None:
        now = time.monotonic()
        self._log(f"{what} ({now - self._last:.1f} s)")
        self._last = now


@dataclass(slots=True)
class EmbeddedAws:
    """The running AWS. `outputs` of the analyzer's stack; `environment`: variables that turn another process's boto3 to it.

    `making`: the cloud assembly of the analyzer, for `deploy`. `bucket`: the name of its bucket, where that one is kept.
    """

    servers: Servers
    outputs: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ACCOUNTS
    regions: tuple[str, ...] = REGIONS
    making: Future[Path] | None = None
    bucket: str = ""
    timer: Timer = field(default_factory=Timer)
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _maker: boto3.Session = field(default_factory=boto3.Session)

    @property
    def endpoint(self) -> str:
        """Where everything is answered but what `servers.SIDE_SERVICES` names."""
        return self.servers.endpoint

    @property
    def cost_explorer(self) -> CostControl:
        """What tells the Cost Explorer its ledger and its failures; `client("ce", …)` asks it as AWS is asked."""
        return CostControl(self.servers.side)

    @property
    def optimization_hub(self) -> HubControl:
        """What tells Cost Optimization Hub what to recommend, and who is enrolled."""
        return HubControl(self.servers.side)

    @property
    def metrics(self) -> Metrics:
        """What puts many points of metrics at once."""
        return Metrics(self.servers.endpoint, SECRET)

    @property
    def environment(self) -> dict[str, str]:
        """For another process: the root of the own account, in the home region."""
        return servers.environment(self.servers.endpoint, self.servers.side, self.accounts[0], self.regions[0])

    def session(self, account: str | None = None) -> boto3.Session:
        """A session as the root of an account (default: the own one), whose clients know where to go."""
        return EmbeddedSession(self.servers, account or self.accounts[0], self.regions[0])

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:
        """A client as the root of an account, made once: clients may be shared by threads, making them may not."""
        key = (service, account or self.accounts[0], region or self.regions[0])
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._maker.client(  # type: ignore[call-overload]  # the service's name is data
                    service,
                    region_name=key[2],
                    endpoint_url=self.servers.endpoint_for(service),
                    aws_access_key_id=key[1],
                    aws_secret_access_key=SECRET,
                    config=DIRECT,
                )
            return self._clients[key]

    def deploy(self) -> None:
        """Create the stacks, once their templates are made: the member role's, then the analyzer's. Raises StartFailed or SynthFailed."""
        if self.making is None:
            raise StartFailed("there is nothing to deploy: this AWS was started without the analyzer")
        assembly = self.making.result()
        self.timer.lap("The CDK app is synthesised")
        for account in self.accounts[1:]:
            deploy(self, cloud_assembly.template(assembly, MEMBER), MEMBER, account)
        analyzer = cloud_assembly.template(assembly, ANALYZER, self.bucket)
        store = self.client("s3")
        for asset in cloud_assembly.assets(assembly, ANALYZER, json.dumps(analyzer)):
            store.create_bucket(Bucket=asset.bucket)
            store.put_object(Bucket=asset.bucket, Key=asset.key, Body=asset.body)
        self.outputs = deploy(self, analyzer, ANALYZER, self.accounts[0])
        self.timer.lap("The analyzer is deployed")


class EmbeddedSession(boto3.Session):
    """A boto3 session whose clients and resources go to the embedded AWS."""

    def __init__(self, running: Servers, account: str, region: str) -> None:
        super().__init__(aws_access_key_id=account, aws_secret_access_key=SECRET, region_name=region)
        self._running = running

    def client(self, service_name: str, *positional: Any, **named: Any) -> Any:
        named["endpoint_url"] = named.get("endpoint_url") or self._running.endpoint_for(service_name)
        named.setdefault("config", DIRECT)
        return super().client(service_name, *positional, **named)  # type: ignore[call-overload]


@contextlib.contextmanager
def start(log: Log | None = None, **given: Any) -> Iterator[EmbeddedAws]:
    """The embedded AWS with the analyzer deployed, until the block is left. `given` as to `running`, which raises the same."""
    with running(log, **given) as aws:
        aws.deploy()
        yield aws


@contextlib.contextmanager
def running(
    log: Log | None = None,
    variables: Mapping[str, str] | None = None,
    state: Path | None = None,
    accounts: tuple[str, ...] = ACCOUNTS,
    regions: tuple[str, ...] = REGIONS,
    kept: Kept | None = None,
    **settings: Any,
) -> Iterator[EmbeddedAws]:
    """The embedded AWS, until the block is left; `deploy()` deploys the analyzer, which is synthesised meanwhile.

    `settings` go over those of cdk.json. `accounts`, the analyzer's own first, and `regions`, the home region first: where the sample
    fleet will lie. `variables` are added to the environment of every Lambda function; AWS_ENDPOINT_URL_BEDROCK_RUNTIME sends Bedrock's
    calls elsewhere. `state`: a folder where the state is kept, so that `servers.restart` can go on from it. `kept`: where the bucket is.
    Raises StartFailed or SynthFailed with what the part that failed has written.
    """
    timer = Timer(log) if log else Timer()
    with ThreadPoolExecutor(max_workers=1) as pool:
        making = pool.submit(cloud_assembly.synthesise, accounts[0], regions[0], **{**SETTINGS, **settings})
        with servers.running(accounts[0], regions[0], variables, state, kept) as ours:
            timer.lap("The embedded AWS runs")
            bucket = kept.bucket if kept else ""
            yield EmbeddedAws(ours, accounts=accounts, regions=regions, making=making, timer=timer, bucket=bucket)


def deploy(aws: EmbeddedAws, template: Mapping[str, Any], stack: str, account: str) -> dict[str, str]:
    """Create a stack and return its outputs. StartFailed with the reasons of the resources that could not be created."""
    cloudformation = aws.client("cloudformation", account)
    try:
        cloudformation.create_stack(StackName=stack, Capabilities=["CAPABILITY_NAMED_IAM"], **_template(aws, template, stack, account))
    except ClientError as error:
        raise StartFailed(f"the stack {stack} in {account} was refused: {error}") from error
    deadline = time.monotonic() + STACK_SECONDS
    while (seen := cloudformation.describe_stacks(StackName=stack)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        if time.monotonic() > deadline:
            break
        time.sleep(LOOK_SECONDS)
    if seen["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"] == "CREATE_FAILED"
        ]
        raise StartFailed(f"the stack {stack} in {account} is {seen['StackStatus']}: " + "; ".join(reasons))
    return {output["OutputKey"]: output["OutputValue"] for output in seen.get("Outputs", ())}


def _template(aws: EmbeddedAws, template: Mapping[str, Any], stack: str, account: str) -> dict[str, str]:
    """CreateStack's parameter: the template itself, or where it lies in S3 when it is too long for a request, as the CDK does it."""
    body = json.dumps(template)
    if len(body.encode()) <= TEMPLATE_BYTES:
        return {"TemplateBody": body}
    store, bucket = aws.client("s3", account), f"templates-{account}"
    store.create_bucket(Bucket=bucket)
    store.put_object(Bucket=bucket, Key=stack, Body=body.encode())
    return {"TemplateURL": f"{aws.endpoint}/{bucket}/{stack}"}
