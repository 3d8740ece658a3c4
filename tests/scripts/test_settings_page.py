"""Every setting is on the page, with the default and the bounds that the model has."""

from __future__ import annotations

import json

import pytest

from cdk_app.settings.settings import DeploymentSettings
from scripts import settings_page


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """Setting → the other cells of its row."""
    found = {}
    for line in settings_page.page().splitlines():
        if line.startswith("| `"):
            name, *cells = (cell.strip() for cell in line.strip("|").replace("\\|", "¦").split("|"))
            found[name.strip("`")] = cells
    return found


def test_each_setting_has_one_row_with_its_default(rows: dict[str, list[str]]) -> None:
    assert set(rows) == set(DeploymentSettings.model_fields)
    assert settings_page.page().count("\n| `") == len(rows)
    for name, value in DeploymentSettings().model_dump(mode="json").items():
        grouped = isinstance(value, dict) and value
        shown = ["unset" if one is None else f"`{json.dumps(one)}`" for one in (value.values() if grouped else (value,))]
        assert rows[name][: len(shown)] == shown, name


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("run_retention_days", "7 to 36,500"),
        ("sweep_timeout", "600 to 604,800"),
        ("savings_alarm_usd", "more than 0"),
        ("billing_account", "12 digits"),
        ("log_format", "`json`, `text`"),
        ("email_to", "a list of up to 20"),
        ("send_email_on_error", "`true`, `false`"),
        ("thresholds", "an object"),
        ("schedule", "`rate(…)` or `cron(…)`, in EventBridge Scheduler's syntax"),
    ],
)
def test_what_is_allowed_is_said_in_words(rows: dict[str, list[str]], name: str, allowed: str) -> None:
    assert rows[name][1] == allowed
