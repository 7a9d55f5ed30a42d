"""Stopping a stack: no process and no file but the data stays, or not even those."""

from __future__ import annotations

import shutil
from pathlib import Path

from local.state import StateDir
from local.stop import stop


def down(project: Path, stack: str, *, delete: bool = False) -> list[str]:
    """Stop every server of the stack and return their names.

    Goes by the pid files alone, so that it also works where the state cannot be read.
    """
    state = StateDir(project, stack, read=False)
    if not state.path.is_dir():
        return []
    with state.lock(read=False):
        stopped = stop(state.path, kill=delete)
        for folder in ("run", "log"):
            shutil.rmtree(state.path / folder, ignore_errors=True)
        if delete:
            state.delete()
    return stopped
