"""Where the copies of a stack lie, for the commands that tell how old they are."""

from __future__ import annotations

from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError
from knowledge.thresholds.recovery import BACKUP

if TYPE_CHECKING:
    from collections.abc import Callable

    from bootstrap.manifest import Manifest
    from local.state import StateDir
    from observe.health.recovery import Recoverable
    from observe.metrics.source import Source

EVERY, SECONDS = 60.0, 3.0
"""Between two readings of a place, and how long the first is waited for."""
LOCAL = "copies"
"""Folder of the project that a tier on this computer is looked for in, where its stack declares no place."""
BACKUP_SECONDS = 3600 * (BACKUP.warn or 0.0)
"""How old the newest copy may be where no stack says so."""


class Remembered:
    """What a place knows, asked once in a while and waited for briefly: a look at the servers must not hang on S3."""

    def __init__(self, read: Callable[[], Recoverable], where: str, *, clock: Callable[[], float] = monotonic) -> None:
        """Ask nobody yet.

        :param where: the place's address.
        """
        self._read, self._where, self._clock = read, where, clock
        self._found: Recoverable | BootstrapError | None = None
        self._asked = float("-inf")
        self._done = Event()

    def __call__(self) -> Recoverable:
        """Return what was found last. Raise BootstrapError for what went wrong, and where nobody answered in time."""
        if self._clock() - self._asked >= EVERY:
            self._asked, self._done = self._clock(), Event()
            Thread(target=self._ask, args=(self._done,), name="copies", daemon=True).start()
        if self._found is None:
            self._done.wait(SECONDS)
        if self._found is None:
            raise BootstrapError(f"{self._where} has not answered in {SECONDS:g} s")
        if isinstance(self._found, BootstrapError):
            raise self._found
        return self._found

    def _ask(self, done: Event) -> None:
        try:
            self._found = self._read()
        except BootstrapError as error:
            self._found = error
        finally:
            done.set()


def place_of(manifest: Manifest, state: StateDir | None) -> str | None:
    """Return the address; None where there is none. `state` is that of a tier on this computer."""
    if manifest.kept:
        return manifest.kept.place
    folder = state.project / LOCAL if state else None
    return str(folder) if folder and folder.is_dir() else None


def reader_of(manifest: Manifest, state: StateDir | None) -> Callable[[], Recoverable] | None:
    """Return what reads it; the reports of a tier's drills are in its own folder (`cli.drill_scene`).

    None where nobody has said where copies lie, and no drill was done here.
    """
    from keep.drill.books import FOLDER
    from keep.watch.kept import reader

    where = place_of(manifest, state)
    drilled = state is not None and (where is not None or (state.path / FOLDER).is_dir())
    return reader(manifest, where, str(state.path) if state and drilled else None)


def limit_of(manifest: Manifest) -> float:
    """Seconds that the newest copy of a stack may be old."""
    return manifest.kept.backup_seconds if manifest.kept else BACKUP_SECONDS


def drill_limit_of(manifest: Manifest) -> float | None:
    """Seconds that the last drill of a stack may be old; None where none run on a schedule."""
    return manifest.drills.drill_seconds if manifest.drills else None


def kept_source(manifest: Manifest, state: StateDir | None) -> Source:
    """What the exporter tells of copies and drills."""
    from observe.health.recovery import NOT_DECLARED
    from observe.metrics.own.recovery import not_kept_source, recovery_source

    read = reader_of(manifest, state)
    if read is None:
        return not_kept_source(*NOT_DECLARED)
    return recovery_source(read, limit_of(manifest), drill_limit=drill_limit_of(manifest))
