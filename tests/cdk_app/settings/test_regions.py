"""Names of regions: a typing error is refused with the name that was meant."""

from __future__ import annotations

import pytest

from cdk_app.settings.settings import InvalidContext, parse


def test_regions_are_sorted_and_named_once() -> None:
    assert parse({"denied_regions": ["us-west-1", "eu-north-1", "us-west-1"]}).denied_regions == ("eu-north-1", "us-west-1")
    assert parse({"denied_regions": ["cn-north-1", "us-gov-east-1", "eusc-de-east-1"]}).denied_regions
    assert parse({}).denied_regions == ()


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (["us-esat-1"], "'us-esat-1' is no region, did you mean 'us-west-1' or 'us-east-1'?"),
        (["EU-WEST-1"], "did you mean 'eu-west-1'"),
        (["eu-west-9"], "'eu-west-9' is no region"),
        (["aws-global"], "'aws-global' is no region"),
        (["us-east-1a"], "did you mean 'us-east-1'"),
        ([""], "'' is no region"),
        (["eu-west-1,eu-west-2"], "is no region"),
        ("eu-west-1", "valid tuple"),
    ],
)
def test_what_no_region_is_called_is_refused_with_the_key(given: object, hint: str) -> None:
    with pytest.raises(InvalidContext, match=r"^context \"finops\": denied_regions") as refused:
        parse({"denied_regions": given})
    assert hint in str(refused.value)
    assert "Traceback" not in str(refused.value)
