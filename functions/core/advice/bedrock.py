"""One honest attempt at Bedrock's Converse: the model must answer with one tool, whose input is the answer, or a typed error says why not.

    client = bedrock.client(timeout_seconds=10)
    answer = bedrock.ask(client, model_id, system=…, facts=…, tool=Tool("give_advice", …, schema), max_tokens=2000)

Nothing is tried again here: the state machine does that, by the error's name. `functions/core/errors.py` says what each one means.
A model that thinks unless told not to is told so: see thinking.py.
Codes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors and
https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import lru_cache
from threading import Thread
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError
from pydantic.alias_generators import to_camel

from functions.core.advice import thinking
from functions.core.aws import sessions
from functions.core.errors import BedrockDenied, BedrockRefused, BedrockThrottled, BedrockTimeout, BedrockUnavailable, FinOpsError

T = TypeVar("T")

THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"})
TIMED_OUT = frozenset({"ModelTimeoutException", "RequestTimeout", "RequestTimeoutException"})
UNAVAILABLE = frozenset(
    {
        "InternalServerException",
        "ServiceUnavailableException",
        "ModelNotReadyException",  # comes with 429, and is no throttling
        "ModelErrorException",  # 424: the model failed while it worked on the request
    }
)
WHOLE = frozenset({"tool_use", "end_turn", "stop_sequence"})
"""Stop reasons of an answer that is complete. Others say that it was cut off, filtered or malformed."""

GRACE_SECONDS = 0.25
"""Between the end of a read that waits too long and the end of the whole attempt, so that the usual timeout closes its own connection."""


@dataclass(slots=True, frozen=True)
class Tool:
    """What the model must fill in: `schema` is the JSON schema of an object."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class ModelAnswer:
    """`tool_input` is what the model filled in, not yet checked against anything. `seconds` that the attempt took."""

    tool_input: dict[str, Any]
    stop_reason: str
    input_tokens: int
    output_tokens: int
    seconds: float


class _Part(BaseModel):
    """A part of Converse's reply, as far as we need it."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _ToolUse(_Part):
    name: str
    input: Any


class _Block(_Part):
    tool_use: _ToolUse | None = None
    text: str | None = None
    reasoning_content: Any = None


class _Message(_Part):
    content: list[_Block] | None = None

    @property
    def only_thought(self) -> bool:
        """There is thinking, and nothing else."""
        blocks = self.content or []
        return bool(blocks) and all(block.reasoning_content is not None and not (block.tool_use or block.text) for block in blocks)


class _Output(_Part):
    message: _Message


class _Usage(_Part):
    input_tokens: NonNegativeInt
    output_tokens: NonNegativeInt


class _Billed(_Part):
    usage: _Usage


class _Reply(_Billed):
    output: _Output
    stop_reason: str


@lru_cache(maxsize=4)
def client(timeout_seconds: float) -> Any:
    """A client whose attempts end after `timeout_seconds`, made once. Threads may share it."""
    made = sessions.bedrock_client(timeout_seconds)
    made.meta.events.register("before-parse.bedrock-runtime.Converse", _keep_body)
    return made


def _keep_body(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """botocore trusts a reply to have its shape and stumbles over any other, so it gets nothing to stumble over; we read it ourselves."""
    body: bytes = response_dict["body"]
    if response_dict["status_code"] < 300:
        customized_response_dict["body"] = body
        response_dict["body"] = b"{}"
        return
    try:
        readable = isinstance(json.loads(body), dict)
    except ValueError:
        readable = False
    if not readable:
        response_dict["body"] = b"{}"


def ask(bedrock: Any, model_id: str, *, system: str, facts: str, tool: Tool, max_tokens: int) -> ModelAnswer:
    """One request. It ends at the latest `GRACE_SECONDS` after the client's read timeout, even when the answer drips in byte by byte.

    `bedrock` is what `client` gave. Raises BedrockThrottled, BedrockTimeout, BedrockUnavailable (an outage: ask again later),
    BedrockDenied (a person must act), or BedrockRefused, with the tokens that it cost, for an answer that is cut off or lacks the
    tool's input.
    """
    started = time.monotonic()
    ways = thinking.ways(model_id)
    # No temperature: some models refuse it.
    request: dict[str, Any] = {
        "modelId": model_id,
        "system": [{"text": system}],
        "messages": [{"role": "user", "content": [{"text": facts}]}],
        "inferenceConfig": {"maxTokens": max_tokens},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": tool.name, "description": tool.description, "inputSchema": {"json": tool.schema}}}],
            "toolChoice": {"tool": {"name": tool.name}} if ways.forced else {"auto": {}},
        },
        **({"additionalModelRequestFields": ways.fields} if ways.fields else {}),
    }
    seconds: float = bedrock.meta.config.read_timeout
    try:
        reply: dict[str, Any] = _within(seconds + GRACE_SECONDS, lambda: bedrock.converse(**request))
    except ClientError as error:
        raise _by_code(error, model_id) from error
    except (ReadTimeoutError, ConnectTimeoutError) as error:
        raise BedrockTimeout(f"{model_id}: {error}") from error
    except (NoConnection, HTTPClientError) as error:
        raise BedrockUnavailable(f"{model_id}: {error}") from error
    except BotoCoreError as error:
        raise BedrockDenied(f"{model_id}: no request could be made: {error}") from error
    return _read(reply["body"], model_id, tool.name, time.monotonic() - started)


def _read(body: bytes, model_id: str, tool_name: str, seconds: float) -> ModelAnswer:
    try:
        reply = _Reply.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False, include_url=False)[:3]
        )
        raise BedrockRefused(f"{model_id}: the answer has not the shape of Converse: {wrong}", *_billed(body)) from None
    used, message = (reply.usage.input_tokens, reply.usage.output_tokens), reply.output.message
    if reply.stop_reason not in WHOLE:
        spent = f", and all of its {used[1]:,} tokens were thinking" if message.only_thought else ""
        raise BedrockRefused(f"{model_id}: the answer is not whole: it ended with {reply.stop_reason}{spent}", *used)
    if message.only_thought:
        raise BedrockRefused(f"{model_id}: the model thought, and did not answer ({used[1]:,} tokens)", *used)
    for block in message.content or ():
        if block.tool_use and block.tool_use.name == tool_name and isinstance(block.tool_use.input, dict):
            return ModelAnswer(block.tool_use.input, reply.stop_reason, *used, seconds)
    raise BedrockRefused(f"{model_id}: the answer does not fill in the tool {tool_name}", *used)


def _billed(body: bytes) -> tuple[int, int]:
    """The tokens of an answer that cannot be read otherwise: they are billed all the same. Zeros where not even they can be read."""
    try:
        usage = _Billed.model_validate_json(body).usage
    except ValidationError:
        return 0, 0
    return usage.input_tokens, usage.output_tokens


def _by_code(error: ClientError, model_id: str) -> FinOpsError:
    """By the error's code, and by the HTTP status where the code says nothing (a proxy's answer, a code that is new)."""
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    about = error.response.get("ResponseMetadata", {})
    status = about.get("HTTPStatusCode", 0)
    said = f"{model_id}: {code}: {message} (HTTP {status}, request {about.get('RequestId', 'unknown')})"
    if code in UNAVAILABLE:
        return BedrockUnavailable(said)
    if code in THROTTLED or status == 429:
        return BedrockThrottled(said)
    if code in TIMED_OUT or status == 408:
        return BedrockTimeout(said)
    return BedrockUnavailable(said) if status >= 500 else BedrockDenied(said)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns or raises, or BedrockTimeout after `seconds`.

    A socket's timeout is for each read: a server that sends a byte now and then is never too late, and looking up a name has no timeout
    at all. So a thread makes the call. One that is too late is left alone, and its answer is dropped.
    """
    outcome: Future[T] = Future()
    Thread(target=_settle, args=(outcome, call), daemon=True, name="bedrock").start()
    if not wait([outcome], seconds).done:
        raise BedrockTimeout(f"no whole answer within {seconds:g} s")
    return outcome.result()


def _settle(outcome: Future[T], call: Callable[[], T]) -> None:
    with _PassedOn(outcome):
        outcome.set_result(call())


class _PassedOn:
    """Hands what the block raises to the thread that waits for `outcome`."""

    def __init__(self, outcome: Future[Any]) -> None:
        self._outcome = outcome

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if error is not None:
            self._outcome.set_exception(error)
        return True
