"""A profile of the AWS configuration: who it is, and how its requests reach AWS from another process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.configprovider import ConfiguredEndpointProvider
from botocore.exceptions import ConfigParseError, ProfileNotFound
from botocore.session import Session as Core

from finops.ending import Ending, ExitCode, aws_mistakes
from functions.core.aws import lent

NOWHERE = "us-east-1"
"""Where STS is asked, and the flow believes to be, when neither the profile nor the command names a region."""
OPTIONS = ("use_fips_endpoint", "use_dualstack_endpoint")
NOT_GIVEN = (ValueError, OSError)
"""What botocore raises beside its own errors where a `credential_process` is not there, or gives no credentials."""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
HERE = "127.0.0.1,localhost"


@dataclass(slots=True, frozen=True)
class Profile:
    """`account` and `arn` as AWS names them; `region`: the profile's own."""

    name: str
    session: boto3.Session
    account: str
    arn: str
    region: str

    def variables(self) -> dict[str, str]:
        """The environment with which a function's requests reach AWS as the profile's would: no credentials."""
        core: Core = self.session._session
        options = {name: True for name in OPTIONS if core.get_config_variable(name)}
        certificates = core.get_config_variable("ca_bundle")
        return {
            lent.PROFILE: self.name,
            lent.ENDPOINTS: json.dumps(_endpoints(core)),
            lent.OPTIONS: json.dumps(options),
            **({"AWS_CA_BUNDLE": certificates} if certificates else {}),
            **_proxies(os.environ),
        }


def open_profile(name: str, regions: Sequence[str] = ()) -> Profile:
    """The profile, once AWS has said who it is. `regions`: those that are to be swept, for a profile that names none.

    Asks for a one-time code where the profile wants one. Ending (bad input) where there is no such profile, or its credentials do not work.
    """
    try:
        core = Core(profile=name)
        chosen = os.environ.get("AWS_REGION") or core.get_config_variable("region") or next(iter(regions), NOWHERE)
        session = boto3.Session(botocore_session=core, region_name=chosen)
        with aws_mistakes(f"the profile {name} cannot be used"):
            me = session.client("sts").get_caller_identity()
    except ProfileNotFound:
        there = ", ".join(sorted(Core().available_profiles)) or "none: `aws configure sso` or `aws configure` makes one"
        raise Ending(ExitCode.BAD_INPUT, f"--profile: there is no profile {name!r} in the AWS configuration; there is: {there}") from None
    except (ConfigParseError, *NOT_GIVEN) as error:
        raise Ending(ExitCode.BAD_INPUT, f"the profile {name} cannot be used: {error or type(error).__name__}") from None
    return Profile(name, session, me["Account"], me["Arn"], chosen)


def _endpoints(core: Core) -> dict[str, str]:
    """Where the configuration says that services are answered, by botocore's names; "*" of all others."""
    if core.get_config_variable("ignore_configured_endpoint_urls"):
        return {}

    def configured(service: str) -> str | None:
        provider = ConfiguredEndpointProvider(core.full_config, core.get_scoped_config(), service)
        url: str | None = provider.provide()
        return url

    everywhere = configured("")
    found = {service: configured(service) for service in core.get_available_services()}
    named = {service: url for service, url in found.items() if url and url != everywhere}
    return {"*": everywhere, **named} if everywhere else named


def _proxies(environment: Mapping[str, str]) -> dict[str, Any]:
    """The proxies of this shell, past which a function still reaches the AWS on this machine."""
    found = {name: environment.get(name) or environment.get(name.lower(), "") for name in PROXIES}
    if not (found["HTTP_PROXY"] or found["HTTPS_PROXY"]):
        return {}
    found["NO_PROXY"] = ",".join(filter(None, (found["NO_PROXY"], HERE)))
    return {spelt: value for name, value in found.items() if value for spelt in (name, name.lower())}
