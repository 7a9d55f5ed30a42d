"""Base backups of a cluster that is not running: copies of its folder, which need no server and no waiting.

PostgreSQL goes on from its last checkpoint by the archive alone (xlogrecovery.c: where pg_control says "shut down",
recovery.signal begins archive recovery at once), so its WAL is left out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from graph.errors import CloudError
from local.backups.archive import BASE, PACKED, finish
from local.backups.copying import copy, pack
from local.files import private_dir
from local.postgres.server import ENVIRONMENT, PostgresServer

WAL = "pg_wal"
INITIAL = "000000010000000000000001"
"""The segment with initdb's checkpoint."""
_REDO = re.compile(r"^Latest checkpoint's REDO WAL file: +([0-9A-F]{24})$", re.MULTILINE)
_STATE = re.compile(r"^Database cluster state: +(.*)$", re.MULTILINE)


def initial(archive: Path, server: PostgresServer) -> None:
    """Make the first base backup out of what initdb has made, packed ahead of time or now. Raise CloudError."""
    fresh = _fresh(archive)
    if not server.packed.exists():
        pack(server.data, server.packed, without=WAL)
    server.packed.rename(fresh / PACKED)
    for path in (fresh, fresh / PACKED):
        server.account.give(path)
    finish(archive, fresh, time.time(), INITIAL, "initdb")


def linked(archive: Path, server: PostgresServer, data: Path, how: str) -> None:
    """Make a base backup out of a copy that nobody writes to, without copying it again. Raise CloudError."""
    last = last_checkpoint(server, data)
    if last.state != "shut down":
        raise CloudError(f"{data} is not of a primary that was shut down: {last.state}")
    fresh = _fresh(archive)
    copy(data, fresh / "data", without=(WAL,), link=True)
    (fresh / "data" / WAL).mkdir(mode=0o700)
    for path in (fresh, fresh / "data" / WAL):
        server.account.give(path)
    finish(archive, fresh, time.time(), last.begins, how)


def _fresh(archive: Path) -> Path:
    made = archive / BASE / ".cold.part"
    shutil.rmtree(made, ignore_errors=True)
    return private_dir(made)


@dataclass(frozen=True)
class Checkpoint:
    """A cluster's last one."""

    begins: str
    """The segment that it begins in."""
    state: str
    """The cluster's since, such as `shut down`."""

    @property
    def crashed(self) -> bool:
        """Whether a primary was killed after it; a standby goes on from it with its source's WAL."""
        return self.state not in ("shut down", "shut down in recovery", "in archive recovery")


def last_checkpoint(server: PostgresServer, data: Path) -> Checkpoint:
    """What pg_controldata says. Raise CloudError."""
    done = subprocess.run(
        [server.binaries["pg_controldata"], str(data)],
        env=ENVIRONMENT,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    state, redo = _STATE.search(done.stdout), _REDO.search(done.stdout)
    if state is None or redo is None:
        raise CloudError(f"{data} cannot be read: {done.stderr.strip()}")
    return Checkpoint(redo[1], state[1])
