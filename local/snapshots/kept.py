"""What snapshots a tier has: each is a folder, whole when it has that name, with a page that says what is in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from graph.errors import CloudError
from keep.errors import AskedError
from local.files import remove_tree
from local.orphans import end_copiers
from local.state import StateDir

FOLDER, PAGE = "snapshots", "SNAPSHOT.json"
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62})")


class TierSnapshot(BaseModel):
    """One snapshot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    at: datetime
    """When the tier stood still for it."""
    bytes: int
    """What its files are together."""
    postgres: Mapping[str, str]
    """Instance -> version of the server, such as `18.6`."""
    caches: Mapping[str, str]
    """Cache -> version of the server, such as `Valkey 9.1.2`."""
    ports: Mapping[str, int]
    """Where the servers listened: a replica's connection and a cluster's table of nodes have that in them."""


def named(name: str) -> str:
    """Return a name that a snapshot may have. Raise AskedError."""
    if not _NAME.fullmatch(name):
        raise AskedError(
            f"`{name}` cannot be the name of a snapshot: at most 63 small letters, digits, `-`, `_` and `.`, with a "
            "letter or digit first"
        )
    return name


def folder_of(state: StateDir, name: str) -> Path:
    """Where the snapshot of that name is, or would be."""
    return state.path / FOLDER / named(name)


def every(state: StateDir) -> list[TierSnapshot]:
    """The tier's snapshots, the oldest first. Raise CloudError for one whose page cannot be read."""
    found = [
        read(folder)
        for folder in (state.path / FOLDER).glob("*/")
        if not folder.name.startswith(".")  # those are on their way
    ]
    return sorted(found, key=lambda each: (each.at, each.name))


def find(state: StateDir, name: str) -> TierSnapshot:
    """The snapshot of that name. Raise AskedError where there is none, with the one that was perhaps meant."""
    folder = folder_of(state, name)
    if folder.is_dir():
        return read(folder)
    names = [each.name for each in every(state)]
    near = difflib.get_close_matches(name, names, n=1)
    known = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}" if names else "it has none yet"
    raise AskedError(f"stack {state.stack} has no snapshot `{name}`: {known}")


def delete(state: StateDir, name: str) -> TierSnapshot:
    """Remove a snapshot. The caller holds `state.lock()`."""
    found = find(state, name)
    gone = state.path / FOLDER / f".{name}.gone"
    remove_tree(gone)
    folder_of(state, name).rename(gone)
    sweep(state)
    return found


def sweep(state: StateDir) -> None:
    """Remove what killed commands have left. The caller holds `state.lock()`."""
    for left in (state.path / FOLDER).glob(".*"):
        end_copiers(left)
        remove_tree(left)


def read(folder: Path) -> TierSnapshot:
    """The page of a snapshot. Raise CloudError."""
    try:
        return TierSnapshot.model_validate_json((folder / PAGE).read_text())
    except (OSError, ValidationError):
        raise CloudError(f"{folder / PAGE} cannot be read: remove the folder {folder}, it is of no use") from None
