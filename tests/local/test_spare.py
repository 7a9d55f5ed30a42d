"""A cluster that is made ahead of time, and what a kill in the middle of that leaves behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.handlers.base import RunContext, server, spare
from local.postgres.server import data_major
from local.state import StateDir

pytestmark = pytest.mark.server


def test_what_a_killed_initdb_left_is_in_nobodys_way(tmp_path: Path) -> None:
    state = StateDir(tmp_path, "live")
    folder = state.folder("postgres", "spare")
    (folder / "tmp4x_7a").write_text("a password that was on its way")
    (folder / "password.new").write_text("another")
    state.folder("postgres", "spare", "data.new", "base")
    target = server(state, "shop-live")
    target.adopt(spare(state, None))
    assert target.initialised
    assert sorted(path.name for path in target.folder.iterdir()) == ["data", "initial.tar"]
    assert not folder.exists()


def test_a_spare_of_another_major_version_is_nobodys(tmp_path: Path) -> None:
    """What the program declares is known only when its resources come."""
    state = StateDir(tmp_path, "live")
    with ThreadPoolExecutor(1) as pool:
        context = RunContext(state, "eu-west-3", emulator=None, spare=pool.submit(spare, state, 18))  # type: ignore[arg-type]
        older, newer = context.server("shop-live", 16), context.server("shop-next", 18)
        context.initialise(older)
    assert data_major(older.folder) == 16
    assert context.spare is None
    # Data keep their version whatever is declared afterwards.
    assert context.server("shop-live", 18).binaries.major == 16
    assert newer.binaries.major == 18
