"""Versions of engines: which one comes first, and which change of a cache the provider makes a replacement."""

from __future__ import annotations

import pytest

from knowledge.versions import cache_goes_back, numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [("17", (17,)), ("17.10", (17, 10)), ("8.0.1", (8, 0, 1)), (None, (0,)), ("", (0,)), (8.1, (8, 1))],
)
def test_numbers(text: object, expected: tuple[int, ...]) -> None:
    assert numbers(text) == expected


def test_a_minor_that_is_left_open_is_above_every_other() -> None:
    assert numbers("6.2") < numbers("6.x") < numbers("7.0")


@pytest.mark.parametrize(
    ("runs", "declared", "replaced"),
    [
        ("8.2", "8.0", True),
        ("8.10", "8.9", True),
        ("8.0", "8.1", False),
        ("8.0", "8.0", False),
        ("7.2", "8.0", False),
        ("9.1", "9.0", True),
        ("9.0", "8.2", True),
        ("7.1", "7.2", False),  # Redis OSS to Valkey
        ("7.1", "6.2", True),
        ("6.x", "6.2", False),
        ("6.x", "7.0", False),
        ("7.0", "6.x", True),
        ("6.2", "6.x", False),
    ],
)
def test_a_cache_never_goes_back_in_place(runs: str, declared: str, replaced: bool) -> None:
    assert cache_goes_back(runs, declared) is replaced
