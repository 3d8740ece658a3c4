"""Notify: a digest of a sweep by mail and on the topic; and the mail about a sweep that failed.

It answers two events. From the flow, after Aggregate: {"plan", "rank", "report"}. From EventBridge: the machine's "Step Functions
Execution Status Change" to FAILED, TIMED_OUT or ABORTED. The function reports a failure to the topic, not the rule: so both kinds
of message have one form, name the same run, and say what the error means. That this function itself may be what is broken is what the
alarms are for, which reach the topic without it.

A sweep with too little coverage has its digest, which says that it fails, and fails then. Its failure mail is that digest, unless it was
sent already: one mail, one set of numbers.

EventBridge and Lambda's queue deliver at least once, and the flow repeats a step whose answer was lost. Whoever comes first claims each
mail and each message in the state table before it is sent (core/store/claims.py), and gives the claim back where SES or SNS certainly did
not take it. Where that is not known, it stays: rather none than two.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from functions.core import run_ids, telemetry
from functions.core.aws.clients import UNREACHABLE
from functions.core.aws.effects import effect_client, may_have_happened
from functions.core.aws.sessions import own_client, signing_client
from functions.core.digest import failure, link, news, owned, topic
from functions.core.digest.mail import Sent, send
from functions.core.digest.message import Message
from functions.core.meter import run_metrics
from functions.core.settings import Settings, settings
from functions.core.store.bucket import Bucket
from functions.core.store.claims import Claims
from functions.core.store.run_folder import RunFolder

CLAIMED_SECONDS = 90 * 86_400
"""As long as the state table keeps what happened in a run."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Returns {"mail": "sent" | "off" | "not sent", "reason", "topic": "sent" | "off" | "not sent"}: what SES or SNS refuse fails nothing.

    A mail is off when nobody is to get it: no EMAIL_FROM or EMAIL_TO, a failure without SEND_EMAIL_ON_ERROR, a what-if, or a sweep
    that was started with "notify": false, however they end. With "notify": true a what-if is told of too. It is off as well when it was
    sent before. Whom `owner_mails` names gets what is theirs, in a mail of their own: "owners" counts how these ended.
    """
    config = settings()
    if "detail-type" in event:
        return _failed(config, failure.read(event))
    plan = event["plan"]
    return _reported(config, _folder(config, plan["bucket"], plan["run_id"]), plan.get("notify"))


def _folder(config: Settings, bucket: str, run_id: str) -> RunFolder:
    return RunFolder(Bucket(own_client("s3", config.bucket_region), bucket), run_id)


def _reported(config: Settings, folder: RunFolder, asked: bool | None) -> dict[str, Any]:
    telemetry.logger.append_keys(run_id=folder.run_id)
    if asked is False:
        return _answer(Sent("off", "not asked for"), "off")
    summary = folder.bucket.need_json(folder.summary)
    if summary["run"]["what_if"] and not asked:
        telemetry.logger.info('a what-if is not reported, unless it is started with "notify": true')
        return _answer(Sent("off", "what-if"), "off")
    message, page = _digest(config, folder, summary)
    note = topic.reported(summary, config.aws_account_id, folder.bucket.name, message, page)
    answer = _answer(_mail_digest(config, folder, summary["run"], message), _tell(config, note, _attempt(summary["run"])))
    return answer | ({"owners": _mail_owners(config, folder, summary)} if config.owner_mails else {})


def _mail_owners(config: Settings, folder: RunFolder, summary: dict[str, Any]) -> dict[str, int]:
    """To each owner who is named in the settings what is theirs; returns how many mails were sent, off and not sent."""
    ended: Counter[str] = Counter()
    for owner, address in config.owner_mails.items():
        message = owned.digest(owner, summary, config.aws_account_id)
        if message is None:
            ended["off"] += 1
            continue
        what = f"owner#{hashlib.blake2b(owner.encode(), digest_size=16).hexdigest()}#{_attempt(summary['run'])}"
        ended[_mail(config, message, folder.run_id, what, (address,)).mail] += 1
    return dict(ended)


def _failed(config: Settings, failed: failure.Failure) -> dict[str, Any]:
    run_id = run_ids.of_execution(failed.started, failed.name, failed.given)
    folder = _folder(config, config.s3_bucket_name, run_id)
    telemetry.logger.append_keys(run_id=run_id)
    if reason := failure.untold(failed, folder.bucket.read_json(folder.planned)):
        telemetry.logger.info(f"nobody is told of the failure: {reason}", error=failed.error)
        return _answer(Sent("off", reason), "off")
    message = failure.mail(failed, run_id, config.aws_region, config.aws_account_id)
    page = failure.execution_page(config.aws_region, failed.execution_arn)
    summary = folder.bucket.read_json(folder.summary) if failed.error == failure.COVERAGE else None
    if summary is not None:
        message, page = _digest(config, folder, summary)
    this = f"{failed.name}#{failed.stopped}"
    if not config.send_email_on_error:
        sent = Sent("off", "SEND_EMAIL_ON_ERROR is false")
    elif summary is not None:
        sent = _mail_digest(config, folder, summary["run"], message)
    else:
        sent = _mail(config, message, run_id, f"failure#{this}")
    return _answer(sent, _tell(config, topic.failed(failed, run_id, config.aws_account_id, message, page), this))


def _digest(config: Settings, folder: RunFolder, summary: dict[str, Any]) -> tuple[Message, str]:
    """The mail, and the report's page in the console."""
    to_report = link.to_report(
        signing_client(config.bucket_region),
        folder.bucket.name,
        folder.file("report.html"),  # not what summary.json says: who can write that chose neither what is signed nor what is to be copied
        folder.run_id,
        config.report_link_hours,
        datetime.now(UTC),
    )
    return news.digest(summary, config.aws_account_id, to_report), to_report.console


def _attempt(run: Mapping[str, Any]) -> str:
    """Which report of a run: that of a resumed run is another one."""
    return run.get("resumed") or "first"


def _mail_digest(config: Settings, folder: RunFolder, run: Mapping[str, Any], message: Message) -> Sent:
    """The digest of a run; that it was sent stands in the run's folder, for people."""
    sent = _mail(config, message, folder.run_id, f"digest#{_attempt(run)}")
    if sent.mail == "sent":
        at = datetime.now(UTC).isoformat(timespec="seconds")
        note = {"mail": "sent", "at": at, "recipients": len(config.email_to), "resumed": run.get("resumed")}
        try:
            folder.bucket.put_json(folder.notified, note)
        except (ClientError, UNREACHABLE) as error:
            telemetry.logger.warning("not remembered that the mail was sent", key=folder.notified, said=str(error))
    return sent


def _mail(config: Settings, message: Message, run_id: str, what: str, to: Sequence[str] = ()) -> Sent:
    """Send it, unless it was sent before. `to`: whom, the deployment's recipients where nobody is named."""
    to = to or config.email_to
    if config.email_from is None or not to:
        unset = "EMAIL_FROM" if config.email_from is None else "EMAIL_TO"
        telemetry.logger.info(f"no mail: {unset} is not set")
        return Sent("off", f"{unset} is not set")
    claim = Claim(config, run_id, f"mail#{what}")
    if not claim.first():
        return Sent("off", f"the {what.partition('#')[0]} of this run was sent before")
    ses = effect_client("sesv2", config.aws_region)
    sent = send(ses, config.email_from, to, message, config.email_configuration_set)
    if sent.mail == "sent":
        telemetry.logger.info("mail sent", subject=message.subject, recipients=len(to))
        return sent
    if sent.reason != "Unknown":
        claim.give_back()
    telemetry.logger.error(f"mail not sent: {sent.to_do}", reason=sent.reason, said=sent.said)
    _count(config, "MailNotSent", sent.reason)
    return sent


def _tell(config: Settings, note: topic.Note, which: str) -> str:
    """Publish, unless it was published before; "sent", "off" or "not sent". `which`: of the messages of this kind about the run."""
    if config.sns_topic_arn is None:
        return "off"
    claim = Claim(config, note.data["run_id"], f"topic#{note.event}#{which}")
    if not claim.first():
        telemetry.logger.info("this message was published before", event=note.event)
        return "off"
    try:
        topic.publish(effect_client("sns", config.aws_region), config.sns_topic_arn, note)
    except (ClientError, UNREACHABLE) as error:
        reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else "Unreachable"
        if not may_have_happened(error):
            claim.give_back()
        telemetry.logger.error("not published to the topic", topic=config.sns_topic_arn, reason=reason, said=str(error))
        _count(config, "MessageNotPublished", reason)
        return "not sent"
    return "sent"


@dataclass(slots=True)
class Claim:
    """That one invocation sends one thing about a run. Lambda repeats one under its request id, so each attempt has an id of its own."""

    config: Settings
    run_id: str
    what: str
    me: str = field(default_factory=lambda: uuid.uuid4().hex)

    def first(self) -> bool:
        """Whether nobody has sent it, or is about to."""
        return self._claims.take(f"run#{self.run_id}", f"told#{self.what}", self.me, CLAIMED_SECONDS)

    def give_back(self) -> None:
        """It was not sent: the next may try."""
        self._claims.give_back(f"run#{self.run_id}", f"told#{self.what}", self.me)

    @property
    def _claims(self) -> Claims:
        return Claims(own_client("dynamodb"), self.config.state_table_name)


def _count(config: Settings, metric: str, reason: str) -> None:
    if config.enable_cloudwatch_metrics:
        document = run_metrics.document(config.metric_namespace)
        document.add_dimension("Reason", reason)
        document.add_metric(metric, MetricUnit.Count, 1)
        document.flush_metrics()


def _answer(sent: Sent, published: str) -> dict[str, Any]:
    return {"mail": sent.mail, "reason": sent.reason, "topic": published}
