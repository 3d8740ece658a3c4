"""What stored bytes bill: the tiers of S3 Standard, and the other classes."""

from __future__ import annotations

import pytest

from functions.core.prices.book import Prices
from functions.core.prices.products import Metered, metered, offers
from functions.scanners.s3.storage import OTHER_CLASSES, STAGED, TIERS, standard, standard_at_least, stored, uploaded

PRICES = Prices("us-east-1")


@pytest.mark.parametrize(
    ("gib", "usd"),
    [
        (0, 0.0),
        (100, 2.30),
        (51_200, 1_177.60),
        (61_440, 1_177.60 + 10_240 * 0.022),
        (512_000, 1_177.60 + 460_800 * 0.022),
        (512_100, 1_177.60 + 460_800 * 0.022 + 100 * 0.021),
    ],
)
def test_the_first_50_tb_are_dearest(gib: float, usd: float) -> None:
    assert standard(gib, PRICES).usd == pytest.approx(usd)


def test_where_other_buckets_have_used_up_the_dearer_tiers_each_gb_is_at_the_last_rate() -> None:
    assert standard_at_least(1_000, PRICES).usd == pytest.approx(21.0)
    assert standard_at_least(600_000, PRICES).usd < standard(600_000, PRICES).usd  # type: ignore[operator]  # both are known


@pytest.mark.parametrize(
    ("storage_class", "usd"),
    [
        ("STANDARD", 2.30),
        ("GLACIER", 2.30),
        ("DEEP_ARCHIVE", 2.30),
        ("INTELLIGENT_TIERING", 2.30),
        ("STANDARD_IA", 1.25),
        ("ONEZONE_IA", 1.00),
        ("GLACIER_IR", 0.40),
    ],
)
def test_parts_bill_at_the_rate_of_the_class_that_they_are_for_but_archives_are_staged(storage_class: str, usd: float) -> None:
    assert uploaded(100, storage_class, PRICES).usd == pytest.approx(usd)
    assert not STAGED & OTHER_CLASSES.keys()


@pytest.mark.parametrize("storage_class", ["REDUCED_REDUNDANCY", "EXPRESS_ONEZONE", "never-heard-of"])
def test_a_class_without_a_price_is_not_free(storage_class: str) -> None:
    amount = uploaded(100, storage_class, PRICES)
    assert (amount.usd, storage_class in amount.formula) == (None, True)


def test_in_china_nothing_is_known() -> None:
    assert standard(100, Prices("cn-north-1")).usd is None
    assert stored(1, "storage.standard-ia", Prices("cn-north-1")).usd is None


def test_how_the_bill_counts_them() -> None:
    assert {metered("AmazonS3", key) for *_, key in TIERS} == {Metered("TimedStorage-ByteHrs", 1)}
    assert metered("AmazonS3", "intelligent-tiering.aia") == Metered("TimedStorage-INT-AIA-ByteHrs", 1)
    assert metered("AmazonS3", "storage.standard-ia") is None, "small objects are billed under another name at the same rate"


def test_another_service_of_the_same_usage_type_is_not_taken_for_s3() -> None:
    (listing,) = offers()["AmazonS3"]
    rate = listing.rate({"servicecode": "AmazonS3", "usagetype": "EUW2-TimedStorage-ByteHrs"})
    assert rate is not None
    assert rate.key == "storage.standard.first-50TB"
    assert listing.rate({"servicecode": "AmazonDynamoDB", "usagetype": "EUW2-TimedStorage-ByteHrs"}) is None
    assert listing.rate({"servicecode": "AmazonS3", "usagetype": "EUW2-Tables-TimedStorage-ByteHrs"}) is None
