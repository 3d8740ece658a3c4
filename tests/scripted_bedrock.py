"""A Bedrock runtime on 127.0.0.1 that does what a script says: it speaks Converse, answers, throttles, dawdles, fails or talks nonsense.

    with ScriptedBedrock(throttle(), throttle(), answer({"actions": []})) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", bedrock.url)

Each call takes the next reaction of the script; the last one stays. `bedrock.calls` says what was asked, when, and for how long. Real
boto3 talks to it, in this process or, by `bedrock.environment`, in another one (a Lambda of the embedded AWS).
Shapes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

THOUGHT = {"reasoningContent": {"reasoningText": {"text": "", "signature": "c2lnbmVk"}}}
"""As models give it whose thinking is not shown. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html"""
HANG_UP = -1
"""Instead of a status: the connection is closed without a word."""


@dataclass(slots=True)
class Call:
    """One request. `started` and `ended` are `time.monotonic()`; `ended` is None while the reaction is under way."""

    model_id: str
    request: dict[str, Any]
    started: float
    ended: float | None = None

    @property
    def text(self) -> str:
        """What the user says: the facts."""
        return "\n".join(block.get("text", "") for message in self.request["messages"] for block in message["content"])

    @property
    def system(self) -> str:
        return "\n".join(block.get("text", "") for block in self.request.get("system", ()))

    @property
    def tool(self) -> dict[str, Any]:
        """The specification of the tool that the model is made to use, or may use: name, description, inputSchema."""
        specs: list[dict[str, Any]] = [one["toolSpec"] for one in self.request["toolConfig"]["tools"]]
        if "auto" in self.request["toolConfig"]["toolChoice"]:
            return specs[0]
        name = self.request["toolConfig"]["toolChoice"]["tool"]["name"]
        return next(spec for spec in specs if spec["name"] == name)


@dataclass(slots=True)
class Reply:
    """`wait_seconds` before anything is sent, `drip_seconds` between two bytes of the body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    wait_seconds: float = 0.0
    drip_seconds: float = 0.0


Reaction = Callable[[Call], Reply]


def answer(
    tool_input: Any | Callable[[Call], Any],
    *,
    stop_reason: str = "tool_use",
    input_tokens: int = 1200,
    output_tokens: int = 150,
    thought: bool = False,
) -> Reaction:
    """The tool's input as given, or made from the call. `thought`: the model's thinking stands before it."""

    def reaction(call: Call) -> Reply:
        filled = tool_input(call) if callable(tool_input) else tool_input
        block = {"toolUse": {"toolUseId": f"tooluse_{uuid.uuid4().hex[:22]}", "name": call.tool["name"], "input": filled}}
        return _converse([*([THOUGHT] if thought else ()), block], stop_reason, input_tokens, output_tokens)

    return reaction


def invent(tool_input: Any | Callable[[Call], Any], **invented: str) -> Reaction:
    """An answer in which each of the names is replaced: `invent(advice, **{"vol-1": "vol-0000made0up"})`."""

    def replaced(call: Call) -> Any:
        text = json.dumps(tool_input(call) if callable(tool_input) else tool_input)
        for real, made_up in invented.items():
            text = text.replace(real, made_up)
        return json.loads(text)

    return answer(replaced)


def say(text: str) -> Reaction:
    """Words, and no use of the tool."""
    return lambda call: _converse([{"text": text}], "end_turn", 1200, 40)


def think(stop_reason: str = "end_turn") -> Reaction:
    """Thinking, and nothing else; "max_tokens": because there was no room for more."""
    return lambda call: _converse([THOUGHT], stop_reason, 1200, call.request["inferenceConfig"]["maxTokens"])


def fail(code: str, status: int, message: str = "scripted") -> Reaction:
    """An error as AWS words it: the code in a header."""
    body = json.dumps({"message": message}).encode()
    return lambda call: Reply(status, body, {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/coral/com.amazon.bedrock/"})


def throttle() -> Reaction:
    """Too many requests."""
    return fail("ThrottlingException", 429, "Too many requests, please wait before trying again.")


def down(status: int = 503) -> Reaction:
    """Dead: a 5xx at once."""
    code = {500: "InternalServerException", 503: "ServiceUnavailableException"}.get(status)
    return fail(code, status, "Bedrock is unable to process your request.") if code else garbage(b"<html>Bad gateway</html>", status)


def garbage(body: bytes = b"%PDF-1.7 \xff\xfe not what you asked for", status: int = 200) -> Reaction:
    """Bytes that are no answer at all."""
    return lambda call: Reply(status, body)


def misshapen(body: Any, status: int = 200) -> Reaction:
    """JSON, but not of Converse's shape."""
    return garbage(json.dumps(body).encode(), status)


def hang_up() -> Reaction:
    """The connection ends before the answer begins."""
    return lambda call: Reply(HANG_UP, b"")


def late(seconds: float, then: Reaction) -> Reaction:
    """Nothing for so long, then another reaction."""

    def reaction(call: Call) -> Reply:
        reply = then(call)
        reply.wait_seconds += seconds
        return reply

    return reaction


def drip(seconds: float, then: Reaction) -> Reaction:
    """Another reaction, with a pause after each byte of its body: no single read waits long, and the whole takes for ever."""

    def reaction(call: Call) -> Reply:
        reply = then(call)
        reply.drip_seconds = seconds
        return reply

    return reaction


def _converse(content: list[dict[str, Any]], stop_reason: str, input_tokens: int, output_tokens: int) -> Reply:
    body = {
        "metrics": {"latencyMs": 812},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": input_tokens, "outputTokens": output_tokens, "totalTokens": input_tokens + output_tokens},
    }
    return Reply(200, json.dumps(body).encode())


class ScriptedBedrock:
    """The server, until its block is left. Every thread may use it."""

    def __init__(self, *script: Reaction) -> None:
        self._script = list(script) or [down()]
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What turns boto3's bedrock-runtime in another process here."""
        return {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.url, "NO_PROXY": "127.0.0.1"}

    @property
    def calls(self) -> list[Call]:
        """Those so far, in the order in which they came."""
        with self._lock:
            return list(self._calls)

    def most_at_once(self) -> int:
        """How many calls were under way at the same time, at the most."""
        edges = sorted(edge for call in self.calls for edge in ((call.started, 1), (call.ended or float("inf"), -1)))
        most = now = 0
        for _, step in edges:
            now += step
            most = max(most, now)
        return most

    def play(self, *script: Reaction) -> None:
        """A new script, from the next call on. The calls so far stay counted."""
        with self._lock:
            self._script = list(script)

    def forget(self) -> None:
        """No calls so far."""
        with self._lock:
            self._calls.clear()

    def react(self, model_id: str, request: dict[str, Any]) -> tuple[Call, Reply]:
        """Count a call, and say what is to be done about it."""
        call = Call(model_id, request, time.monotonic())
        with self._lock:
            self._calls.append(call)
            reaction = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return call, reaction(call)

    def pause(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        if seconds:
            self._closing.wait(seconds)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection for as long as it likes
    request_queue_size = 512


def _handler(bedrock: ScriptedBedrock) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the name is http.server's
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = self.path.strip("/").split("/")
            if len(parts) != 3 or (parts[0], parts[2]) != ("model", "converse"):
                self._send(Reply(404, b'{"message": "only Converse is spoken here"}', {"x-amzn-ErrorType": "UnknownOperationException"}))
                return
            call, reply = bedrock.react(unquote(parts[1]), json.loads(body))
            bedrock.pause(reply.wait_seconds)
            if not reply.drip_seconds:
                call.ended = time.monotonic()  # before the client knows: what it does then comes later, however busy this machine is
            try:
                self._send(reply)
            except OSError:  # the client has had enough
                self.close_connection = True
            finally:
                call.ended = call.ended or time.monotonic()

        def _send(self, reply: Reply) -> None:
            if reply.status == HANG_UP:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": "application/json",
                "x-amzn-RequestId": str(uuid.uuid4()),
                "Content-Length": str(len(reply.body)),
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if not reply.drip_seconds:
                self.wfile.write(reply.body)
                return
            for position in range(len(reply.body)):
                self.wfile.write(reply.body[position : position + 1])
                bedrock.pause(reply.drip_seconds)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the calls are in `calls`."""

    return Handler
