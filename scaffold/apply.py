"""Carries out a change of a checkout: prepared aside whole, then moved; after a kill the same call goes on.

`.local/.init` is there from the moment at which everything is prepared until everything has been moved. Before it the
former application is untouched, and each step after it is one rename.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bootstrap.errors import AskedError
from scaffold.checkout import DATA
from scaffold.plan import LOCAL, Change

# A folder of .local whose name begins with a dot is no stack's (local/state.py).
_PREPARED = LOCAL / ".init"
_PART = LOCAL / ".init.part"
_PLAN = "plan.json"


@contextmanager
def alone(root: Path, command: str = "init", file: Path = DATA) -> Iterator[None]:
    """Keep two calls in one folder apart: flock on a file that no call moves or writes, and which a kill frees.

    Raise AskedError where another call is at work.
    """
    with (root / file).open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AskedError(f"another `datatier {command}` is at work in {root}: wait for it, or end it.") from None
        yield


def pending(root: Path) -> str | None:
    """The application that an interrupted `init` was making the root's; None where none was."""
    return str(_plan(root)["application"]) if (root / _PREPARED / _PLAN).is_file() else None


def prepare(root: Path, change: Change) -> None:
    """Write everything aside; nothing of the application is touched."""
    part = root / _PART
    for left in (part, root / _PREPARED):  # without a plan nothing is pending
        shutil.rmtree(left, ignore_errors=True)
    _write(part / "kept", change.keeps)
    _write(part / "new", change.writes)
    plan = {
        "application": change.application,
        "kept": change.kept.as_posix(),
        "data": list(change.data),
        "writes": [path.as_posix() for path in change.writes],
        "removes": [path.as_posix() for path in change.removes],
    }
    (part / _PLAN).write_text(json.dumps(plan, indent=2), "utf-8")
    part.rename(root / _PREPARED)


def finish(root: Path) -> None:
    """Move what was prepared to where it belongs, from wherever an earlier call was stopped."""
    prepared, plan = root / _PREPARED, _plan(root)
    kept = root / plan["kept"]
    if (prepared / "kept").is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        (prepared / "kept").rename(kept)
    for name in plan["data"]:
        if (source := root / LOCAL / name).exists():
            (kept / LOCAL).mkdir(mode=0o700, exist_ok=True)
            source.rename(kept / LOCAL / name)
    for path in plan["writes"]:
        if (source := prepared / "new" / path).exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            source.replace(root / path)
    _remove(root, plan["removes"])
    (prepared / _PLAN).unlink()
    shutil.rmtree(prepared)


def _plan(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / _PREPARED / _PLAN).read_text("utf-8"))
    return found


def _write(folder: Path, contents: Mapping[Path, bytes]) -> None:
    folder.mkdir(parents=True)
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _remove(root: Path, paths: Iterable[str]) -> None:
    """Files, and the folders that hold nothing without them."""
    for path in paths:
        (root / path).unlink(missing_ok=True)
        parent = (root / path).parent
        while parent != root and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent
