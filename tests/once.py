"""What is made once: per session, shared by its workers; or per process, kept to its end."""

from __future__ import annotations

import atexit
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")

_folders: list[Path] = []


def share(folder: Path) -> None:
    """Keep it in this folder of the session, which all workers name."""
    _folders[:] = [folder]


def once(key: str, make: Callable[[Path], None]) -> Path:
    """The file or folder of that key; the other workers wait for the one that makes it."""
    if not _folders:  # while tests are collected: for this process alone
        share(Path(tempfile.mkdtemp(prefix="dt-once-")))
        atexit.register(shutil.rmtree, _folders[0], ignore_errors=True)
    place, begun = _folders[0] / key, _folders[0] / f"{key}.begun"
    with (_folders[0] / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            make(begun)
            begun.rename(place)
    return place


@contextmanager
def kept(make: Callable[[Key], AbstractContextManager[Made]]) -> Iterator[Callable[[Key], Made]]:
    """What `make` gives for each key, made when first asked for and kept to the end.

    For what fixtures with parameters share: pytest ends such a fixture with its parameter, in every file anew.
    """
    with ExitStack() as all_of_it:
        yield cache(lambda key: all_of_it.enter_context(make(key)))
