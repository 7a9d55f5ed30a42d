"""Quantities as people read them, by the unit in a column's name."""

from __future__ import annotations

import pytest

from observe.quantities import heading, written


@pytest.mark.parametrize(
    ("column", "value", "head", "text"),
    [
        ("size_bytes", 0, "size", "0 bytes"),
        ("size_bytes", 1023, "size", "1023 bytes"),
        ("size_bytes", 1536, "size", "1.5 KiB"),
        ("size_bytes", 300 * 1024**3, "size", "300 GiB"),
        ("open_seconds", 0.24, "open", "0.2 s"),
        ("open_seconds", 59.6, "open", "1 min"),
        ("open_seconds", 200.0, "open", "3 min 20 s"),
        ("open_seconds", 7500, "open", "2 h 5 min"),
        ("open_seconds", 86_400 * 12 + 3 * 3600, "open", "12 d 3 h"),
        ("mean_ms", 0.0523, "mean", "0.0523 ms"),
        ("mean_ms", 1234.5, "mean", "1,234 ms"),
        ("share_percent", 33.333, "share", "33.3 %"),
        ("calls", 1_234_567, "calls", "1,234,567"),
        ("pid", 1_234_567, "pid", "1234567"),
        ("own", True, "own", "yes"),
        ("blocked_by", [4, 0], "blocked by", "4, 0"),
        ("address", None, "address", ""),
    ],
)
def test_written(column: str, value: object, head: str, text: str) -> None:
    assert (heading(column), written(column, value)) == (head, text)
