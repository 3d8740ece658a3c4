"""io2 above 32,000 IOPS outside us-east-1: a case that was unpriced although every rate of it is known."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from functions.core.aws.clients import Aws
from functions.core.model import Waste
from functions.core.prices.book import Prices
from functions.scanners.ebs.volume.collector import volumes
from functions.scanners.ebs.volume.unused import unattached_volume
from tests.functions.scanners.ebs.samples import ACCOUNT, SESSION

CASES = Path(__file__).parents[4] / "cases"


@pytest.mark.parametrize("name", ["io2-tiers-outside-us-east-1"])
def test_a_case_has_the_right_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    listed = [{**volume, "CreateTime": datetime.fromisoformat(volume["CreateTime"])} for volume in case["volumes"]]
    as_of = datetime.fromisoformat(case["as_of"])

    def pages(_: Aws, service: str, operation: str, key: str, **given: Any) -> list[dict[str, Any]]:
        return listed if operation == "DescribeVolumes" else []

    monkeypatch.setattr(Aws, "pages", pages)
    (volume,) = volumes(Aws(ACCOUNT, case["region"], SESSION, as_of))
    found = unattached_volume(volume, unattached_volume.limits(as_of), Prices(case["region"]))
    assert isinstance(found, Waste)
    assert found.savings.unpriced is None
    assert found.savings.likely == pytest.approx(1_000 * 0.149 + 32_000 * 0.078 + 8_000 * 0.0546)
    assert found.savings.likely == pytest.approx(3_081.80)
    assert all(price.region == case["region"] for price in found.savings.prices)
