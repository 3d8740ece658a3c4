"""Sending mail in the embedded AWS, allowed as IAM allows it; put in place by `finops/embedded/ministack/server.py`.

ministack 1.5.33 asks IAM whether ses:SendEmail is allowed on "*", and tells it nothing of the mail: a role that may send from one identity,
under the condition ses:FromAddress, may then send nothing. Here it is asked about the sender's identity, with the sender's address, and
about the configuration set that the mail goes through: the one that it names, or the default one of the identity, which ministack lacks.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
"""

from __future__ import annotations

import json
import re
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core.responses import get_account_id

SEND_EMAIL = "/v2/email/outbound-emails"
DEFAULT_OF_IDENTITY = re.compile(r"/v2/email/identities/([^/]+)/configuration-set")
"""PutEmailIdentityConfigurationSetAttributes."""
DONE = (200, {"Content-Type": "application/json"}, b"{}")

_defaults: dict[tuple[str, str, str], str] = {}
"""Account, region and identity → its default configuration set."""

_enforce_ses_v2 = app._enforce_ses_v2


def enforce_ses_v2(method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str) -> Any:
    """The refusal of a request to SES, None when it is allowed, or the answer to what ministack does not know."""
    place = (get_account_id(), app.extract_region(headers, query))
    if (method, path.rstrip("/")) != ("POST", SEND_EMAIL):
        refusal = _enforce_ses_v2(method, path, headers, body, query, request_id)
        if refusal is None and method == "PUT" and (identity := DEFAULT_OF_IDENTITY.fullmatch(path)):
            _defaults[*place, unquote(identity[1])] = json.loads(body).get("ConfigurationSetName", "")
            return DONE
        return refusal
    request = json.loads(body)
    sender = parseaddr(request.get("FromEmailAddress", ""))[1]
    through = request.get("ConfigurationSetName") or _defaults.get((*place, sender), "")
    for resource in filter(None, (f"identity/{sender}", through and f"configuration-set/{through}")):
        arn = f"arn:aws:ses:{place[1]}:{place[0]}:{resource}"
        refusal = app._enforce_data_plane(
            "sesv2",
            "ses:SendEmail",
            headers,
            query,
            request_id,
            resource_arn=arn,
            named_resource=arn,
            service_context={"ses:FromAddress": sender},
        )
        if refusal is not None:
            return refusal
    return None


def put_right() -> None:
    """Put ours in the place of ministack's."""
    app._enforce_ses_v2 = enforce_ses_v2
