"""Level 3 of a verification: the database is restored where it harms nobody, proved with its access, and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.access import Access
from keep.backup.access import as_roles
from keep.backup.restore import Wish, restore
from keep.errors import DamagedError
from keep.manifest import BackupManifest, PostgresCopy
from keep.place.place import Place
from keep.postgres.target import TargetServer


@dataclass(frozen=True, kw_only=True)
class ScratchServer:
    """A server to restore into."""

    server: TargetServer
    tried: Callable[[psycopg.Connection[Any], Access], tuple[str, ...]] = as_roles
    """How access is proved: by logins where it is a throw-away server, whose passwords are nobody's."""


Scratch = Callable[[PostgresCopy], AbstractContextManager[ScratchServer]]
"""Gives a server for a database; what was made for it is gone at the end."""


def restored(scratch: Scratch) -> Callable[[Place, BackupManifest], Iterable[str]]:
    """Return what gives the differences of a backup at this level.

    What it gives raises AskedError where the server cannot take the database, KeepError where it could not go on:
    neither says anything of the backup.
    """

    def look(place: Place, manifest: BackupManifest) -> tuple[str, ...]:
        if manifest.postgres is None:
            return ()
        with scratch(manifest.postgres) as made:
            try:
                restore(place, manifest, Wish(server=made.server, name=None, tried=made.tried))
            except DamagedError as error:
                return (str(error),)
        return ()

    return look
