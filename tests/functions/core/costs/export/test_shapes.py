"""CUR 2.0 and FOCUS in one shape; what the expressions say of lines is in test_resources.py."""

from __future__ import annotations

import duckdb
import pytest

from functions.core.costs.export.shapes import CUR2, FIELDS, FOCUS, KNOWN, SHAPES, Shape, shape_of, type_of
from functions.core.costs.rows import NoBill


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_table_with_the_least_columns_gives_every_field(shape: Shape) -> None:
    columns = [shape.sign, *shape.needs]
    assert shape_of(columns) is shape
    made = ", ".join(f"CAST(NULL AS varchar) AS {name}" for name in columns)
    described = duckdb.execute(f"DESCRIBE {shape.select(columns, f'(SELECT {made})')}").fetchall()
    kinds = {column: kind for column, kind, *_ in described}
    assert tuple(kinds) == FIELDS
    assert {name for name, kind in kinds.items() if kind == "DOUBLE"} == {"cost", "list_cost", "quantity"}


def test_what_is_known_is_what_the_shapes_read() -> None:
    assert len(KNOWN) == len(set(KNOWN))
    assert set(KNOWN) == {name for shape in SHAPES for name in (shape.sign, *shape.needs, *shape.may_have)}
    assert not set(CUR2.may_have) & set(CUR2.needs)
    assert not set(FOCUS.may_have) & set(FOCUS.needs)


def test_each_column_that_is_read_has_a_type() -> None:
    types = {name: type_of(name) for name in KNOWN}
    assert {name for name, kind in types.items() if kind == "timestamp"} == {"line_item_usage_start_date", "ChargePeriodStart"}
    assert {"EffectiveCost", "ListCost", "line_item_unblended_cost", "reservation_effective_cost"} <= {
        name for name, kind in types.items() if kind == "double"
    }
    assert types["line_item_resource_id"] == "string"


def test_another_table_is_refused() -> None:
    with pytest.raises(NoBill, match="none of the columns line_item_line_item_type and ChargeCategory"):
        shape_of(["lineItem/UsageType"])
