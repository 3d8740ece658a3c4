"""The floor plan, by machine: rooms small enough to look around in, no circles, services apart, and an engine that names no service.

Which room may import which is written in pyproject.toml, and `make lint` holds it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from functions.core import registry, services
from functions.core.prices.products import offers
from tests.test_house_rules import nothing, sources, tree

PACKAGES = ("functions", "cdk_app", "finops")
SCANNERS = Path("functions/scanners")
MOST_FILES = 15
RECIPES = Path("finops/fleet/recipes")
GRAPH = grimp.build_graph(*PACKAGES)


def circles() -> Iterator[list[str]]:
    """Modules that import each other, directly or through others: Tarjan's strongly connected components of more than one module."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> Iterator[list[str]]:
        number[module] = lowest[module] = len(number)
        stack.append(module)
        for imported in sorted(GRAPH.find_modules_directly_imported_by(module)):
            if imported not in number:
                yield from visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in stack:
                lowest[module] = min(lowest[module], number[imported])
        if lowest[module] == number[module]:
            at = stack.index(module)
            component, stack[at:] = stack[at:], []
            if len(component) > 1:
                yield component

    for module in sorted(GRAPH.modules):
        if module not in number:
            yield from visit(module)


def test_a_room_is_small_enough_to_look_around_in() -> None:
    rooms = Counter(str(path.parent) for path in sources(*PACKAGES) if path.name != "__init__.py")
    assert len(rooms) > 20
    nothing(f"{room}: {files} files" for room, files in rooms.items() if files > MOST_FILES)


def test_no_modules_go_round_in_circles() -> None:
    nothing(" -> ".join(component) for component in circles())


@pytest.mark.parametrize("service", registry.services())
def test_a_service_takes_of_another_only_what_lies_at_its_root(service: str) -> None:
    """Not its resource types: what two services need is neither's type's."""
    own = services.package(service)
    types = [registry.module_for(resource_type) for resource_type in registry.resource_types()]
    foreign = [module for module in types if not module.startswith(f"{own}.")]
    nothing(
        f"{module} imports {imported}"
        for module in sorted(GRAPH.modules)
        if module.startswith(f"{own}.")
        for imported in sorted(GRAPH.find_modules_directly_imported_by(module))
        if any(imported == one or imported.startswith(f"{one}.") for one in foreign)
    )


def engine() -> Iterator[Path]:
    """What runs the scanners, deploys them and starts them."""
    yield from (path for path in sources(*PACKAGES) if SCANNERS not in path.parents and RECIPES not in path.parents)


def literals(node: ast.AST) -> Iterator[str]:
    """The constant texts in a dict's keys, or in a set or a list."""
    parts = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, ast.Set | ast.List) else []
    yield from (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_the_engine_names_no_resource_type() -> None:
    types = set(registry.resource_types())
    nothing(
        f"{path}:{node.lineno} {node.value!r}"
        for path in engine()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and node.value in types
    )


BY_ENDPOINT = {
    "finops/embedded/servers.py": "which server answers for which endpoint; elb is the classic one's",
    "finops/embedded/operations.py": "which single operations the other server answers",
}
"""Tables by the name of a client or an endpoint, which are no knowledge of a scanned service."""


def test_the_engine_has_no_table_by_service() -> None:
    names = {*services.services(), *offers(), *services.billed_as()}
    nothing(
        f"{path}:{node.lineno} {sorted(found)}"
        for path in engine()
        if str(path) not in BY_ENDPOINT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Dict | ast.Set | ast.List) and (found := names.intersection(literals(node)))
    )
