"""Periods in UTC: beginnings, ends of months and years, leap days, ISO weeks, and the names of their partitions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bootstrap.periods import Period, begin_of, bound, in_name, later, suffix

SYDNEY = timezone(timedelta(hours=11))


@pytest.mark.parametrize(
    ("at", "every", "expected"),
    [
        (date(2026, 12, 31), "day", date(2026, 12, 31)),
        (date(2026, 12, 31), "week", date(2026, 12, 28)),
        (date(2027, 1, 3), "week", date(2026, 12, 28)),  # a week of two years
        (date(2026, 12, 31), "month", date(2026, 12, 1)),
        (date(2026, 12, 31), "year", date(2026, 1, 1)),
        (datetime(2027, 1, 1, 10, 59, tzinfo=SYDNEY), "year", date(2026, 1, 1)),  # 23:59 in UTC
        (datetime(2027, 1, 1, 11, 0, tzinfo=SYDNEY), "year", date(2027, 1, 1)),
        (datetime(2027, 1, 1, tzinfo=UTC), "month", date(2027, 1, 1)),
    ],
)
def test_where_a_period_begins(at: date, every: Period, expected: date) -> None:
    assert begin_of(at, every) == expected


@pytest.mark.parametrize(
    ("begin", "every", "periods", "expected"),
    [
        (date(2028, 2, 28), "day", 1, date(2028, 2, 29)),
        (date(2026, 12, 28), "week", 1, date(2027, 1, 4)),
        (date(2026, 12, 1), "month", 1, date(2027, 1, 1)),
        (date(2026, 11, 1), "month", -13, date(2025, 10, 1)),
        (date(2026, 1, 1), "month", -1, date(2025, 12, 1)),
        (date(2026, 1, 1), "year", -2, date(2024, 1, 1)),
    ],
)
def test_periods_later_and_earlier(begin: date, every: Period, periods: int, expected: date) -> None:
    assert later(begin, every, periods) == expected


@pytest.mark.parametrize(
    ("begin", "every", "expected"),
    [
        (date(2026, 11, 30), "day", "_2026_11_30"),
        (date(2026, 12, 28), "week", "_2026_w53"),
        (date(2025, 12, 29), "week", "_2026_w01"),  # the year is the week's
        (date(2026, 11, 1), "month", "_2026_11"),
        (date(2026, 1, 1), "year", "_2026"),
    ],
)
def test_names_and_back(begin: date, every: Period, expected: str) -> None:
    assert suffix(begin, every) == expected
    assert in_name(f"Log{expected}", "Log", every) == begin


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("log_2026_13", "month"),
        ("log_2026_02_30", "day"),
        ("log_2027_w53", "week"),
        ("log_2026_11_30", "month"),
        ("log_2026_11", "day"),
        ("logs_2026_11", "month"),
        ("log_0000", "year"),
        ("log", "year"),
    ],
)
def test_other_names(name: str, every: Period) -> None:
    assert in_name(name, "log", every) is None


@pytest.mark.parametrize(
    ("begin", "every", "kind", "expected"),
    [
        (
            date(2026, 12, 1),
            "month",
            "timestamp with time zone",
            "FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')",
        ),
        (
            date(2028, 2, 29),
            "day",
            "timestamp without time zone",
            "FROM ('2028-02-29 00:00:00') TO ('2028-03-01 00:00:00')",
        ),
        (date(2026, 12, 28), "week", "date", "FROM ('2026-12-28') TO ('2027-01-04')"),
    ],
)
def test_bounds_as_the_server_prints_them(begin: date, every: Period, kind: str, expected: str) -> None:
    assert bound(begin, every, kind) == f"FOR VALUES {expected}"
