"""Which metrics a check asks for, and whether they are enough; how the judge goes by it is tested with the judge."""

from __future__ import annotations

from functions.core.scan.asked_metrics import after_that, at_first, too_few, within
from functions.core.usage import DAY_SECONDS
from tests.functions.core.check_samples import DAYS, DENSE, SPARSE, check, resource


def test_a_check_that_goes_on_with_nothing_asks_for_all_at_once() -> None:
    made, limits = check("c", DENSE, DAYS, ("r",))
    assert at_first(made, resource("r"), limits) == (DENSE,)
    assert after_that(made, resource("r"), limits) == ()


def test_what_is_not_sparse_has_to_be_nearly_whole() -> None:
    made, limits = check("c", DENSE, DAYS, ("r",))
    few = too_few(made, resource("r", DENSE, 8), limits)
    assert few is not None
    assert few.reason == f"Load: 8 of {DAYS} datapoints"
    assert too_few(made, resource("r", DENSE, 9), limits) is None
    assert too_few(check("s", SPARSE, DAYS, ("r",))[0], resource("r", SPARSE, 1), limits) is None


def test_a_check_reads_its_own_window() -> None:
    _, limits = check("c", DENSE, 4, ("r",))
    narrowed = within((DENSE,), limits, resource("r", DENSE, DAYS).usage)[DENSE]
    assert (narrowed.expected, narrowed.count, narrowed.period) == (4, 4, DAY_SECONDS)
