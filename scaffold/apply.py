"""Carries out a change of a checkout: prepared aside whole, then moved; after a kill the same call goes on.

`.local/init` is there from the moment at which everything is prepared until everything has been moved. Before it the
former application is untouched, and each step after it is one rename.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from scaffold.plan import Change

_PREPARED = Path(".local") / "init"
_PLAN = "plan.json"


def pending(root: Path) -> str | None:
    """The application that an interrupted `init` was making the root's; None where none was."""
    path = root / _PREPARED / _PLAN
    return str(json.loads(path.read_text("utf-8"))["application"]) if path.is_file() else None


def apply(root: Path, change: Change) -> None:
    """Do it all."""
    prepare(root, change)
    finish(root)


def prepare(root: Path, change: Change) -> None:
    """Write everything aside; nothing of the application is touched."""
    part = root / _PREPARED.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    _write(part / "kept", change.keeps)
    _write(part / "new", change.writes)
    plan = {
        "application": change.application,
        "kept": change.kept.as_posix(),
        "writes": [path.as_posix() for path in change.writes],
        "removes": [path.as_posix() for path in change.removes],
    }
    (part / _PLAN).write_text(json.dumps(plan, indent=2), "utf-8")
    part.rename(root / _PREPARED)


def finish(root: Path) -> None:
    """Move what was prepared to where it belongs, from wherever an earlier call was stopped."""
    prepared = root / _PREPARED
    plan = json.loads((prepared / _PLAN).read_text("utf-8"))
    if (prepared / "kept").is_dir():
        target = root / plan["kept"]
        target.parent.mkdir(parents=True, exist_ok=True)
        (prepared / "kept").rename(target)
    for path in plan["writes"]:
        if (source := prepared / "new" / path).exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            source.replace(root / path)
    _remove(root, plan["removes"])
    # The plan goes first, in one step: without it nothing is pending.
    (prepared / _PLAN).unlink()
    shutil.rmtree(prepared)


def _write(folder: Path, contents: Mapping[Path, bytes]) -> None:
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
