"""What stands beside the stack, written down before it is made: a killed run leaves nothing that nobody knows of."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis

from graph.errors import CloudError
from keep.errors import AskedError, EstateError
from local.files import private_dir
from local.state import MadeEntry, MadeKind, StateDir, made_key

_UNFINISHED = "unfinished"
"""File that is there, locked by whoever makes a copy, until the copy is whole: unlocked, nobody goes on with it."""


class Records:
    """The entries of one tier. The caller of `reserve` and `forget` holds `state.lock()`."""

    def __init__(self, state: StateDir) -> None:
        self.state = state

    def every(self, kind: MadeKind) -> list[MadeEntry]:
        """The entries of a kind, the oldest first."""
        return [each for each in self.state.made.values() if each["kind"] == kind]

    def find(self, kind: MadeKind, identifier: str) -> MadeEntry | None:
        """The entry of that name; None where there is none."""
        return self.state.made.get(made_key(kind, identifier))

    def reserve(self, kind: MadeKind, identifier: str, *, source: str, like: str, made_by: str) -> MadeEntry:
        """Write down what is about to be made. Raise AskedError where it is there already."""
        if self.find(kind, identifier):
            raise AskedError(f"the {kind} {identifier} is there already: choose another name")
        at = datetime.now(UTC).isoformat()
        entry = MadeEntry(kind=kind, identifier=identifier, source=source, like=like, made_by=made_by, made_at=at)
        self.state.made[made_key(kind, identifier)] = entry
        self.state.save()
        return entry

    def of_a_drill(self, kind: MadeKind, identifier: str) -> MadeEntry:
        """The entry of something that may be removed. Raise EstateError for everything else."""
        entry = self.find(kind, identifier)
        if entry is None:
            raise EstateError(f"no drill has made the {kind} {identifier}: it is not removed")
        return entry

    def forget(self, kind: MadeKind, identifier: str) -> None:
        """Strike it out, when nothing is left of it."""
        self.state.made.pop(made_key(kind, identifier), None)
        self.state.save()


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """Hold the folder of something that is being made. What is not made to its end stays marked as unfinished."""
    mark = private_dir(folder) / _UNFINISHED
    handle = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        mark.unlink()
    finally:
        os.close(handle)


def is_making(folder: Path) -> bool:
    """Whether somebody makes it now."""
    return _held(folder) is True


def abandoned(folder: Path) -> bool:
    """Whether somebody began to make it who is gone: nobody goes on with it."""
    return _held(folder) is False


def _held(folder: Path) -> bool | None:
    """Whether the mark is locked; None where there is none."""
    try:
        handle = os.open(folder / _UNFINISHED, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False if os.fstat(handle).st_nlink else None  # it was finished between the two calls
    finally:
        os.close(handle)


@contextmanager
def explained() -> Iterator[None]:
    """What the servers and their folders refuse, as an estate's error."""
    try:
        yield
    except CloudError as error:
        raise EstateError(str(error)) from None
    except (psycopg.Error, redis.RedisError) as error:
        raise EstateError(str(error).strip().partition("\n")[0]) from None
