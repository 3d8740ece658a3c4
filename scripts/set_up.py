"""Makes the virtual environment for the Makefile: uv installs into it what requirements-dev.txt locks, or pip does where uv cannot.

python scripts/set_up.py sweep <venv>            what `make sweep` needs, so that the first one does not wait for more
python scripts/set_up.py dev <venv>              everything
python scripts/set_up.py lock <venv> [--upgrade] writes both requirements files anew from the groups in pyproject.toml, with uv

It runs before anything is installed, so it has the standard library only.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = "requirements-dev.txt"
LAYER_LOCK = "requirements.txt"
OLDEST_PYTHON = "3.11"
INSTEAD = "pip installs everything, which takes minutes, because uv could not:"
QUIET = ("-qq", "--disable-pip-version-check", "--no-input")


class Failed(Exception):
    """A command failed; the message is what it wrote, in one line."""


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """What a command writes to standard output. Raises Failed."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    except OSError as error:
        raise Failed(str(error)) from error
    if done.returncode:
        raise Failed(" ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}")
    return done.stdout


def make_venv(folder: Path) -> Path:
    """The Python of the virtual environment, which is made when it is not there. It gets no pip: that alone would take 6 s."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, symlinks=True)
    return python


def pip_for(python: Path) -> list[str]:
    """The command of a pip that works on that environment: the one beside this Python, else one that ensurepip unpacks. Raises Failed."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", str(python)]
    try:
        run([python, "-m", "ensurepip", "--default-pip"])
    except Failed as error:
        raise Failed(f"{sys.executable} has no pip; on Debian and Ubuntu: apt-get install python3-venv ({error})") from None
    return [str(python), "-m", "pip"]


def pip_settings(listed: str) -> dict[str, str]:
    """pip's options from what `pip config list` prints: [install] goes over [global], and the environment's PIP_… over both."""
    sections: dict[str, dict[str, str]] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if text := str(ast.literal_eval(value)).strip():  # pip, too, takes no notice of an option that is empty
            sections.setdefault(section, {})[option.lower().replace("-", "_")] = text
    return {**sections.get("global", {}), **sections.get("install", {}), **sections.get(":env:", {})}


def for_uv(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which uv, which does not read pip's settings, goes by them. What is set for uv itself is left as it is.

    In variables and not on the command line, because an index's address may hold a password and everybody sees the process list.
    """
    given: dict[str, str] = {}
    if index := settings.get("index_url"):
        given["UV_DEFAULT_INDEX"] = index
    if more := settings.get("extra_index_url", "").split():
        # The best version of all indexes, as pip takes it. Whoever puts a package of the same name on another one fails at its hash.
        given |= {"UV_INDEX": " ".join(more), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if links := [link for word in settings.get("find_links", "").split() if (link := existing(word))]:
        given["UV_FIND_LINKS"] = ",".join(links)
    if hosts := settings.get("trusted_host", "").split():
        given["UV_INSECURE_HOST"] = " ".join(hosts)
    if certificates := settings.get("cert") or environment.get("REQUESTS_CA_BUNDLE"):
        given["SSL_CERT_FILE"] = certificates
    elif "truststore" in settings.get("use_feature", "").split():
        given["UV_SYSTEM_CERTS"] = "1"
    if certificate := settings.get("client_cert"):
        given["SSL_CLIENT_CERT"] = certificate
    if proxy := settings.get("proxy"):
        given |= {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}
    return {**given, **environment}


def existing(link: str) -> str:
    """A place to find wheels; nothing for a folder that is not there, of which pip only warns and uv dies."""
    if "://" in link:
        return link
    path = Path(link).expanduser()
    return str(path) if path.exists() else ""


def no_index(settings: Mapping[str, str]) -> list[str]:
    """uv has no variable for this one."""
    return ["--no-index"] if settings.get("no_index", "").lower() in ("1", "true", "yes", "on", "y", "t") else []


def locked(name: str, lock: str) -> str:
    """A package's lines in a lock: the version and its hashes."""
    found = re.search(rf"^{re.escape(name)}==.*\n(?:    --hash=.*\n)*", lock, re.MULTILINE)
    if not found:
        raise Failed(f"{name} is not in {LOCK}")
    return found[0]


def install_with_pip(pip: Sequence[str], requirements: str, *options: str) -> None:
    """Install what lines of a lock say. Raises Failed."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(requirements)
        file.flush()
        run([*pip, "install", *QUIET, *options, "--requirement", file.name])


def get_uv(python: Path, pip: Sequence[str]) -> tuple[str, dict[str, str], list[str]]:
    """uv, its environment and its options for pip's settings; pip installs it unless that version is there already. Raises Failed."""
    listing = subprocess.Popen([*pip, "config", "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603  # pip
    wanted = locked("uv", (ROOT / LOCK).read_text(encoding="utf-8"))
    version = wanted.split()[0].removeprefix("uv==")
    try:
        if not any(python.parents[1].glob(f"lib/python*/site-packages/uv-{version}.dist-info")):
            install_with_pip(pip, wanted, "--no-deps", "--no-compile", "--only-binary=:all:")
    finally:
        listed, _ = listing.communicate()
    settings = pip_settings(listed)
    return str(python.with_name("uv")), for_uv(settings, os.environ), no_index(settings)


def install(group: str, python: Path) -> None:
    """Install a group of pyproject.toml, each package as it is locked. Raises Failed when pip cannot do it either."""
    pip = pip_for(python)
    try:
        uv, environment, options = get_uv(python, pip)
        # Bytecode would be written for all of the CDK, of which a sweep reads a part.
        command = [uv, "pip", "install", "--quiet", "--no-compile-bytecode", "--python", str(python), *options]
        run([*command, "--constraint", LOCK, "--group", group], environment)
    except Failed as error:
        print(INSTEAD, str(error)[:400], file=sys.stderr)
        everything = (ROOT / LOCK).read_text(encoding="utf-8")
        install_with_pip(pip, everything.replace(locked("uv", everything), ""))


def link(python: Path) -> None:
    """Let the environment find this repository and its programs: an editable install, less the build backend's download and 2 s."""
    packages = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    (packages / "finops_analyzer.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, target in project["scripts"].items():
        module, function = target.split(":")
        script = python.with_name(name)
        # As pip writes it for a path that may have blanks: a shell starts the Python that is named, and Python skips that as a text.
        head = f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
        script.write_text(f"{head}import sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n", encoding="utf-8")
        script.chmod(0o755)


def lock(python: Path, options: Sequence[str]) -> None:
    """Write both requirements files. The layer's comes second, so that it has the versions that all the rest agrees to. Raises Failed."""
    uv, environment, more = get_uv(python, pip_for(python))
    for partial in ("UV_INDEX", "UV_FIND_LINKS"):  # what lies beside the index may be for this platform alone, a lock is for all
        environment.pop(partial, None)
    common = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", *more]
    common += ["--annotation-style", "line", "--custom-compile-command", "make lock", "--python", str(python), *options]
    run([*common, "--group", "dev", "--output-file", LOCK], environment)
    run([*common, "--group", "lambda", "--constraint", LOCK, "--output-file", LAYER_LOCK], environment)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("sweep", "dev", "lock"))
    parser.add_argument("venv", type=Path)
    chosen, options = parser.parse_known_args(arguments)
    python = make_venv(chosen.venv.absolute())
    try:
        if chosen.what == "lock":
            lock(python, options)
        else:
            install(chosen.what, python)
            link(python)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
