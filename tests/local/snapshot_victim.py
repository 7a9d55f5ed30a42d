"""A process to be killed: `snapshot_victim.py PROJECT STACK save|restore|delete NAME`."""

from __future__ import annotations

import sys
from pathlib import Path

from local.snapshots import kept
from local.snapshots.restore import restore
from local.snapshots.save import save
from local.state import StateDir

ACTS = {"save": save, "restore": restore, "delete": kept.delete}

if __name__ == "__main__":
    project, stack, act, name = sys.argv[1:]
    state = StateDir(Path(project), stack)
    with state.lock():
        ACTS[act](state, name)
