"""What the substrate remembers of a stack: one folder, one JSON file, one lock."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypedDict

from graph.errors import CloudError
from graph.placed import PlacedResource
from local import swap
from local.files import private_dir, write_private

LOCK_SECONDS = 60.0


class Entry(PlacedResource):
    """One resource as it was last made; by its URN in the state."""

    name: str
    digest: str
    """Of its declaration: another one means that it has to be made again."""


MadeKind = Literal["instance", "snapshot", "cache", "cache snapshot", "promotion"]
"""A promotion is of a replica of the stack; the others are what `keep.estate` calls so."""


def made_key(kind: MadeKind, identifier: str) -> str:
    """What an entry of `StateDir.made` is under."""
    return f"{kind} {identifier}"


class MadeEntry(TypedDict):
    """What a drill has made aside: of no stack, so that no `up` adopts or removes it."""

    kind: MadeKind
    identifier: str
    source: str
    like: str
    """The instance or cache of the stack whose groups it has."""
    made_by: str
    made_at: str
    """UTC, ISO 8601."""


class StackLockedError(CloudError):
    """Another command holds the stack."""


class StateDir:
    """`.local/<stack>/` below a project folder. Safe to use from several threads of one process."""

    def __init__(self, project: Path, stack: str, *, read: bool = True) -> None:
        self.stack = stack
        self.project = project.resolve()
        self.path = self.project / ".local" / stack
        self._mutex = threading.RLock()
        self.resources: dict[str, Entry] = {}
        """By URN, in the order in which they were made."""
        self.ports: dict[str, int] = {}
        """By server name; kept for the life of the folder."""
        self.secrets: dict[str, str] = {}
        """Passwords that the substrate itself needs (administrators, replication)."""
        self.kept: dict[str, Any] = {}
        """Facts that are dear to find out again: the bootstrap's manifest and report."""
        self.made: dict[str, MadeEntry] = {}
        """By `made_key`."""
        if read:
            self.load()

    @property
    def exists(self) -> bool:
        return (self.path / "state.json").is_file()

    def folder(self, *parts: str) -> Path:
        """A private folder of the stack, made when missing."""
        path = private_dir(self.path)
        for part in parts:
            path = private_dir(path / part)
        return path

    def load(self) -> None:
        """Read what is on disk; a file that cannot be read is an error at once, before anything is made."""
        path = self.path / "state.json"
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            self.resources, self.ports = data["resources"], data["ports"]
            self.secrets, self.kept = data["secrets"], data["kept"]
            self.made = data.get("made", {})
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CloudError(
                f"{path} cannot be read ({error}); put a copy of it back, or "
                f"`datatier down {self.stack} --delete` starts afresh, without the data"
            ) from error

    def save(self) -> None:
        with self._mutex:
            self.folder()
            data = {"resources": self.resources, "ports": self.ports, "secrets": self.secrets, "kept": self.kept}
            data["made"] = self.made
            write_private(self.path / "state.json", json.dumps(data))

    def put(self, urn: str, entry: Entry) -> None:
        with self._mutex:
            self.resources.pop(urn, None)
            self.resources[urn] = entry

    def of_type(self, token: str) -> list[Entry]:
        """Return the resources of a type, in the order in which they were made."""
        return [entry for entry in list(self.resources.values()) if entry["type"] == token]

    def secret(self, name: str, make: str) -> str:
        """The kept password of that name; `make` becomes it when there is none, and is on disk before it is used."""
        with self._mutex:
            if name not in self.secrets:
                self.secrets[name] = make
                self.save()
            return self.secrets[name]

    def delete(self) -> None:
        """Remove the folder with all data."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self.path.exists():
            raise CloudError(f"{self.path} could not be removed whole; remove it as the user who ran `datatier up`")
        self.resources, self.ports, self.secrets, self.kept, self.made = {}, {}, {}, {}, {}

    @contextmanager
    def lock(self, seconds: float = LOCK_SECONDS, *, read: bool = True) -> Iterator[None]:
        """Keep two commands on one stack apart: flock, so that a killed holder frees it. Reads the state anew."""
        private_dir(self.project / ".local")
        path = self.folder() / "lock"
        handle = _locked(path, time.monotonic() + seconds, self.stack)
        try:
            swap.finish(self.path)  # what a killed `snapshot restore` had decided
            swap.clear(self.path)
            if read:
                self.load()
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(handle)

    @staticmethod
    def stacks(project: Path) -> list[str]:
        """Names of the stacks that have a folder here; what begins with a dot is nobody's."""
        return sorted(path.name for path in (project / ".local").glob("[!.]*/") if path.is_dir())


def _locked(path: Path, deadline: float, stack: str) -> int:
    while True:
        private_dir(path.parent)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CloudError(
                f"cannot write {path}: {error.strerror}; free or unlock the place and run it again"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode() or "unknown"
            os.close(handle)
            if time.monotonic() > deadline:
                raise StackLockedError(
                    f"another datatier command (pid {holder}) is working on stack {stack}; wait for it or end it"
                ) from None
            time.sleep(0.05)
            continue
        # the holder before us may have unlinked the file after we opened it: only the file that is there counts
        try:
            current = path.stat().st_ino == os.fstat(handle).st_ino
        except FileNotFoundError:
            current = False
        if current:
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            return handle
        os.close(handle)
