"""The probe: may we do in an account what scanning it takes? One small request for each declared IAM action, and no resource is needed.

`finops doctor` invokes a scan function with {"probe": "<service>", "account": "…", "region": "…"}. The question is asked from where the
sweep asks: with the function's own role, and through the member role in another account. Nothing is written and nothing is found.
A request without required parameters follows from botocore's model of the service: DryRun where there is one, which tells permission and
does nothing, else the smallest page. The service's card knows the others: they ask about something that does not exist, and IAM refuses
before the service looks; or about something that exists, where a service tells only so. GetMetricData asks for one metric, $0.00001, and
S3's requests cost less. All else is free.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError, UnknownServiceError

from functions.core import registry
from functions.core.aws.clients import UNREACHABLE, Aws
from functions.core.aws.refusals import forbidden_by, gone, iam_action
from functions.core.aws.roles import reader_session
from functions.core.errors import Denied, OutOfTime, Throttled
from functions.core.services import Enrolment, Request, Service, services
from functions.core.settings import Settings

SECONDS = 45.0
"""Of all of a probe's requests together: the one who asks waits a minute."""
DRY_RUN = "DryRunOperation"
"""Like the errors about what is gone, one that only who may ask gets to see."""
PAGE_SIZES = frozenset({"MaxResults", "maxResults", "MaxItems", "MaxRecords", "PageSize", "Limit", "limit"})
"""How services call the size of a page."""
NOT_KNOWN = "no request is known that would tell"
NONE_THERE = "there is nothing there that it could be asked about"
ITS_OWN = "a resource-based policy"
"""Forbids to ask about what is the example, which is no matter of the role: see FORBIDDEN."""
ASSUME = "sts:AssumeRole"
REASON_LENGTH = 300


@dataclass(slots=True)
class Probed:
    """The actions that are allowed; those that are denied, and those that nobody could tell about, each with why.

    An account that cannot be entered has `ASSUME` among these, and nothing else. `enrolment`: what has to be switched on there, each with
    how, "" where it is.
    """

    account: str
    region: str
    service: str
    allowed: list[str] = field(default_factory=list)
    denied: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    enrolment: dict[str, str] = field(default_factory=dict)


def _one_metric(aws: Aws) -> Request:
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Invocations"}
    query = {"Id": "one", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}
    times = {"StartTime": aws.as_of - timedelta(hours=1), "EndTime": aws.as_of}
    return Request("cloudwatch", "GetMetricData", {"MetricDataQueries": [query], **times})


def probe(service: str, account: str, region: str, config: Settings, deadline: float) -> dict[str, Any]:
    """A `Probed` about every action of a service's scanners, as JSON. `deadline` is a `time.monotonic()` value.

    The member role is assumed anew: a worker that holds credentials of an hour ago would not see that its trust is gone.
    """
    answer = Probed(account, region, service)
    with _noted(answer, ASSUME):
        session = reader_session(account, config.aws_account_id, config.member_role_name, config.member_external_id, "doctor", anew=True)
        aws = Aws(account, region, session, deadline=deadline)
        ask_all(aws, registry.iam_actions(service), answer)
        ask_enrolments(aws, services()[service].enrolments, answer)
    return asdict(answer)


def ask_enrolments(aws: Aws, enrolments: Iterable[Enrolment], answer: Probed) -> None:
    """Whether what the scanner looks at is switched on; of what may not be asked, `answer` has the action already.

    Where it is not, what else its service refuses says nothing of permissions.
    """
    for one in enrolments:
        asks = iam_action(one.asks.service, one.asks.operation)
        if asks not in answer.allowed:
            continue
        with _noted(answer, one.name):
            enrolled = one.enrolled(aws.call(one.asks.service, one.asks.operation, **one.asks.parameters))
            answer.enrolment[one.name] = "" if enrolled else one.fix
            if not enrolled:
                own = f"{asks.partition(':')[0]}:"
                for refused in (answer.denied, answer.unknown):
                    for action in [action for action in refused if action.startswith(own)]:
                        del refused[action]


def ask_all(aws: Aws, actions: Iterable[str], answer: Probed) -> None:
    """Put each action where it belongs in `answer`."""
    about = {action: card for card in services().values() for action in card.about}
    examples: dict[str, tuple[str, str]] = {}
    for action in actions:
        if card := about.get(action):
            if card.id not in examples:
                examples[card.id] = _example(aws, card)
            name, why = examples[card.id]
            if name:
                _ask_about(aws, action, name, card.about[action], answer)
            else:
                answer.unknown[action] = why
            continue
        with _noted(answer, action):
            ask = request(aws, action)
            if ask is None:
                answer.unknown[action] = NOT_KNOWN
            else:
                aws.call(ask.service, ask.operation, **ask.parameters)
                answer.allowed.append(action)


def _ask_about(aws: Aws, action: str, name: str, make: Callable[[str], Request], answer: Probed) -> None:
    """Ask about something that exists. That its own policy forbids it says nothing of the action."""
    with _noted(answer, action):
        ask = make(name)
        aws.call(ask.service, ask.operation, **ask.parameters)
        answer.allowed.append(action)
    if forbidden_by(answer.denied.get(action, "")) == ITS_OWN:
        answer.unknown[action] = answer.denied.pop(action)


def _example(aws: Aws, card: Service) -> tuple[str, str]:
    """The name of something of the service that exists; "" and why, where there is none or none is found."""
    missed, name = Probed(aws.account, aws.region, card.id), ""
    with _noted(missed, card.id):
        name = card.example(aws.call, aws.region) if card.example else ""
    return name, {**missed.denied, **missed.unknown}.get(card.id, NONE_THERE)


def request(aws: Aws, action: str) -> Request | None:
    """What to ask; None when the action is no operation of the same name, or one that needs parameters that nobody has written down."""
    if action == registry.METRICS_IAM:
        return _one_metric(aws)
    for card in services().values():
        if action in card.requests:
            return card.requests[action](aws.arn)
    prefix, _, operation = action.partition(":")
    clients = [client for card in services().values() for client, known in card.iam_prefixes.items() if known == prefix]
    for service in clients or [prefix]:
        try:
            client = aws.client(service)
        except UnknownServiceError:
            continue
        if operation in client.meta.service_model.operation_names:
            return _smallest(client, service, operation)
    return None


def _smallest(client: Any, service: str, operation: str) -> Request | None:
    """The operation with DryRun, else with the smallest page that the model allows; None when it has required parameters."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    if shape is None:
        return Request(service, operation)
    if shape.required_members:
        return None
    if "DryRun" in shape.members:
        return Request(service, operation, {"DryRun": True})
    sizes = {
        name: max(1, member.metadata["min"]) for name, member in shape.members.items() if name in PAGE_SIZES and "min" in member.metadata
    }
    return Request(service, operation, sizes)


@contextmanager
def _noted(answer: Probed, action: str) -> Iterator[None]:
    """Writes down why its block broke off, when AWS refused or did not answer."""
    try:
        yield
    except Denied as denied:
        answer.denied[action] = str(denied)[:REASON_LENGTH]
    except ClientError as error:
        code, message = (error.response.get("Error", {}).get(name, "") for name in ("Code", "Message"))
        if code == DRY_RUN or code in gone():
            answer.allowed.append(action)
        else:
            answer.unknown[action] = f"{code}: {message}"[:REASON_LENGTH]
    except (Throttled, OutOfTime, UNREACHABLE) as error:
        answer.unknown[action] = f"{type(error).__name__}: {error}"[:REASON_LENGTH]
