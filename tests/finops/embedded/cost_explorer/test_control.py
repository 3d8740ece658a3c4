"""The control: a ledger takes the place of another, and what is not understood is said."""

from __future__ import annotations

import pytest

from finops.embedded.cost_explorer.ledger import Ledger
from tests.finops.asking import ago, row, serving


def test_a_ledger_takes_the_place_of_the_one_that_is_there() -> None:
    with serving(Ledger((row(ago(1), 1.0), row(ago(2), 2.0)))) as (_, control, explorer):
        assert len(explorer.ledger.rows) == 2
        control.load(Ledger((row(ago(3), 3.0),)))
        assert [one.unblended for one in explorer.ledger.rows] == [3.0]
        control.load(Ledger())
        assert explorer.ledger == Ledger()


def test_what_is_not_understood_is_said() -> None:
    with serving() as (_, control, _):
        with pytest.raises(ValueError, match="PUT nothing: there is no PUT nothing"):
            control._send("PUT", "nothing")
        with pytest.raises(ValueError, match=r"PUT ledger: line 1 of the ledger: Expecting value"):
            control._send("PUT", "ledger", "nonsense")


def test_settings_change_one_at_a_time() -> None:
    with serving() as (_, control, explorer):
        before = explorer.payer
        control.page_size(7)
        assert (explorer.page_size, explorer.payer) == (7, before)
        control.payer("333333333333")
        assert (explorer.page_size, explorer.payer) == (7, "333333333333")
