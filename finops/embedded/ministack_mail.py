"""Sending mail in the embedded AWS, allowed as IAM allows it; put in place by `finops/embedded/ministack_server.py`.

ministack 1.5.33 asks IAM whether ses:SendEmail is allowed on "*", and tells it nothing of the mail: a role that may send from one identity,
under the condition ses:FromAddress, may then send nothing. Here it is asked about the sender's identity, with the sender's address.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
"""

from __future__ import annotations

import json
from email.utils import parseaddr
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id

SEND_EMAIL = "/v2/email/outbound-emails"

_enforce_ses_v2 = app._enforce_ses_v2


def enforce_ses_v2(method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str) -> Any:
    """The refusal of a request to SES, None when it is allowed."""
    if (method, path.rstrip("/")) != ("POST", SEND_EMAIL):
        return _enforce_ses_v2(method, path, headers, body, query, request_id)
    sender = parseaddr(json.loads(body).get("FromEmailAddress", ""))[1]
    identity = f"arn:aws:ses:{app.extract_region(headers, query)}:{get_account_id()}:identity/{sender}"
    return app._enforce_data_plane(
        "sesv2",
        "ses:SendEmail",
        headers,
        query,
        request_id,
        resource_arn=identity,
        named_resource=identity,
        service_context={"ses:FromAddress": sender},
    )


def put_right() -> None:
    """Put ours in the place of ministack's."""
    app._enforce_ses_v2 = enforce_ses_v2
