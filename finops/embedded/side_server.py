"""The moto server beside ministack, for the services that ministack lacks: a program of its own, started by `finops/embedded/servers.py`.

Cost Explorer is our own, `finops/embedded/cost_explorer/front.py`, in front of moto's; so are Cost Optimization Hub and Compute
Optimizer, `finops/embedded/optimization_hub.py`, and the answers for single operations that ministack lacks,
`finops/embedded/side_answers.py`. Organizations is moto's, as `finops/embedded/side_organizations.py` puts it right.

moto knows an account only by the access keys that it made itself, and here ministack makes them. So every request is labelled with the
account that its access key belongs to: twelve digits are the account itself, anything else is asked of ministack, which knows its roles'
sessions (sts:GetAccessKeyInfo). moto does not enforce IAM; ministack does, for everything that it answers itself or hands on.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from finops.embedded import recorded_calls, side_organizations
from finops.embedded.cost_explorer.front import CostExplorer
from finops.embedded.operations import operation
from finops.embedded.optimization_hub import OptimizationHub
from finops.embedded.side_answers import SideAnswers

SIGNED = re.compile(r"Credential=(\w+)/\d+/[\w-]+/([\w-]+)/")
"""The access key, and the service as IAM calls it."""
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class ByAccount:
    """A WSGI application that tells moto whose request it is."""

    def __init__(self, application: Wsgi, account_of: Callable[[str], str]) -> None:
        self.application = application
        self.account_of = account_of

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        signed = SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.account_of(signed[1])
            if recorded_calls.kept():
                _record(signed[1], signed[2], environ)
        return self.application(environ, start_response)


def _record(key: str, service: str, environ: dict[str, Any]) -> None:
    """Note a request that names its operation; what nobody keeps IAM from is allowed."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    named = operation({"x-amz-target": environ.get("HTTP_X_AMZ_TARGET", "")}, body, dict(parse_qsl(environ.get("QUERY_STRING", ""))))
    if named:
        recorded_calls.note(key, f"{service}:{named}", allowed=True)


def account_finder(endpoint: str, access_key: str, secret: str) -> Callable[[str], str]:
    """Access key → account: by its own twelve digits, else by ministack at `endpoint`."""
    sts = boto3.client(
        "sts",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        config=Config(proxies={}),
    )

    @lru_cache(maxsize=1024)
    def account_of(key: str) -> str:
        return key if re.fullmatch(r"\d{12}", key) else sts.get_access_key_info(AccessKeyId=key)["Account"]

    return account_of


def main() -> None:
    """Serve on 127.0.0.1 until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoint", required=True, help="ministack's URL")
    parser.add_argument("--account", required=True, help="the account whose root asks ministack, also its access key")
    parser.add_argument("--secret", required=True)
    given = parser.parse_args()
    side_organizations.put_right()
    moto = SideAnswers(OptimizationHub(CostExplorer(DomainDispatcherApplication(create_backend_app), payer=given.account)))
    application = ByAccount(moto, account_finder(given.endpoint, given.account, given.secret))
    make_server("127.0.0.1", given.port, application, threaded=True, request_handler=MotoRequestHandler).serve_forever()


if __name__ == "__main__":
    main()
