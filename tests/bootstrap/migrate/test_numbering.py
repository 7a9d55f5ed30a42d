"""Numbers of files: what is a time, what comes next, and where some are left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bootstrap.migrate.numbering import after, gaps, is_time

NOW = datetime(2026, 11, 29, 12, 30, 15, 678901, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("20240229", True),
        ("20230229", False),  # no such day
        ("2024022923", True),
        ("202402292359", True),
        ("20240229235959", True),
        ("20240229235959123", True),
        ("1700000000", True),
        ("1700000000000", True),
        ("1700000000000000", True),
        ("1700000000000000000", True),
        ("0000000001", False),
        ("000001", False),
        ("10000001", False),
        ("1", False),
    ],
)
def test_is_time(number: str, expected: bool) -> None:
    assert is_time(number) is expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], "000001"),
        (["000"], "001"),
        (["0"], "1"),
        (["9"], "10"),
        (["0009", "0010"], "0011"),
        (["1000", "1001"], "1002"),
        (["9999", "0001"], "10000"),  # past its width the order is still that of the numbers
        (["1", "02", "003"], "004"),
        (["20240101"], "20261129"),
        (["20261129"], "20261130"),
        (["20261231"], "20270101"),
        (["2024010100"], "2026112912"),
        (["202401010000"], "202611291230"),
        (["20240101000000"], "20261129123015"),
        (["20261129123015"], "20261129123016"),
        (["20301231235959"], "20310101000000"),  # a clock that was ahead
        (["20240101000000000"], "20261129123015678"),
        (["1700000000"], "1795955415"),
        (["1700000000000"], "1795955415678"),
        (["1700000000000000000"], "1795955415678901000"),
        (["1999999999"], "2000000000"),
        (["000001", "20240101000000"], "20261129123015"),
    ],
)
def test_after(numbers: list[str], expected: str) -> None:
    assert after(numbers, NOW) == expected
    assert is_time(expected) is is_time((numbers or ["1"])[-1])


def test_time_is_told_in_utc_wherever_it_is_made() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-9)))
    assert after(["20240101000000"], there) == "20261129123015"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], []),
        (["1"], []),
        (["1", "2", "3"], []),
        (["001", "002", "005"], [("002", "005")]),
        (["1", "3"], [("1", "3")]),
        (["10", "20", "30"], []),
        (["10", "20", "30", "40", "41"], []),
        (["0", "1", "20240101000000", "20240301000000"], []),
        (["9", "10", "12"], [("10", "12")]),
    ],
)
def test_gaps(numbers: list[str], expected: list[tuple[str, str]]) -> None:
    assert gaps(numbers) == expected
