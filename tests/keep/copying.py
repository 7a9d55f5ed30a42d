"""A backup of the library into a folder, and what is done to the server in the middle of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich_database import PASSWORD, Library

from bootstrap.secrets import Secret, open_database_url
from keep.backup.create import Sources, create
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.postgres.source import PostgresSource

BIG = """
CREATE TABLE big (id integer PRIMARY KEY, text text);
INSERT INTO big SELECT n, repeat(md5(n::text), 60) FROM generate_series(1, 20000) AS n
"""
"""Some 38 MB of archive: more than pipe and frame hold, so that pg_dump is still at work when a frame is written."""


def source(
    server: Library,
    database: str = "library",
    user: str = "curator",
    owner: str | None = None,
    program: str | None = None,
) -> PostgresSource:
    """Read as `user`; `program` is run in place of the server's own pg_dump."""

    def programs(name: str, _: int) -> str:
        return program or str(server.bin / name)

    url = Secret(server.url(user, database))
    return PostgresSource(connect=lambda: open_database_url(url), owner=owner, programs=programs)


def backed_up(folder: Path, of: PostgresSource, during: Callable[[], object] | None = None) -> BackupManifest:
    """Make a backup; `during` is done once, when the first frame of the archive is written."""
    return create(Sources(postgres=of), _Interrupted(folder, during) if during else FolderPlace(folder))


class _Interrupted(FolderPlace):
    def __init__(self, root: Path, during: Callable[[], object]) -> None:
        super().__init__(root)
        self._during: Callable[[], object] | None = during

    @contextmanager
    def write(self, key: str, **how: bool) -> Iterator[BinaryIO]:  # type: ignore[override]
        with super().write(key, **how) as out:
            if self._during and key.endswith(".dump.zst"):
                yield _Once(out, self)  # type: ignore[misc]
            else:
                yield out

    def happen(self) -> None:
        during, self._during = self._during, None
        if during:
            during()


class _Once:
    def __init__(self, out: BinaryIO, place: _Interrupted) -> None:
        self._out, self._place = out, place

    def write(self, data: bytes) -> None:
        self._place.happen()
        self._out.write(data)


def script(folder: Path, text: str) -> str:
    """A program that everybody may run, in place of pg_dump; `$real` is not it but what it says itself."""
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return os.fspath(path)


def holds_password(folder: Path) -> bool:
    """Whether a file in a folder has the password in it."""
    return any(PASSWORD.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
