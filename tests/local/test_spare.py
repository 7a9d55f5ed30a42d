"""A cluster that is made ahead of time, and what a kill in the middle of that leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.handlers.base import server, spare
from local.state import StateDir

pytestmark = pytest.mark.server


def test_what_a_killed_initdb_left_is_in_nobodys_way(tmp_path: Path) -> None:
    state = StateDir(tmp_path, "live")
    folder = state.folder("postgres", "spare")
    (folder / "tmp4x_7a").write_text("a password that was on its way")
    (folder / "password.new").write_text("another")
    state.folder("postgres", "spare", "data.new", "base")
    target = server(state, "shop-live")
    target.adopt(spare(state))
    assert target.initialised
    assert [path.name for path in target.folder.iterdir()] == ["data"]
    assert not folder.exists()
