"""A PostgreSQL of its own in a temporary folder, for work that must touch nothing; gone when the work is done."""

from __future__ import annotations

import secrets
import shutil
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.postgres import extensions
from keep.errors import AskedError
from keep.workspace import workspace
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from knowledge.postgres.extensions import preloaded
from local import ports
from local.postgres import binaries, roles
from local.postgres.server import PostgresServer
from local.process import Daemon

DATABASE = "rehearsal"
_EMPTY = 64 << 20
"""Bytes that a server takes with nothing in it: of 18, 39 MiB of files and the next segments of WAL."""


@contextmanager
def throwaway(major: int | None, extensions: Iterable[str]) -> Iterator[PostgresServer]:
    """A server of its own of that major version, or of the nearest, with the libraries that extensions need at start.

    Raise AskedError where there is no room for it, CloudError where it cannot be started.
    """
    with workspace("datatier-scratch-", _end) as folder:
        _room(folder)
        folder.chmod(0o711)  # as root the server is another user: it passes, and its own folder is below
        server = PostgresServer(
            name="scratch",
            folder=folder / "postgres",
            port=next(port for port in ports.candidates(str(folder)) if ports.is_free(port)),
            daemon=_daemon(folder),
            binaries=binaries.find(major),
            admin_password=secrets.token_urlsafe(24),
            stack="scratch",
        )
        server.folder.mkdir(mode=0o700)
        server.initialise()
        try:
            libraries = ",".join(preloaded(extensions, server.binaries.major))
            server.start([{"name": "shared_preload_libraries", "value": libraries}])
            yield server
        finally:
            server.stop()


@contextmanager
def scratch(
    owner: str, migrator: str, wanted: Sequence[DeclaredExtension] = ()
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to an empty database as `migrator`, which may act as `owner` and is no superuser, as on RDS."""
    with throwaway(DEFAULT_MAJOR, (each.name for each in wanted)) as server:
        with server.connect() as admin:
            _prepare(admin, owner, migrator, password := secrets.token_urlsafe(24))
        with server.connect(DATABASE) as admin:
            _extend(admin, owner, wanted)
        with psycopg.connect(
            host="127.0.0.1",
            hostaddr="",  # as in local.postgres.server
            port=server.port,
            dbname=DATABASE,
            user=migrator,
            password=password,
            autocommit=True,
        ) as conn:
            yield conn


def _room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _EMPTY:
        raise AskedError(
            f"{folder.parent} has {free >> 20} MiB free, and an empty server takes about {_EMPTY >> 20} there: free "
            "space, or name another folder in TMPDIR"
        )


def _daemon(folder: Path) -> Daemon:
    return Daemon("postgres", folder / "run", folder / "log" / "postgres.log")


def _end(folder: Path) -> None:
    """End the server that a run which was killed has left."""
    _daemon(folder).stop(signal.SIGQUIT)


def _prepare(admin: roles.Connection, owner: str, migrator: str, password: str) -> None:
    """The owner, whom nobody logs in as, and the login that acts as it; a database of the owner's."""
    names = {"owner": sql.Identifier(owner), "migrator": sql.Identifier(migrator)}
    admin.execute(sql.SQL("CREATE ROLE {owner} NOLOGIN").format(**names))
    admin.execute(sql.SQL("CREATE ROLE {migrator} LOGIN").format(**names))
    roles.set_password(admin, migrator, password)
    # PostgreSQL 16 lets the login SET ROLE without inheriting; 15 cannot tell the two apart.
    how = "WITH INHERIT FALSE, SET TRUE" if admin.info.server_version >= 160000 else ""
    admin.execute(sql.SQL("GRANT {owner} TO {migrator} " + how).format(**names))
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER {owner}").format(sql.Identifier(DATABASE), **names))


def _extend(admin: roles.Connection, owner: str, wanted: Sequence[DeclaredExtension]) -> None:
    """What the bootstrap makes as RDS's master before migrations."""
    admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(owner)))
    extensions.ensure(admin, wanted, owner)
