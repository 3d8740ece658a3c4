"""`finops sweep --profile` as a person types it, with the sample fleet's AWS standing for the real one: a user, a profile, a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finops.commands.policy import least
from finops.embedded.aws import EmbeddedAws
from finops.embedded.servers import SIDE_SERVICES
from functions.core import registry

USER, PROFILE = "finops-reader", "reader"
CONFIG = """\
[profile {profile}]
aws_access_key_id = {key}
aws_secret_access_key = {secret}
{token}region = {region}
endpoint_url = {endpoint}
services = there

[services there]
{services}
"""


@dataclass(slots=True)
class Reader:
    """A user of the other AWS that may do what `finops policy` says, and a folder of this machine with its profile in it."""

    aws: EmbeddedAws
    folder: Path
    record: Path
    key: str = ""
    secrets: list[str] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def may(self, document: dict[str, Any]) -> None:
        """What the user may do from now on."""
        self.aws.client("iam").put_user_policy(UserName=USER, PolicyName="least", PolicyDocument=json.dumps(document))

    def write(self, key: str, secret: str, token: str = "") -> None:
        """The profile, with these keys."""
        self.key = key
        self.secrets += filter(None, (key, secret, token))
        services = "".join(f"{name.lower()} =\n  endpoint_url = {self.aws.servers.side}\n" for name in SIDE_SERVICES.values())
        text = CONFIG.format(
            profile=PROFILE,
            key=key,
            secret=secret,
            token=f"aws_session_token = {token}\n" if token else "",
            region=self.aws.regions[0],
            endpoint=self.aws.endpoint,
            services=services,
        )
        (self.folder / "config").write_text(text, encoding="utf-8")

    def log_in(self) -> str:
        """A fresh session of the user in the profile, as SSO or `aws sts get-session-token` would put it there; its access key."""
        sts = self.aws.client("sts")
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{self.aws.accounts[0]}:role/{USER}", RoleSessionName="me")["Credentials"]
        self.write(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return str(given["AccessKeyId"])

    def calls(self) -> Counter[tuple[str, bool]]:
        """What the user has asked for, by IAM action and whether it was allowed, by the other AWS's own record."""
        lines = map(json.loads, self.record.read_text(encoding="utf-8").splitlines())
        return Counter((line["action"], line["allowed"]) for line in lines if line["key"] in self.secrets)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command in a shell that has no credentials but the profile's."""
        root = Path(__file__).parents[2]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(root), "TMPDIR": str(self.folder)}
        return subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "finops", *words, "--profile", PROFILE, "--out", str(self.out)],
            env=environment | {"AWS_CONFIG_FILE": str(self.folder / "config")},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, *words: str) -> tuple[int, str]:
        """The exit code, and all that the command has written."""
        with self.start(*words) as typed:
            said, _ = typed.communicate(timeout=300)
        return typed.returncode, said

    def report(self) -> dict[str, Any]:
        """report.json of the newest run."""
        read: dict[str, Any] = json.loads((self.out / "latest" / "report.json").read_text(encoding="utf-8"))
        return read

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """What the newest report says of the units that were not seen, by account, region and resource type."""
        return {f"{one['account']} {one['region']} {one['resource_type']}": one for one in self.report()["coverage"]["not_seen"]}


def reader(aws: EmbeddedAws, folder: Path, record: Path) -> Reader:
    """Make the user, with the least policy for everything, and a role of the same name and policy that it may become."""
    record.touch()
    iam, document = aws.client("iam"), least(registry.resource_types())
    iam.create_user(UserName=USER)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.accounts[0]}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=USER, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    iam.put_role_policy(RoleName=USER, PolicyName="least", PolicyDocument=json.dumps(document))
    made = Reader(aws, folder, record)
    made.may(document)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    made.write(key["AccessKeyId"], key["SecretAccessKey"])
    return made


def remove(aws: EmbeddedAws, record: Path) -> None:
    """Take the user and the role away, and keep no record any more: the other tests' AWS is as it was."""
    record.unlink()
    iam = aws.client("iam")
    for key in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=USER, PolicyName="least")
    iam.delete_user(UserName=USER)
    iam.delete_role_policy(RoleName=USER, PolicyName="least")
    iam.delete_role(RoleName=USER)


class Searched:
    """Looks for texts in the environments of all processes but one, and in the files of a folder, while a block runs and after it."""

    def __init__(self, texts: list[str], folder: Path, but_for: Path) -> None:
        self.texts = [text.encode() for text in texts]
        self.folder, self.but_for = folder, but_for
        self.found: set[str] = set()
        self.environments = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def __enter__(self) -> Searched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def _look_on(self) -> None:
        while not self._over.wait(0.5):
            self._look()

    def _look(self) -> None:
        for path in (*Path("/proc").glob("[0-9]*/environ"), *self._files()):
            try:
                content = path.read_bytes()
            except OSError:  # somebody else's, or gone in this moment
                continue
            self.environments += path.name == "environ"
            self.found.update(str(path) for text in self.texts if text in content)

    def _files(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self.folder):  # which goes on where something is removed meanwhile
            yield from (Path(folder) / name for name in names if Path(folder) / name != self.but_for)
