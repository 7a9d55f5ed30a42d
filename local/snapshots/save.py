"""Takes a snapshot: the servers stand still together, so that both engines and the emulator are of one moment."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from graph.errors import CloudError
from keep.errors import AskedError
from local.backups.cluster import WAL, Checkpoint, last_checkpoint
from local.disk import room, size
from local.files import write_private
from local.handlers import cache, rds
from local.handlers.base import server
from local.snapshots import kept
from local.snapshots.copied import SERVERS, copied
from local.snapshots.kept import TierSnapshot
from local.start import start
from local.state import StateDir
from local.status import processes
from local.stop import stop

STATE = "state.json"


def save(state: StateDir, name: str) -> TierSnapshot:
    """Take a snapshot under a new name. The caller holds `state.lock()`. Raise AskedError or CloudError.

    Sessions end. What ran before runs again, whether it succeeds or not; what drills have made runs on.
    """
    folder = kept.folder_of(state, name)
    if folder.exists():
        raise AskedError(
            f"stack {state.stack} has a snapshot `{name}` already: choose another name, or `datatier snapshot delete "
            f"{name}` first"
        )
    if not state.resources:
        raise AskedError(f"stack {state.stack} has nothing to take a snapshot of: `datatier up {state.stack}` first")
    kept.sweep(state)
    room(state.path, sum(size(state.path / each) for each in SERVERS), "a snapshot")
    fresh = state.folder(kept.FOLDER) / f".{name}.new"
    fresh.mkdir(mode=0o700)
    try:
        made = _filled(state, name, fresh)
    except (Exception, KeyboardInterrupt):
        shutil.rmtree(fresh, ignore_errors=True)  # a disk that is full would stay so
        raise
    fresh.rename(folder)
    return made


def _filled(state: StateDir, name: str, fresh: Path) -> TierSnapshot:
    ran = any(process.pid is not None for process in processes(state))
    aside = {entry["identifier"] for entry in state.made.values() if entry["kind"] != "promotion"}
    try:
        found = _stand_still(state, aside)
        at = datetime.now(UTC)
        copied(state.path, fresh, without=aside, wal=_Segments(found))
    finally:
        if ran:
            start(state)
    data = {"resources": state.resources, "secrets": state.secrets, "kept": state.kept, "made": _promotions(state)}
    write_private(fresh / STATE, json.dumps(data))
    made = TierSnapshot(
        name=name,
        at=at,
        bytes=size(fresh),
        postgres={e["outputs"]["identifier"]: e["outputs"]["engineVersionActual"] for e in state.of_type(rds.TYPE)},
        caches={e["id"]: e["outputs"]["engineVersionActual"] for e in state.of_type(cache.TYPE)},
        ports=state.ports,
    )
    write_private(fresh / kept.PAGE, made.model_dump_json())
    return made


def _stand_still(state: StateDir, aside: Collection[str]) -> dict[str, Checkpoint]:
    """Stop the servers and return each cluster's last checkpoint. Raise CloudError.

    What was killed before is started once more: a crash is recovered from with WAL, which a snapshot leaves out.
    """
    but = [state.path / kind / name for kind in ("postgres", "cache") for name in aside]
    stop(state.path, but=but)
    found = _checkpoints(state, aside)
    if _crashed(found):
        start(state)
        stop(state.path, but=but)
        found = _checkpoints(state, aside)
    if crashed := _crashed(found):
        raise CloudError(f"{', '.join(crashed)} cannot be stopped in good order: `datatier logs {crashed[0]}` says why")
    return found


def _checkpoints(state: StateDir, aside: Collection[str]) -> dict[str, Checkpoint]:
    found = [path.parent.parent.name for path in (state.path / "postgres").glob(f"*/data/{WAL}")]
    servers = [server(state, name) for name in found if name not in aside]
    return {each.name: last_checkpoint(each, each.data) for each in servers}


def _crashed(found: Mapping[str, Checkpoint]) -> list[str]:
    return [name for name, each in found.items() if each.crashed]


class _Segments:
    """Which segments of WAL a cluster needs to start, and to let its replicas go on; the others are old or unused."""

    def __init__(self, checkpoints: Mapping[str, Checkpoint]) -> None:
        found = [each.begins[8:] for each in checkpoints.values()]
        self._first, self._last = min(found, default=""), max(found, default="")

    def __call__(self, name: str) -> bool:
        return len(name) != 24 or self._first <= name[8:] <= self._last


def _promotions(state: StateDir) -> dict[str, object]:
    return {key: entry for key, entry in state.made.items() if entry["kind"] == "promotion"}
