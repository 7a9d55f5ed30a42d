"""What `doctor` says of a tier: every server that does not answer in a row of its own, and what presses inside."""

from __future__ import annotations

from pathlib import Path

import pytest

import local.status
from cli.doctor import ToolCheck, _running
from local import ports
from local.state import StateDir
from local.status import Process

TIER = "stack shop-eu"
AGAIN = "`datatier down shop-eu` ends it, `datatier up shop-eu` starts it again"


def server(name: str, *, pid: int | None = 9, answers: bool = True) -> Process:
    return Process(name, "postgres", 5432, pid, "log", answers)


@pytest.mark.parametrize(
    ("servers", "inside", "rows"),
    [
        ([server("a"), server("b")], [], [(TIER, "ok", "2 of 2 servers answer")]),
        ([server("a", pid=None, answers=False)], [], [(TIER, "ok", "down, its data are kept")]),
        (
            [server("a"), server("b", pid=None, answers=False), server("c", answers=False)],
            [],
            [
                (TIER, "missing", "1 of 3 servers answer"),
                ("b", "missing", "not running: `datatier up shop-eu` starts it"),
                ("c", "missing", f"does not answer: {AGAIN}"),
            ],
        ),
        (
            [server("a")],
            ["migration 7 is dirty"],
            [(TIER, "ok", "1 of 1 servers answer"), (TIER, "missing", "migration 7 is dirty")],
        ),
    ],
)
def test_a_row_for_each_that_does_not_answer(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    servers: list[Process],
    inside: list[str],
    rows: list[tuple[str, str, str]],
) -> None:
    monkeypatch.setattr(local.status, "seen", lambda _: servers)
    monkeypatch.setattr(local.status, "pressing", lambda _: inside)
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    assert list(_running(StateDir(tmp_path, "shop-eu"))) == [ToolCheck(*row) for row in rows]
