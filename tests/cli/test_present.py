"""What `status` shows of a tier, row by row."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cli import present

UP = {"primary": 1, "replica": 2, "node": 3, "emulator": 4}


def shown(*down: str) -> list[str]:
    at = {name: {"host": "127.0.0.1", "port": port} for name, port in UP.items()}
    data: dict[str, Any] = {
        "stack": "live",
        "postgres": {
            "primary": {**at["primary"], "database": "shop"},
            "replicas": [{**at["replica"], "name": "standby", "lag_seconds": None if "replica" in down else 0.5}],
            "migration": {"version": 3, "dirty": False},
        },
        "redis": {"main": {"nodes": [{**at["node"], "role": None if "node" in down else "master"}]}},
        "emulator": {"endpoint": "http://127.0.0.1:4", "credentials": "x"},
        "access": {"allowed": 1, "refused": 1, "failed": 0},
        "undeclared": [],
        "processes": [{"port": port, "pid": None if name in down else 9} for name, port in UP.items()],
    }
    console = Console(file=io.StringIO(), width=100)
    present.tier(console, data)
    rows = str(console.file.getvalue()).splitlines()[2:6]  # type: ignore[attr-defined]
    return [" ".join(row.split()) for row in rows]


@pytest.mark.parametrize(
    ("down", "rows"),
    [
        (
            (),
            [
                "PostgreSQL primary 127.0.0.1:1 database shop",
                "PostgreSQL replica standby 127.0.0.1:2 lag 0.5 s",
                "cache main master 127.0.0.1:3",
                "AWS emulator 127.0.0.1:4",
            ],
        ),
        (
            tuple(UP),
            [
                "PostgreSQL primary 127.0.0.1:1 not running",
                "PostgreSQL replica standby 127.0.0.1:2 not running",
                "cache main 127.0.0.1:3 not running",
                "AWS emulator 127.0.0.1:4 not running",
            ],
        ),
        (
            ("primary",),
            [
                "PostgreSQL primary 127.0.0.1:1 not running",
                "PostgreSQL replica standby 127.0.0.1:2 lag 0.5 s",
                "cache main master 127.0.0.1:3",
                "AWS emulator 127.0.0.1:4",
            ],
        ),
    ],
)
def test_a_server_that_does_not_run_says_so_in_its_row(down: tuple[str, ...], rows: list[str]) -> None:
    assert shown(*down) == rows


def told(**change: Any) -> list[str]:
    """The lines below the rows."""
    data: dict[str, Any] = {
        "stack": "shop-eu",
        "postgres": {"primary": None, "replicas": [], "migration": {"version": 3, "dirty": False}},
        "redis": {},
        "access": {"allowed": 5, "refused": 7, "failed": 0},
        "undeclared": [],
        "processes": [],
        "bootstrapped": "2031-05-06 07:08:09+00:00",
        "unseen": [],
        "used_up": [],
        **change,
    }
    console = Console(file=io.StringIO(), width=1000, soft_wrap=True, highlight=False)
    present.tier(console, data)
    return str(console.file.getvalue()).splitlines()[2:]  # type: ignore[attr-defined]


LONG_AGO = "access, proved at the last bootstrap: 5 actions allowed, 7 refused, 0 otherwise than declared"
PROVED = "access, proved at 2031-05-06 07:08:09+00:00: 5 actions allowed, 7 refused, 0 otherwise than declared"


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({}, ["schema: migration 3, clean", PROVED]),
        (
            {"unseen": ["migration", "undeclared"]},
            [
                "schema: not seen, the primary does not answer; migration 3, clean at 2031-05-06 07:08:09+00:00",
                PROVED,
                "roles and privileges: not seen, the primary does not answer",
            ],
        ),
        ({"used_up": ["shop-eu: full"]}, ["schema: migration 3, clean", PROVED, "connections shop-eu: full"]),
        ({"bootstrapped": None}, ["schema: migration 3, clean", LONG_AGO]),
    ],
)
def test_what_was_not_looked_at_bears_its_time(change: dict[str, Any], lines: list[str]) -> None:
    assert told(**change) == lines


def test_a_server_that_runs_and_does_not_answer_says_so_in_its_row() -> None:
    trouble = present.trouble(
        [{"port": 1, "pid": 9, "answers": False}, {"port": 2, "pid": None}, {"port": 3, "pid": 8}]
    )
    assert trouble == {1: "[red]does not answer[/]", 2: "[red]not running[/]"}
