"""docs/SETTINGS.md, from cdk_app/settings/settings.py: every setting of a deployment with its default and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cdk_app.settings.settings import STACK_NAME, DeploymentSettings
from scripts.markdown import code, table

INTRODUCTION = """\
# Settings

Generated from `cdk_app/settings/settings.py` by `make docs`; edit the code, not this page.

They are in `cdk.json` under `"finops"` and take effect with the next `make deploy`. A value that cannot be used is refused, with its
key, before anything is deployed. Times are in seconds unless the name says otherwise, memory and disk in MiB.
"""
IN_PART = 'A setting with several keys may be given in part; the other keys keep their defaults: `{{"{name}": {{"{key}": {value}}}}}`.'
PATTERNS = {
    r"^[0-9]{12}$": "12 digits",
    "schedule": "`rate(…)` or `cron(…)`, in EventBridge Scheduler's syntax",
    STACK_NAME: "letters, digits and hyphens, at most 32",
}
"""What a pattern means, where it says so less well itself."""
Json = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    schema = DeploymentSettings.model_json_schema()
    groups: dict[str, dict[str, Json]] = {}
    rows, optional = [], {}
    for name, field in schema["properties"].items():
        if "$ref" in field:
            groups.setdefault(field["$ref"].rpartition("/")[2], {})[name] = field["default"]
            continue
        rows.append(_row(name, field))
        if reference := _kind(field).get("$ref"):
            optional[name] = schema["$defs"][reference.rpartition("/")[2]]
    parts = ["\n".join((INTRODUCTION, *table(("Setting", "Default", "Allowed", "Meaning"), rows)))]
    for group, fields in groups.items():
        parts.append("\n".join(_group(schema["$defs"][group], fields)))
    parts.extend("\n".join(_keys(name, group)) for name, group in optional.items())
    return "\n\n".join(parts) + "\n"


def _kind(field: Json) -> Json:
    """What a field is when it is set."""
    return next((one for one in field.get("anyOf", ()) if one.get("type") != "null"), field)


def _row(name: str, field: Json) -> tuple[str, ...]:
    kind = _kind(field)
    said = field.get("description") or kind.get("description", "")
    return f"`{name}`", _default(field.get("default")), _allowed(kind), said


def _group(group: Json, fields: Mapping[str, Json]) -> Iterator[str]:
    """Settings that have the same keys: one row a setting, one column a key."""
    keys = group["properties"]
    first, values = next(iter(fields.items()))
    key = next(iter(keys))
    yield f"## {', '.join(fields)}"
    yield ""
    yield f"{group['description']} " + IN_PART.format(name=first, key=key, value=json.dumps(values[key]))
    yield ""
    head = (f"{name} ({_allowed(kind)})" for name, kind in keys.items())
    yield from table(("Setting", *head), ((f"`{name}`", *(_default(given[key]) for key in keys)) for name, given in fields.items()))


def _keys(name: str, group: Json) -> Iterator[str]:
    """A setting that is unset, or an object with these keys."""
    yield f"## {name}"
    yield ""
    yield group["description"]
    yield ""
    for key, kind in group["properties"].items():
        needed = "required" if key in group["required"] else "optional"
        yield f"- `{key}`, {needed}: " + "; ".join(filter(None, (_allowed(kind), kind.get("description"))))


def _default(value: Any) -> str:
    return "unset" if value is None else f"`{json.dumps(value)}`"


def _allowed(kind: Json) -> str:
    """What a value may be, in words."""
    if "$ref" in kind:
        return "an object, see below"
    if "enum" in kind:
        return code(str(value) for value in kind["enum"])
    if "minimum" in kind:
        return f"{kind['minimum']:,} to {kind['maximum']:,}" if "maximum" in kind else f"{kind['minimum']:,} or more"
    if "exclusiveMinimum" in kind:
        return f"more than {kind['exclusiveMinimum']}"
    if "pattern" in kind:
        return PATTERNS.get(kind["pattern"], f"matches `{kind['pattern']}`")
    if kind["type"] == "array":
        most = min((kind[limit] for limit in ("maxItems", "maxLength") if limit in kind), default=None)
        return "a list" if most is None else f"a list of up to {most}"
    return {"boolean": "`true`, `false`", "object": "an object"}.get(kind["type"], "text")
