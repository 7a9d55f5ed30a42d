"""Another content for a tier's folder, in one step: what is staged takes its place, or a later command finishes that.

Known by files alone, so that it is done before anything of the state is read.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from local.files import remove_aside, remove_tree

PARTS = ("postgres", "cache", "emulator", "backups", "state.json")
"""What a tier is: the folders of its servers and archives, and last what it knows of itself."""
_FOLDER, _NEW, _OLD, _READY = "restoring", "new", "old", "ready"
_GONE = "removing-"
"""How the name of a folder begins that only waits for its removal."""


def staging(tier: Path) -> Path:
    """An empty folder for the new content of a tier."""
    clear(tier)
    made = tier / _FOLDER / _NEW
    (tier / _FOLDER).mkdir(mode=0o700)
    made.mkdir(mode=0o700)
    return made


def commit(tier: Path) -> None:
    """From here on the tier is what is staged; its servers are ended hard."""
    handle = os.open(tier / _FOLDER / _READY, os.O_WRONLY | os.O_CREAT, 0o600)
    os.fsync(handle)
    os.close(handle)
    finish(tier)


def finish(tier: Path) -> None:
    """Bring to its end what was committed. The old content is left for `clear`."""
    folder = tier / _FOLDER
    if not (folder / _READY).exists():
        return
    from local.stop import stop  # psutil, which a container of the exporter does without

    stop(tier, kill=True)
    (folder / _OLD).mkdir(mode=0o700, exist_ok=True)
    for part in PARTS:
        staged, old = folder / _NEW / part, folder / _OLD / part
        if (tier / part).exists() and not old.exists():
            (tier / part).rename(old)
        if staged.exists():
            staged.rename(tier / part)
    (folder / _READY).unlink()


def clear(tier: Path) -> None:
    """Remove what a copy that never was committed has left; begin to remove the old content after one that was."""
    folder = tier / _FOLDER
    if folder.exists() and not (folder / _READY).exists():
        if any((folder / _NEW).glob("*")):  # never committed: whoever staged it may be gone, and his copiers not
            from local.orphans import end_copiers

            end_copiers(folder)
            remove_tree(folder)
        else:
            folder.rename(tier / f"{_GONE}{secrets.token_hex(4)}")
    if left := list(tier.glob(f"{_GONE}*")):
        from local.orphans import is_removed

        for each in left:
            if not is_removed(each):
                remove_aside(each)
