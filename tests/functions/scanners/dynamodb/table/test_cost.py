"""What a table bills, against sums made by hand."""

from __future__ import annotations

import pytest

from functions.core.money import NOTHING
from functions.core.prices.book import Prices
from functions.core.prices.products import metered, rates_of
from functions.scanners.dynamodb.service import BILLED_AS
from functions.scanners.dynamodb.table import cost
from functions.scanners.dynamodb.table.collector import Units
from tests.functions.scanners.dynamodb.samples import part, table

HERE = Prices("us-east-1")


def test_provisioned_units_of_a_table_and_its_index() -> None:
    """(5 + 1) × 0.00013 × 730 + (5 + 1) × 0.00065 × 730 = 0.5694 + 2.847."""
    made = table(part(5, 5), part(1, 1, index="by-day"))
    assert cost.provisioned(made, made.provisioned, HERE, infrequent=False).usd == pytest.approx(3.4164)
    assert cost.provisioned(made, made.provisioned, HERE, infrequent=True).usd == pytest.approx(6 * (0.00016 + 0.00081) * 730)


def test_what_is_written_to_a_replica_has_its_own_rate_and_its_indexes_have_not() -> None:
    made = table(part(0, 10), part(0, 4, index="by-day"), replicas=("eu-west-1",))
    amount = cost.provisioned(made, made.provisioned, HERE, infrequent=False)
    assert [(term.price.key, term.quantity) for term in amount.terms] == [("provisioned.replicated-write", 10), ("provisioned.write", 4)]
    requests = cost.by_request(made, [Units(0, 2_000_000), Units(0, 1_000_000)], HERE, infrequent=False)
    assert [term.price.key for term in requests.terms] == ["on-demand.replicated-write", "on-demand.write"]
    assert requests.usd == pytest.approx(3 * 0.625)


def test_what_no_price_is_known_for_is_said_and_not_zero() -> None:
    made = table(part(0, 10), replicas=("eu-west-1",))
    amount = cost.provisioned(made, made.provisioned, HERE, infrequent=True)
    assert amount.usd is None
    assert "provisioned.replicated-write.standard-ia" in amount.lacks[0]


def test_requests_are_billed_by_the_million() -> None:
    made = table(on_demand=True)
    assert cost.by_request(made, [Units(8_000_000, 1_000_000)], HERE, infrequent=False).usd == pytest.approx(8 * 0.125 + 0.625)
    assert cost.by_request(made, [Units(8_000_000, 1_000_000)], HERE, infrequent=True).usd == pytest.approx(8 * 0.155 + 0.78)


@pytest.mark.parametrize(
    ("units", "left"),
    [
        ([Units(5, 5)], [Units(0, 0)]),
        ([Units(25, 26)], [Units(0, 1)]),
        ([Units(20, 5), Units(10, 100)], [Units(0, 0), Units(5, 80)]),
        ([Units(0, 0)], [Units(0, 0)]),
    ],
)
def test_what_is_free_is_taken_off_once_for_the_table_and_its_indexes(units: list[Units], left: list[Units]) -> None:
    assert cost.beyond_free(units, infrequent=False) == left
    assert cost.beyond_free(units, infrequent=True) == units, "nothing of Standard-IA is free"


@pytest.mark.parametrize(("gib", "left"), [(0, 0), (25, 0), (25.5, 0.5), (100, 75)])
def test_what_is_stored_beyond_what_is_free(gib: float, left: float) -> None:
    assert cost.stored_beyond_free(gib, infrequent=False) == left
    assert cost.stored_beyond_free(gib, infrequent=True) == gib


def test_commitments_may_pay_for_throughput_by_its_larger_part() -> None:
    made = table(part(100, 10))
    coverable = cost.coverable(cost.provisioned(made, made.provisioned, HERE, infrequent=False))
    assert coverable is not None
    assert (coverable.service, coverable.family) == ("AmazonDynamoDB", "provisioned.read")
    assert coverable.usd == pytest.approx((100 * 0.00013 + 10 * 0.00065) * 730)
    assert cost.coverable(NOTHING) is None


@pytest.mark.parametrize(
    ("usage_type", "key"),
    [
        ("ReadCapacityUnit-Hrs", "provisioned.read"),
        ("IA-WriteCapacityUnit-Hrs", "provisioned.write.standard-ia"),
        ("ReplWriteRequestUnits", "on-demand.replicated-write"),
        ("TimedStorage-ByteHrs", "storage"),
        ("IA-TimedStorage-ByteHrs", "storage.standard-ia"),
    ],
)
def test_what_the_bill_calls_it(usage_type: str, key: str) -> None:
    assert {rate.key for _, rate in rates_of(BILLED_AS, usage_type)} == {key}
    known = metered("AmazonDynamoDB", key)
    assert known is not None
    assert known.usage_type == usage_type
    assert known.per_unit == (1e6 if key.startswith("on-demand") else 1)
