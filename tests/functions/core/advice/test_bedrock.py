"""One attempt at Bedrock: real boto3 against a scripted server. What each reply becomes, how many requests are made, and when it ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.core.advice import bedrock
from functions.core.advice.bedrock import GRACE_SECONDS, ModelAnswer, Tool
from functions.core.errors import (
    BedrockDenied,
    BedrockOutage,
    BedrockRefused,
    BedrockThrottled,
    BedrockTimeout,
    BedrockUnavailable,
    FinOpsError,
)
from functions.core.settings import Settings
from tests.scripted_bedrock import (
    Reaction,
    ScriptedBedrock,
    answer,
    down,
    drip,
    fail,
    garbage,
    hang_up,
    invent,
    late,
    misshapen,
    say,
    think,
    throttle,
)

MODEL = "us.anthropic.some-model-v1:0"
TOOL = Tool("give_advice", "Fill in the advice.", {"type": "object", "properties": {"advice": {"type": "string"}}, "required": ["advice"]})
ADVICE = {"advice": "Delete vol-1."}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    bedrock.client.cache_clear()
    yield
    bedrock.client.cache_clear()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedBedrock]:
    with ScriptedBedrock() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def ask(timeout_seconds: float = 5.0, model: str = MODEL) -> ModelAnswer:
    return bedrock.ask(bedrock.client(timeout_seconds), model, system="Be brief.", facts="vol-1 is idle.", tool=TOOL, max_tokens=500)


def error_of(reaction: Reaction, server: ScriptedBedrock, timeout_seconds: float = 5.0) -> tuple[FinOpsError, float]:
    """What an attempt raises, and after how many seconds. Exactly one request is made."""
    server.play(reaction)
    server.forget()
    bedrock.client(timeout_seconds)
    started = time.monotonic()
    with pytest.raises(FinOpsError) as caught:
        ask(timeout_seconds)
    seconds = time.monotonic() - started
    assert len(server.calls) == 1
    return caught.value, seconds


def test_the_model_is_made_to_fill_in_the_tool(scripted: ScriptedBedrock) -> None:
    scripted.play(answer(ADVICE, input_tokens=321, output_tokens=45))
    given = ask()
    assert (given.tool_input, given.stop_reason, given.input_tokens, given.output_tokens) == (ADVICE, "tool_use", 321, 45)
    assert 0 < given.seconds < 5
    (call,) = scripted.calls
    assert call.model_id == MODEL
    assert call.request == {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "vol-1 is idle."}]}],
        "inferenceConfig": {"maxTokens": 500},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": TOOL.name, "description": TOOL.description, "inputSchema": {"json": TOOL.schema}}}],
            "toolChoice": {"tool": {"name": TOOL.name}},
        },
    }


@pytest.mark.parametrize(
    ("model", "fields", "choice"),
    [
        ("global.anthropic.claude-haiku-5-5", {"thinking": {"type": "disabled"}}, {"tool": {"name": TOOL.name}}),
        ("us.anthropic.claude-opus-5-5", {"output_config": {"effort": "low"}}, {"auto": {}}),
        ("amazon.nova-lite-v1:0", None, {"tool": {"name": TOOL.name}}),
    ],
)
def test_a_model_is_kept_from_thinking_in_its_own_way(model: str, fields: Any, choice: Any, scripted: ScriptedBedrock) -> None:
    scripted.play(answer(ADVICE, thought=True))
    assert ask(model=model).tool_input == ADVICE
    (call,) = scripted.calls
    assert (call.request.get("additionalModelRequestFields"), call.request["toolConfig"]["toolChoice"]) == (fields, choice)


@pytest.mark.parametrize(
    ("reaction", "said"),
    [
        (think(), "the model thought, and did not answer (500 tokens)"),
        (think("max_tokens"), "the answer is not whole: it ended with max_tokens, and all of its 500 tokens were thinking"),
        (answer(ADVICE, stop_reason="max_tokens", thought=True), "the answer is not whole: it ended with max_tokens"),
        (answer(ADVICE, stop_reason="model_context_window_exceeded"), "it ended with model_context_window_exceeded"),
        (say("no"), "the answer does not fill in the tool give_advice"),
        (answer("text", thought=True), "the answer does not fill in the tool give_advice"),
    ],
)
def test_what_was_thought_is_told_from_what_was_answered(reaction: Reaction, said: str, scripted: ScriptedBedrock) -> None:
    error, _ = error_of(reaction, scripted)
    assert type(error) is BedrockRefused
    assert str(error).endswith(said)


USED = {"inputTokens": 7, "outputTokens": 3}


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"output": {"message": {"role": "assistant"}}, "stopReason": "max_tokens", "usage": USED}, (7, 3)),
        ({"output": {"message": {"content": None}}, "stopReason": "max_tokens", "usage": USED}, (7, 3)),
        ({"output": {"message": {"content": []}}, "stopReason": "end_turn", "usage": USED}, (7, 3)),
        ({"output": {}, "stopReason": "max_tokens", "usage": USED}, (7, 3)),
        ({"output": {"message": {"content": "text"}}, "stopReason": "end_turn", "usage": USED}, (7, 3)),
        ({"output": {"message": {"content": "text"}}, "stopReason": "end_turn", "usage": {"inputTokens": -1}}, (0, 0)),
    ],
)
def test_an_answer_without_content_is_refused_with_what_it_cost(body: Any, tokens: tuple[int, int], scripted: ScriptedBedrock) -> None:
    error, _ = error_of(misshapen(body), scripted)
    assert isinstance(error, BedrockRefused)
    assert (error.input_tokens, error.output_tokens) == tokens


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [
        (throttle(), BedrockThrottled),
        (fail("TooManyRequestsException", 429), BedrockThrottled),
        (fail("ServiceQuotaExceededException", 400), BedrockThrottled),
        (fail("SomethingNew", 429), BedrockThrottled),
        (fail("ModelTimeoutException", 408), BedrockTimeout),
        (fail("RequestTimeoutException", 408), BedrockTimeout),
        (fail("SomethingNew", 408), BedrockTimeout),
        (down(500), BedrockUnavailable),
        (down(502), BedrockUnavailable),
        (down(503), BedrockUnavailable),
        (fail("SomethingNew", 504), BedrockUnavailable),
        (garbage(status=500), BedrockUnavailable),
        (misshapen([1], 500), BedrockUnavailable),
        (fail("ModelNotReadyException", 429), BedrockUnavailable),
        (fail("ModelErrorException", 424), BedrockUnavailable),
        (hang_up(), BedrockUnavailable),
        (fail("AccessDeniedException", 403), BedrockDenied),
        (fail("UnrecognizedClientException", 403), BedrockDenied),
        (fail("ResourceNotFoundException", 404), BedrockDenied),
        (fail("ValidationException", 400), BedrockDenied),
        (fail("SomethingNew", 499), BedrockDenied),
        (garbage(status=400), BedrockDenied),
        (garbage(), BedrockRefused),
        (garbage(b""), BedrockRefused),
        (misshapen([]), BedrockRefused),
        (misshapen(None), BedrockRefused),
        (misshapen({}), BedrockRefused),
        (misshapen({"output": [], "stopReason": "tool_use"}), BedrockRefused),
        (misshapen({"output": {"message": {"content": "text"}}, "stopReason": "tool_use", "usage": {}}), BedrockRefused),
        (answer("not an object"), BedrockRefused),
        (answer([ADVICE]), BedrockRefused),
        (say("You could delete vol-1."), BedrockRefused),
        (answer(ADVICE, stop_reason="max_tokens"), BedrockRefused),
        (answer(ADVICE, stop_reason="guardrail_intervened"), BedrockRefused),
    ],
)
def test_each_reply_has_its_error_and_nothing_is_tried_again(
    reaction: Reaction, expected: type[FinOpsError], scripted: ScriptedBedrock
) -> None:
    error, _ = error_of(reaction, scripted)
    assert type(error) is expected
    assert str(error).startswith(f"{MODEL}: ")


def test_outages_and_refusals_are_told_apart() -> None:
    """The breaker counts the first and not the second."""
    assert {BedrockThrottled, BedrockTimeout, BedrockUnavailable} == set(BedrockOutage.__subclasses__())
    assert issubclass(BedrockDenied, BedrockRefused)
    assert not issubclass(BedrockRefused, BedrockOutage)


def test_a_denial_says_what_aws_says(scripted: ScriptedBedrock) -> None:
    error, _ = error_of(fail("AccessDeniedException", 403, "You don't have access to the model."), scripted)
    assert str(error).startswith(f"{MODEL}: AccessDeniedException: You don't have access to the model. (HTTP 403, request ")


def test_a_misshapen_answer_says_where(scripted: ScriptedBedrock) -> None:
    error, _ = error_of(misshapen({"output": {"message": {"content": [5]}}}), scripted)
    assert "output.message.content.0" in str(error)


@pytest.mark.parametrize("reaction", [say("no"), answer(ADVICE, stop_reason="max_tokens"), answer("text"), think()])
def test_a_refused_answer_was_paid_for(reaction: Reaction, scripted: ScriptedBedrock) -> None:
    error, _ = error_of(reaction, scripted)
    assert isinstance(error, BedrockRefused)
    assert error.input_tokens > 0 < error.output_tokens


@pytest.mark.parametrize("stop_reason", ["tool_use", "end_turn", "stop_sequence"])
def test_an_answer_that_is_whole_is_taken(stop_reason: str, scripted: ScriptedBedrock) -> None:
    scripted.play(answer(ADVICE, stop_reason=stop_reason))
    assert ask().tool_input == ADVICE


def test_nobody_listens(scripted: ScriptedBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(BedrockUnavailable, match="Could not connect"):
            ask()


def test_without_credentials_no_request_is_made(scripted: ScriptedBedrock, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(BedrockDenied, match="no request could be made: Unable to locate credentials"):
        ask()
    assert scripted.calls == []


def test_a_request_that_botocore_knows_to_be_wrong_is_not_made(scripted: ScriptedBedrock) -> None:
    with pytest.raises(BedrockDenied, match="no request could be made"):
        bedrock.ask(bedrock.client(5.0), MODEL, system="s", facts="f", tool=TOOL, max_tokens=0)
    assert scripted.calls == []


# When it ends


@pytest.fixture
def full_house() -> Iterator[str]:
    """The URL of a socket that takes no connection: its queue is full, and nobody accepts."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    "reaction",
    [late(30, answer(ADVICE)), drip(0.4, answer(ADVICE)), drip(0.01, answer({"advice": "x" * 2000})), late(0.9, drip(0.4, answer(ADVICE)))],
    ids=["silence", "drip", "fast drip", "late drip"],
)
def test_it_ends_in_time(reaction: Reaction, scripted: ScriptedBedrock) -> None:
    def attempt() -> float:
        error, seconds = error_of(reaction, scripted, timeout_seconds=1.0)
        assert type(error) is BedrockTimeout
        return seconds

    ends_within(1.0, 2.0, attempt)  # a call may end one second after its timeout, not later: 11 s for the default of 10


def ends_within(low: float, high: float, attempt: Callable[[], float]) -> None:
    """The seconds that an attempt says are within both. A busy machine is late now and then, a mistake of ours is late three times."""
    for left in (2, 1, 0):
        seconds = attempt()
        assert seconds >= low
        if seconds <= high:
            return
        assert left, f"{seconds:.2f} s, and longer than {high:g} s twice before"


def seconds_of_timeout(timeout_seconds: float, match: str | None = None) -> float:
    bedrock.client(timeout_seconds)
    started = time.monotonic()
    with pytest.raises(BedrockTimeout, match=match):
        ask(timeout_seconds)
    return time.monotonic() - started


def test_it_ends_in_time_when_nobody_accepts(full_house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", full_house)
    ends_within(0.0, 2.0, lambda: seconds_of_timeout(1.0))


@pytest.mark.e2e
def test_connecting_takes_three_seconds_at_the_most(full_house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", full_house)
    ends_within(3.0, 3.5, lambda: seconds_of_timeout(10.0, "Connect timeout"))


def test_ten_seconds_are_never_eleven(scripted: ScriptedBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `test_it_ends_in_time` measures at one second holds at three, and the default's ten are waited for in the same two places."""

    def attempt() -> float:
        error, seconds = error_of(drip(0.4, answer(ADVICE)), scripted, timeout_seconds=3.0)
        assert type(error) is BedrockTimeout
        return seconds

    ends_within(3.0, 4.0, attempt)
    waited: list[float] = []

    def within(seconds: float, call: Callable[[], Any]) -> Any:
        waited.append(seconds)
        return call()

    monkeypatch.setattr(bedrock, "_within", within)
    scripted.play(answer(ADVICE))
    timeout = Settings.model_fields["bedrock_timeout_seconds"].default
    ask(timeout)
    assert timeout == bedrock.client(timeout).meta.config.read_timeout == 10
    assert waited == [10 + GRACE_SECONDS]
    assert GRACE_SECONDS < 1


def test_an_answer_just_in_time_is_taken(scripted: ScriptedBedrock) -> None:
    scripted.play(late(1.2, answer(ADVICE)))
    assert 1.2 <= ask(timeout_seconds=2.0).seconds < 2.0 + GRACE_SECONDS


def test_an_attempt_that_was_too_late_does_not_disturb_the_next(scripted: ScriptedBedrock) -> None:
    scripted.play(drip(0.4, answer({"advice": "too late"})), answer(ADVICE))
    with pytest.raises(BedrockTimeout):
        ask(timeout_seconds=1.5)
    assert ask(timeout_seconds=1.5).tool_input == ADVICE


def test_silence_leaves_no_thread_behind(scripted: ScriptedBedrock) -> None:
    """The silence is of thirty seconds: a thread that waits for its end is still there after ten."""
    error_of(late(30, answer(ADVICE)), scripted, timeout_seconds=0.5)
    deadline = time.monotonic() + 10
    while [thread.name for thread in threading.enumerate() if thread.name == "bedrock"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("error", [KeyError("a bug"), SystemExit(3)])
def test_a_mistake_of_ours_is_not_taken_for_bedrocks(error: BaseException) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        bedrock._within(5, call)
    assert caught.value is error


# The scripted server itself


def test_the_script_is_played_in_order_and_its_last_reaction_stays(scripted: ScriptedBedrock) -> None:
    scripted.play(throttle(), down(), answer(ADVICE))
    assert [kind_of(ask) for _ in range(5)] == [BedrockThrottled, BedrockUnavailable, ModelAnswer, ModelAnswer, ModelAnswer]
    assert len(scripted.calls) == 5
    assert [call.started for call in scripted.calls] == sorted(call.started for call in scripted.calls)


def kind_of(attempt: Callable[[], Any]) -> type[Any]:
    try:
        return type(attempt())
    except FinOpsError as error:
        return type(error)


def test_an_answer_can_be_made_from_the_question(scripted: ScriptedBedrock) -> None:
    scripted.play(answer(lambda call: {"advice": f"{call.system} {call.text} {sorted(call.tool['inputSchema']['json']['required'])}"}))
    assert ask().tool_input == {"advice": "Be brief. vol-1 is idle. ['advice']"}


def test_an_answer_can_be_about_what_does_not_exist(scripted: ScriptedBedrock) -> None:
    scripted.play(invent(ADVICE, **{"vol-1": "vol-0000invented"}))
    assert ask().tool_input == {"advice": "Delete vol-0000invented."}


def test_it_counts_what_is_under_way_at_once(scripted: ScriptedBedrock) -> None:
    scripted.play(late(1.0, answer(ADVICE)))
    client = bedrock.client(5.0)
    threads = [
        threading.Thread(target=bedrock.ask, args=(client, MODEL), kwargs={"system": "s", "facts": "f", "tool": TOOL, "max_tokens": 9})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scripted.most_at_once() == 3
    ask()
    assert scripted.most_at_once() == 3
