"""The set-up: uv takes everything from where pip's settings say, pip steps in where uv cannot, and the locks are whole."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from scripts import set_up

REAL_UV = Path(sys.executable).with_name("uv")
FAILING_UV = b"#!/bin/sh\necho 'error: no luck' >&2\nexit 2\n"
PYPROJECT = """
[project]
name = "ours"
version = "1"
scripts = { hello = "ours:hello" }

[dependency-groups]
sweep = ["tiny"]
"""
INPUTS: dict[str, list[str | dict[str, str]]] = tomllib.loads((set_up.ROOT / "pyproject.toml").read_text())["dependency-groups"]


@dataclass
class Index:
    """A package index on this machine: its wheels, and who asked for which of them."""

    folder: Path
    wheels: dict[str, bytes] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    address: str = ""

    def add(self, name: str, files: dict[str, bytes]) -> str:
        """Put a wheel of version 1 there; the line of a lock for it."""
        path, info = f"{name}-1-py3-none-any.whl", f"{name}-1.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n".encode()
        tags = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        inside = {**files, f"{info}/METADATA": metadata, f"{info}/WHEEL": tags}
        hashes = {key: base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode() for key, body in inside.items()}
        record = "".join(f"{key},sha256={hashes[key]},{len(body)}\n" for key, body in inside.items()) + f"{info}/RECORD,,\n"
        with zipfile.ZipFile(file := self.folder / path, "w") as archive:
            for key, body in {**inside, f"{info}/RECORD": record.encode()}.items():
                entry = zipfile.ZipInfo(key)
                entry.external_attr = 0o100755 << 16
                archive.writestr(entry, body)
        self.wheels[path] = file.read_bytes()
        return f"{name}==1 \\\n    --hash=sha256:{hashlib.sha256(self.wheels[path]).hexdigest()}\n"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/").rpartition("/")[2]
            links = [f'<a href="/files/{path}">{path}</a>' for path in made.wheels if path.startswith(f"{name}-")]
            body = made.wheels.get(name) or "".join(links).encode()
            if name in made.wheels:
                made.asked[name.partition("-")[0]] = self.headers["User-Agent"].partition("/")[0]
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/octet-stream" if name in made.wheels else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()  # a body too many, which nobody reads

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.address = f"http://127.0.0.1:{server.server_port}/simple"
        Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that needs `tiny`, in a folder with a blank, on a machine whose pip.conf names the index."""
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "ours.py").write_text("import tiny\n\n\ndef hello():\n    print(tiny.WORD)\n")
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.address}\n")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(set_up, "ROOT", folder)
    return folder


def lock(project: Path, *lines: str) -> None:
    (project / "requirements-dev.txt").write_text("".join(lines))


def tiny(index: Index) -> str:
    return index.add("tiny", {"tiny.py": b"WORD = 'hello'\n"})


def uv(index: Index, program: bytes) -> str:
    return index.add("uv", {"uv-1.data/scripts/uv": program})


def says_hello(project: Path) -> bool:
    """The program that pyproject.toml names runs, and finds the repository and what was installed."""
    ran = subprocess.run([project / ".venv" / "bin" / "hello"], capture_output=True, text=True, check=False)  # noqa: S603  # made here
    return ran.stdout == "hello\n"


def put_uv(project: Path, program: bytes) -> None:
    """A uv that is there already."""
    environment = set_up.make_venv(project / ".venv").parents[1]
    (environment / "bin" / "uv").write_bytes(program)
    (environment / "bin" / "uv").chmod(0o755)
    (environment / "lib" / "python3" / "site-packages" / "uv-1.dist-info").mkdir(parents=True)


def pip_is(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that is quicker than the real one, as a shell script."""
    (folder / "pip").write_text(f"{script}\n")
    monkeypatch.setattr(set_up, "pip_for", lambda python: ["sh", str(folder / "pip")])


@pytest.mark.skipif(not REAL_UV.exists(), reason="uv cannot be installed on this machine")
def test_uv_takes_packages_from_the_index_that_pip_conf_names(index: Index, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lock(project, tiny(index), uv(index, REAL_UV.read_bytes()))
    assert set_up.main(["sweep", str(project / ".venv")]) == 0
    assert index.asked == {"uv": "pip", "tiny": "uv"}
    assert capfd.readouterr() == ("", "")
    assert says_hello(project)


@pytest.mark.skipif(not REAL_UV.exists(), reason="uv cannot be installed on this machine")
def test_uv_takes_nothing_that_has_another_hash(
    index: Index, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lock(project, tiny(index)[:-65] + "0" * 64 + "\n", uv(index, b""))
    put_uv(project, REAL_UV.read_bytes())
    pip_is(
        f"case $1 in config) echo \"global.index-url='{index.address}'\";; *) echo pip neither >&2; exit 1;; esac", tmp_path, monkeypatch
    )
    assert set_up.main(["sweep", str(project / ".venv")]) == 1
    of_uv, of_pip = capfd.readouterr().err.splitlines()
    assert "Hash mismatch for `tiny==1`" in of_uv
    assert of_pip == "pip neither"


def test_pip_steps_in_where_uv_is_not_to_be_had(index: Index, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lock(project, tiny(index), uv(index, b""))
    del index.wheels["uv-1-py3-none-any.whl"]
    assert set_up.main(["sweep", str(project / ".venv")]) == 0
    assert index.asked == {"tiny": "pip"}
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "No matching distribution found for uv==1" in err
    assert says_hello(project)


def test_pip_steps_in_where_uv_fails(
    index: Index, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    line = tiny(index)
    lock(project, line, uv(index, b""))
    put_uv(project, FAILING_UV)
    pip_is(f"for last; do :; done; case $1 in install) cp $last {tmp_path}/asked;; esac", tmp_path, monkeypatch)
    assert set_up.main(["sweep", str(project / ".venv")]) == 0
    assert (tmp_path / "asked").read_text() == line, "all that is locked but uv"
    assert capfd.readouterr() == ("", f"{set_up.INSTEAD} error: no luck\n")


def test_pip_settings_are_merged_as_pip_does_it() -> None:
    listed = (
        ":env:.find-links='/wheels'\n:env:.index-url=''\nglobal.find-links='/other'\nglobal.index-url='https://one'\n"
        "install.index-url='https://two'\ndownload.index-url='https://three'\nglobal.trusted-host='\\na\\nb'\n"
    )
    assert set_up.pip_settings(listed) == {"find_links": "/wheels", "index_url": "https://two", "trusted_host": "a\nb"}


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        ({}, {}),
        ({"index_url": "https://me:word@one/simple"}, {"UV_DEFAULT_INDEX": "https://me:word@one/simple"}),  # pragma: allowlist secret
        (
            {"extra_index_url": "https://two\nhttps://three"},
            {"UV_INDEX": "https://two https://three", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ({"find_links": "/ https://wheels /not/there"}, {"UV_FIND_LINKS": "/,https://wheels"}),
        ({"trusted_host": "a:1 b"}, {"UV_INSECURE_HOST": "a:1 b"}),
        ({"cert": "/a.pem", "client_cert": "/b.pem"}, {"SSL_CERT_FILE": "/a.pem", "SSL_CLIENT_CERT": "/b.pem"}),
        ({"use_feature": "truststore"}, {"UV_SYSTEM_CERTS": "1"}),
        ({"proxy": "http://proxy:1"}, {"HTTPS_PROXY": "http://proxy:1", "HTTP_PROXY": "http://proxy:1"}),
    ],
)
def test_uv_goes_by_pips_settings(settings: dict[str, str], given: dict[str, str]) -> None:
    assert set_up.for_uv(settings, {}) == given


def test_what_is_set_for_uv_itself_counts() -> None:
    assert set_up.for_uv({"index_url": "https://one"}, {"UV_DEFAULT_INDEX": "https://two"}) == {"UV_DEFAULT_INDEX": "https://two"}


@pytest.mark.parametrize(("value", "options"), [("true", ["--no-index"]), ("1", ["--no-index"]), ("false", []), ("", [])])
def test_no_index(value: str, options: list[str]) -> None:
    assert set_up.no_index({"no_index": value}) == options


def entries(name: str) -> dict[str, set[str]]:
    """A lock's entries by package, each with its version, marker and hashes; a package may be there in a version for older Pythons too."""
    found: dict[str, set[str]] = {}
    text = re.sub(r"^ *#.*\n", "", (set_up.ROOT / name).read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        found.setdefault(line.partition("==")[0], set()).add(line)
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_locked_to_a_version_and_its_hashes(name: str) -> None:
    pattern = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^\\]+?)? ( +--hash=sha256:[0-9a-f]{64})+")
    assert [line for lines in entries(name).values() for line in lines if not re.fullmatch(pattern, line.replace("  ", " "))] == []


@pytest.mark.parametrize(
    ("group", "name"), [("lambda", "requirements.txt"), ("sweep", "requirements-dev.txt"), ("dev", "requirements-dev.txt")]
)
def test_every_package_that_we_name_is_locked(group: str, name: str) -> None:
    named = {re.split(r"[\[<>=]", entry)[0] for entry in INPUTS[group] if isinstance(entry, str)}
    assert named
    assert named - set(entries(name)) == set(), "run `make lock`"


def test_lambda_has_what_was_tested() -> None:
    everything = entries("requirements-dev.txt")
    assert {name: lines for name, lines in entries("requirements.txt").items() if everything.get(name) != lines} == {}
