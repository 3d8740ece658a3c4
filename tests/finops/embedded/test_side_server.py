"""moto is told whose request it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from finops.embedded.side_server import ByAccount, account_finder


@pytest.mark.parametrize(
    ("authorization", "account"),
    [
        (
            "AWS4-HMAC-SHA256 Credential=222222222222/20261124/us-east-1/elasticloadbalancing/aws4_request, SignedHeaders=host",
            "222222222222",
        ),
        # pragma: allowlist nextline secret
        ("AWS4-HMAC-SHA256 Credential=ASIA0123456789ABCDEF/20261124/us-east-1/ce/aws4_request", "of ASIA0123456789ABCDEF"),
        ("", None),
    ],
)
def test_a_request_is_labelled_with_the_account_of_its_access_key(authorization: str, account: str | None) -> None:
    seen: dict[str, Any] = {}

    def moto(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ)
        return [b"answer"]

    labelled = ByAccount(moto, lambda key: key if key.isdigit() else f"of {key}")
    environ = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    assert labelled(environ, None) == [b"answer"]
    assert seen.get("HTTP_X_MOTO_ACCOUNT_ID") == account


def test_twelve_digits_are_the_account_itself_and_nobody_is_asked() -> None:
    nowhere = account_finder("http://127.0.0.1:1", "111111111111", "x")
    assert nowhere("333333333333") == "333333333333"
