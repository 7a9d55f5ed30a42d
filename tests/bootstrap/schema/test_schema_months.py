"""Which partitions are those of months that an upkeep makes: by bounds and type, never by the name alone."""

from __future__ import annotations

from datetime import date

import pytest

from bootstrap import schema
from bootstrap.schema.definition import Table
from bootstrap.schema.months import bound, is_monthly, month_of

NOVEMBER = "FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')"


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (date(2026, 11, 1), NOVEMBER),
        (date(2026, 12, 1), "FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')"),
        (date(2028, 2, 1), "FOR VALUES FROM ('2028-02-01 00:00:00+00') TO ('2028-03-01 00:00:00+00')"),
    ],
)
def test_a_month_ends_where_the_next_begins(month: date, expected: str) -> None:
    assert bound(month) == expected


@pytest.mark.parametrize(
    ("title", "parent", "limits", "expected"),
    [
        ("shop.sale_2026_11", "shop.sale", NOVEMBER, date(2026, 11, 1)),
        ('shop."Sale_2026_11"', 'shop."Sale"', NOVEMBER, date(2026, 11, 1)),
        ("shop.sale_2026_10", "shop.sale", NOVEMBER, None),  # of another month
        ("shop.sale_2026_11", "shop.sale", NOVEMBER.replace("11-01 00", "11-01 05"), None),  # of another time zone
        ("shop.sale_2026_11", "shop.sale", "FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')", None),  # of days
        ("shop.sale_2026_13", "shop.sale", NOVEMBER, None),
        ("shop.sales_2026_11", "shop.sale", NOVEMBER, None),
        ("other.sale_2026_11", "shop.sale", NOVEMBER, None),
        ("shop.sale_default", "shop.sale", "DEFAULT", None),
    ],
)
def test_a_month_is_told_by_name_and_bounds_together(
    title: str, parent: str, limits: str, expected: date | None
) -> None:
    assert month_of(title, {"partition_of": parent, "bound": limits}) == expected


def test_a_partition_that_is_divided_again_is_no_month() -> None:
    entry: Table = {"partition_of": "shop.sale", "bound": NOVEMBER, "partition_by": "LIST (k)"}
    assert month_of("shop.sale_2026_11", entry) is None


@pytest.mark.parametrize(
    ("key", "type_", "function", "expected"),
    [
        ("RANGE (at)", "timestamp with time zone", "shop.keep_sale_partitions(integer)", True),
        ("RANGE (at)", "date", "shop.keep_sale_partitions(integer)", False),
        ("RANGE (at)", "timestamp without time zone", "shop.keep_sale_partitions(integer)", False),
        ("LIST (at)", "timestamp with time zone", "shop.keep_sale_partitions(integer)", False),
        ("RANGE (at, id)", "timestamp with time zone", "shop.keep_sale_partitions(integer)", False),
        ("RANGE (at)", "timestamp with time zone", "public.keep_sale_partitions(integer)", False),
        ("RANGE (at)", "timestamp with time zone", "shop.keep_sales_partitions()", False),
    ],
)
def test_a_table_is_monthly_by_a_point_in_time_and_with_an_upkeep(
    key: str, type_: str, function: str, expected: bool
) -> None:
    defined: schema.Schema = {
        "tables": {"shop.sale": {"partition_by": key, "columns": {"at": {"type": type_}}}},
        "functions": {function: {"definition": []}},
    }
    assert is_monthly("shop.sale", defined) is expected
