"""Analyze: one honest attempt to get the advice on one group of findings from Bedrock. The state machine retries, and catches.

Raises BedrockThrottled, BedrockTimeout or BedrockUnavailable (an outage: ask again), CircuitOpen (not asked, because Bedrock is known to be
down), and BedrockRefused or BedrockDenied (asking again does not help). Whatever it raises, the report has the rules' advice instead.
"""

from __future__ import annotations

from typing import Any

from functions.core import telemetry
from functions.core.advice import acceptance, answers, bedrock, bedrock_price, prompt
from functions.core.advice.answers import Answer
from functions.core.advice.bedrock_metrics import Attempt, counted
from functions.core.advice.breaker import Breaker
from functions.core.advice.facts import Facts
from functions.core.aws.sessions import own_client
from functions.core.errors import BedrockRefused
from functions.core.meter.invocations import metered
from functions.core.settings import Settings, settings
from functions.core.store.bucket import Bucket
from functions.core.store.run_folder import RunFolder

LEASE_MARGIN_SECONDS = 20
"""A probe may take this much longer than its call before another worker may probe in its place."""


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`event`: {"run_id", "bucket", "group_id", "facts_key", "expires_at"}; the state table forgets the answer after that moment.

    Writes runs/<run_id>/advice/<group_id>.json, of a refused answer too. Returns what it took: tokens, and USD or None where the
    model's price is not known.
    """
    config = settings()
    telemetry.logger.append_keys(run_id=event["run_id"], group_id=event["group_id"])
    folder = RunFolder(Bucket(own_client("s3", config.bucket_region), event["bucket"]), event["run_id"])
    with metered(folder, "analyze", context):
        return _advise(config, event, folder)


def _advise(config: Settings, event: dict[str, Any], folder: RunFolder) -> dict[str, Any]:
    """Get the answer, or find it, and write it down; returns what it took."""
    run_id, group_id = folder.run_id, event["group_id"]
    dynamodb = own_client("dynamodb")
    facts = Facts.model_validate_json(folder.bucket.need(event["facts_key"]))
    asked = Answer(group_id=group_id, digest=prompt.digest(facts, config.bedrock_model_id), model_id=config.bedrock_model_id)
    with counted(config.metric_namespace if config.enable_cloudwatch_metrics else None) as attempt:
        answer = answers.known(dynamodb, config.state_table_name, run_id, asked.digest, facts)
        if answer is None:
            try:
                answer = asked.model_copy(update=_ask(config, dynamodb, facts, attempt))
            except BedrockRefused as refused:
                spent = _spent(config, refused.input_tokens, refused.output_tokens)
                answers.write(folder, asked.model_copy(update={"refused": str(refused), **spent}))
                raise
            answers.remember(dynamodb, config.state_table_name, run_id, answer, event["expires_at"])
        answers.write(folder, answer)
    telemetry.logger.info(
        "advised", cached=answer.cached, input_tokens=answer.input_tokens, output_tokens=answer.output_tokens, usd=answer.usd
    )
    return {
        "group_id": group_id,
        "source": "bedrock",
        "cached": answer.cached,
        "input_tokens": answer.input_tokens,
        "output_tokens": answer.output_tokens,
        "usd": answer.usd,
    }


def _ask(config: Settings, dynamodb: Any, facts: Facts, attempt: Attempt) -> dict[str, Any]:
    """One call, when the circuit breaker lets it through: what an Answer says of it."""
    breaker = Breaker(
        dynamodb,
        config.state_table_name,
        config.bedrock_model_id,
        threshold=config.circuit_breaker_threshold,
        recovery_seconds=config.circuit_breaker_timeout_seconds,
        lease_seconds=config.bedrock_timeout_seconds + LEASE_MARGIN_SECONDS,
        on_change=attempt.changed,
    )
    with breaker.ask():
        attempt.calls += 1
        given = bedrock.ask(
            bedrock.client(config.bedrock_timeout_seconds),
            config.bedrock_model_id,
            system=prompt.SYSTEM,
            facts=prompt.quoted(facts),
            tool=prompt.tool(),
            max_tokens=prompt.max_tokens(config.bedrock_model_id),
        )
        advice = acceptance.accept(given.tool_input, facts, given.input_tokens, given.output_tokens)
    return {"advice": advice, **_spent(config, given.input_tokens, given.output_tokens)}


def _spent(config: Settings, input_tokens: int, output_tokens: int) -> dict[str, Any]:
    usd, unpriced = bedrock_price.cost(config.bedrock_model_id, config.aws_region, input_tokens, output_tokens)
    return {"input_tokens": input_tokens, "output_tokens": output_tokens, "usd": usd, "unpriced": unpriced}
