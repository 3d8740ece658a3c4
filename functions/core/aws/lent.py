"""With whose credentials accounts are looked at: on AWS the function's own; where the flow runs on somebody's machine, lent ones.

There the functions' own credentials are of the AWS on that machine, where the bucket and the table are. `finops sweep --profile` lends
those of the profile to the functions that look at accounts, and to no other: each asks for them at a local address, with a token, and
keeps them in its memory alone. They are asked for again every few minutes, so a profile that renews itself serves a long sweep.

`ENDPOINTS` says where AWS is, when the profile says so: {"*": "https://…", "ce": "https://…"}, by botocore's name of the service.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.credentials import CredentialResolver, RefreshableCredentials

from functions.core.errors import Denied

URL, TOKEN, PROFILE = "LENT_CREDENTIALS_URL", "LENT_CREDENTIALS_TOKEN", "LENT_BY_PROFILE"
ENDPOINTS, OPTIONS = "LENT_ENDPOINTS", "LENT_OPTIONS"
VARIABLES = (URL, TOKEN, PROFILE, ENDPOINTS, OPTIONS)
"""The environment of a function that is lent credentials. `OPTIONS`: of botocore's Config, {"use_fips_endpoint": true}."""
ACTION = "credentials"
"""In place of an IAM action, where it is the credentials themselves that are missing."""
SECONDS = 60.0
"""How long to wait for the answer: the profile may have to ask AWS, or a program of its owner's, for new ones."""


def lent() -> bool:
    """Whether accounts are looked at with credentials that are lent."""
    return bool(os.environ.get(URL))


def gone(why: str) -> Denied:
    """The lent credentials cannot be used, and what to do about it."""
    profile = os.environ.get(PROFILE, "")
    return Denied(ACTION, f"those of the profile {profile} are not to be had or not taken any more: log in again ({why})")


class Lent(CredentialResolver):
    """botocore's place for where credentials come from."""

    def __init__(self) -> None:
        super().__init__([])

    def load_credentials(self) -> RefreshableCredentials:
        """Raises Denied when the machine has none to lend."""
        made: RefreshableCredentials = RefreshableCredentials.create_from_metadata(metadata=_ask(), refresh_using=_ask, method="lent")
        return made


def _ask() -> dict[str, Any]:
    """What the machine answers. Raises Denied with its reason when it has none."""
    request = urllib.request.Request(os.environ[URL], headers={"Authorization": os.environ[TOKEN]})  # noqa: S310  # this machine's
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=SECONDS) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise gone(error.read().decode(errors="replace")) from None
    except OSError as error:
        raise gone(f"the command that lends them does not answer: {error}") from None
    return {
        "access_key": said["AccessKeyId"],
        "secret_key": said["SecretAccessKey"],
        "token": said["Token"],
        "expiry_time": said["Expiration"],
        "account_id": None,
    }


def endpoint(service: str) -> str | None:
    """Where a service, by its boto3 name, is answered; None where botocore knows that best."""
    known = _endpoints()
    return known.get(service, known.get("*"))


@lru_cache(maxsize=1)
def _endpoints() -> Mapping[str, str]:
    endpoints: Mapping[str, str] = json.loads(os.environ.get(ENDPOINTS) or "{}")
    return endpoints


@lru_cache(maxsize=1)
def config() -> Config:
    """What the profile's configuration says beside that."""
    options = {"ignore_configured_endpoint_urls": True, **json.loads(os.environ.get(OPTIONS) or "{}")}
    return Config(**options)
