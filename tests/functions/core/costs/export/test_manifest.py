"""Where an export's newest refresh lies, and what columns it has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.core.costs.export import manifest, shapes
from functions.core.costs.export.manifest import Period
from functions.core.costs.rows import NoBill
from functions.core.store.bucket import Bucket
from tests.functions.core.costs.export.bucket_of_exports import HOLDS, URI, as_csv, bucket, deliver, recorded, window
from tests.recorded import EXPORTS

LINES = as_csv([{"ChargeCategory": "Usage", "ResourceId": "vol-1", "a, b": 'say "x"'}])


@pytest.fixture
def holds() -> Iterator[Bucket]:
    with mock_aws():
        yield bucket()


def found(of: Bucket, start: str = "2026-10-20", end: str = "2026-11-19") -> list[Period]:
    return manifest.periods(lambda name: Bucket(of.s3, name), URI, window(start, end), shapes.KNOWN)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-11-01", "2026-11-30", ["2026-11"]),
        ("2026-10-31", "2026-11-01", ["2026-10"]),
        ("2026-10-31", "2026-11-02", ["2026-10", "2026-11"]),
        ("2025-12-15", "2026-02-01", ["2025-12", "2026-01"]),
    ],
)
def test_a_window_has_the_months_of_its_days(start: str, end: str, months: list[str]) -> None:
    assert list(manifest.months(window(start, end))) == months


def test_each_refresh_has_a_folder_of_its_own_and_only_the_newest_is_read(holds: Bucket) -> None:
    deliver(holds, "2026-10", {"the-bill-00001.csv.gz": LINES}, folder="20261101T0000-aa/")
    deliver(holds, "2026-10", {"the-bill-00001.csv.gz": LINES}, folder="20261102T0000-bb/")
    (period,) = found(holds)
    assert period.location == f"s3://{HOLDS}/exports/the-bill/data/BILLING_PERIOD=2026-10/20261102T0000-bb/"
    assert (period.parquet, period.columns) == (False, ("ChargeCategory", "ResourceId", "a, b"))


def test_a_refresh_is_seen_by_its_digest(holds: Bucket) -> None:
    deliver(holds, "2026-11", {"the-bill-00001.csv.gz": LINES})
    before = found(holds)
    assert found(holds) == before
    deliver(holds, "2026-11", {"the-bill-00001.csv.gz": LINES, "the-bill-00002.csv.gz": LINES})
    assert found(holds) != before


def test_the_partition_is_found_in_small_letters_too(holds: Bucket) -> None:
    deliver(holds, "2026-11", {"the-bill-00001.csv.gz": LINES}, partition="billing_period")
    assert [period.month for period in found(holds)] == ["2026-11"]


@pytest.mark.parametrize("export", ["cur2", "focus12"])
def test_the_columns_of_parquet_are_those_of_the_file(holds: Bucket, export: str) -> None:
    recorded(holds, EXPORTS / export)
    periods = found(holds, "2018-11-10", "2018-12-10")
    assert [period.month for period in periods] == ["2018-11", "2018-12"]
    for period in periods:
        shape = shapes.shape_of(period.columns)
        assert shape.name == {"cur2": "CUR 2.0", "focus12": "FOCUS"}[export]
        assert set(shape.needs) <= set(period.columns)
        assert "reservation_net_effective_cost" not in period.columns, "which the recorded export does not have"


@pytest.mark.parametrize(
    ("files", "named", "said"),
    [
        ({}, [f"s3://{HOLDS}/gone.csv.gz"], "gone.csv.gz, which the export's manifest names, is not there"),
        ({"a.orc": b""}, [], "is neither Parquet nor CSV"),
        ({"a.snappy.parquet": b""}, [], "does not end as a Parquet file does"),
        ({"a.snappy.parquet": b"0123456789"}, [], "does not end as a Parquet file does"),
        ({"a.csv.gz": LINES, "b.csv.gz": LINES}, [f"s3://{HOLDS}/x/a.csv.gz", f"s3://{HOLDS}/y/b.csv.gz"], "files in 2 folders"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(holds: Bucket, files: dict[str, bytes], named: list[str], said: str) -> None:
    deliver(holds, "2026-11", files, named=named)
    with pytest.raises(NoBill, match=said):
        found(holds)


def test_an_export_without_a_delivery_and_a_manifest_that_is_none_are_refused(holds: Bucket) -> None:
    with pytest.raises(NoBill, match=f"{URI} has no manifest of 2026-10 or 2026-11: a first delivery takes up to 24 hours"):
        found(holds)
    holds.put_json("exports/the-bill/metadata/BILLING_PERIOD=2026-11/the-bill-Manifest.json", {"assemblyId": "a legacy report's"})
    with pytest.raises(NoBill, match="is no manifest of an export: Field required"):
        found(holds)


def test_a_period_without_a_file_is_left_out(holds: Bucket) -> None:
    deliver(holds, "2026-10", {"the-bill-00001.csv.gz": LINES})
    holds.put_json("exports/the-bill/metadata/BILLING_PERIOD=2026-11/the-bill-Manifest.json", {"dataFiles": []})
    assert [period.month for period in found(holds)] == ["2026-10"]


def test_a_bucket_that_is_not_there_is_a_reason(holds: Bucket) -> None:
    with pytest.raises(NoBill, match=r"the export s3://no-such-bucket/x cannot be read: .*NoSuchBucket"):
        manifest.periods(lambda name: Bucket(holds.s3, name), "s3://no-such-bucket/x", window("2026-11-01", "2026-11-05"), ())
