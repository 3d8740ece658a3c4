"""Answers with pages, given to real clients where they would send: moto and the embedded AWS answer most listings in one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from botocore.model import OperationModel

from functions.core.aws.clients import Aws
from functions.core.aws.main_listing import ANSWERS, ASKS

Answer = Mapping[str, Any]
Given = Sequence[Answer] | Callable[[Mapping[str, Any]], Answer]
"""The pages of a listing; or, for any other operation, what makes the answer of the parameters."""

ACCOUNT, REGION = "123456789012", "us-east-1"
THEN = datetime(2026, 1, 1, tzinfo=UTC)
PAGES, ON_A_PAGE = 4, 7
"""Less than any collector takes together, and no divisor of it."""


def pages(key: str, item: Callable[[int], Any]) -> list[Answer]:
    """The pages of a listing; `item` makes the nth thing."""
    return [{key: [item(page * ON_A_PAGE + place) for place in range(ON_A_PAGE)]} for page in range(PAGES)]


def nothing(**answer: Any) -> Callable[[Mapping[str, Any]], Answer]:
    """The same answer to every request."""
    return lambda parameters: answer


class Answers:
    """`given`: by "service:Operation". The token of the nth page is "page-<n>"; with another `word`, tokens from before are refused.

    `asked`: the pages of listings that were asked for. `before`: called before each request, and may raise.
    """

    def __init__(self, given: Mapping[str, Given], before: Callable[[str], None] = lambda operation: None) -> None:
        self.given, self.before = given, before
        self.asked: list[tuple[str, int]] = []
        self.word = "page"
        self._parameters: dict[str, Mapping[str, Any]] = {}

    @contextmanager
    def taken_by(self, client: Any, service: str) -> Iterator[None]:
        """The client answers as given and sends nothing."""

        def note(params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
            self._parameters[model.name] = dict(params)

        def answer(model: OperationModel, **_: Any) -> tuple[Any, Answer]:
            operation = f"{service}:{model.name}"
            self.before(operation)
            parsed = {"ResponseMetadata": {"HTTPStatusCode": 200}, **self._answer(operation, model, self._parameters[model.name])}
            return type("Sent", (), {"status_code": 200}), parsed

        client.meta.events.register("before-parameter-build", note)
        client.meta.events.register("before-call", answer)
        try:
            yield
        finally:
            client.meta.events.unregister("before-parameter-build", note)
            client.meta.events.unregister("before-call", answer)

    def _answer(self, operation: str, model: OperationModel, parameters: Mapping[str, Any]) -> Answer:
        given = self.given[operation]
        if callable(given):
            return given(parameters)
        token = next((parameters[name] for name in ASKS if name in parameters), f"{self.word}-1")
        word, _, number = token.partition("-")
        if word != self.word:
            error = {"Code": "InvalidNextToken", "Message": f"The token '{token}' was invalid"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, model.name)  # type: ignore[typeddict-item]
        page = int(number)
        self.asked.append((operation, page))
        assert model.output_shape is not None
        name = next(name for name in reversed(ANSWERS) if name in model.output_shape.members)
        return {**given[page - 1], **({name: f"{self.word}-{page + 1}"} if page < len(given) else {})}

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Clients in scanned accounts answer so."""
        make = Aws.client
        with ExitStack() as stack:

            def client(aws: Aws, service: str) -> Any:
                new, made = service not in aws.clients, make(aws, service)
                if new:
                    stack.enter_context(self.taken_by(made, service))
                return made

            stack.enter_context(patch.object(Aws, "client", client))
            yield
