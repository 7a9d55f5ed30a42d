"""When a tier is well: what `status` and `up` end with 0 for."""

from __future__ import annotations

from typing import Any

import pytest

from local.status import Process, well

WELL: dict[str, Any] = {
    "up": True,
    "postgres": {"migration": {"version": 3, "dirty": False}},
    "access": {"failed": 0},
    "used_up": [],
}


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"up": False}, False),
        ({"postgres": {"migration": {"version": 3, "dirty": True}}}, False),
        ({"access": {"failed": 1}}, False),
        ({"used_up": ["shop-eu: login web_a holds all 2 connections that it may"]}, False),
    ],
)
def test_one_thing_that_is_wrong_is_enough(change: dict[str, Any], good: bool) -> None:
    assert well({**WELL, **change}) is good


@pytest.mark.parametrize(
    ("pid", "answers", "trouble", "mend"),
    [
        (9, True, None, ""),
        (None, False, "not running", "`datatier up shop-eu` starts it"),
        (9, False, "does not answer", "`datatier down shop-eu` ends it, `datatier up shop-eu` starts it again"),
    ],
)
def test_what_is_wrong_with_a_server_and_what_mends_it(
    pid: int | None, answers: bool, trouble: str | None, mend: str
) -> None:
    server = Process("shop-eu-standby", "postgres", 5432, pid, "log", answers)
    assert server.trouble == trouble
    assert not trouble or server.mend("shop-eu") == mend
