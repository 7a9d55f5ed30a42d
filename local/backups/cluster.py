"""Base backups of a cluster that is not running: copies of its folder, which need no server and no waiting."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from graph.errors import CloudError
from local.backups import archiver
from local.backups.copying import copy
from local.postgres.server import ENVIRONMENT, PostgresServer

WAL = "pg_wal"
_REDO = re.compile(r"^Latest checkpoint's REDO WAL file: +([0-9A-F]{24})$", re.MULTILINE)
_STATE = re.compile(r"^Database cluster state: +(.*)$", re.MULTILINE)


def back_up(folder: Path, server: PostgresServer, data: Path, how: str, *, link: bool = False) -> None:
    """Make a base backup in an archive's folder out of a cluster that was shut down in good order.

    PostgreSQL goes on from its last checkpoint by the archive alone (xlogrecovery.c: where pg_control says "shut
    down", recovery.signal begins archive recovery at once), so its WAL is left out. Raise CloudError.
    """
    fresh = folder / archiver.BASE / ".cold.part"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    begins = first_segment(server, data)
    copy(data, fresh / "data", without=(WAL,), link=link)
    (fresh / "data" / WAL).mkdir(mode=0o700)
    for path in (fresh, fresh / "data", fresh / "data" / WAL):
        server.account.give(path)
    archiver.finish(folder, fresh, time.time(), begins, how)


def first_segment(server: PostgresServer, data: Path) -> str:
    """The segment of the last checkpoint. Raise CloudError for a cluster that was not shut down in good order."""
    done = subprocess.run(
        [*server.account.prefix, server.binaries["pg_controldata"], str(data)],
        env=ENVIRONMENT,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    state, redo = _STATE.search(done.stdout), _REDO.search(done.stdout)
    if state is None or redo is None:
        raise CloudError(f"{data} cannot be read: {done.stderr.strip()}")
    if state[1] != "shut down":
        raise CloudError(f"{data} is not of a server that was shut down: {state[1]}")
    return redo[1]
