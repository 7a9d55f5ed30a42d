"""A PostgreSQL of its own in a temporary folder, for work that must touch nothing; gone when the work is done."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.postgres import extensions
from graph.parameters import GroupParameter
from keep.workspace import room, workspace
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from knowledge.postgres.extensions import preloaded
from local import ports
from local.postgres import binaries, roles
from local.postgres.server import PostgresServer
from local.process import Daemon

DATABASE = "rehearsal"
EMPTY = 64 << 20
"""Bytes that a server takes with nothing in it: of 18, 39 MiB of files and the next segments of WAL."""


@contextmanager
def throwaway(major: int | None, extensions: Iterable[str]) -> Iterator[PostgresServer]:
    """A server of its own of that major version, or of the nearest, with the libraries that extensions need at start.

    Raise AskedError where there is no room for it, CloudError where it cannot be started.
    """
    with workspace("datatier-scratch-", _end) as folder:
        room(folder, EMPTY, "an empty server")
        folder.chmod(0o711)  # as root the server is another user: it passes, and its own folder is below
        server = server_in(folder, "postgres", binaries.find(major), secrets.token_urlsafe(24))
        server.initialise()
        try:
            server.start(loading(extensions, server.binaries.major))
            yield server
        finally:
            # At once: a checkpoint would bring to disk what is about to be removed, of thousands of tables for long.
            server.daemon.stop(signal.SIGQUIT)


def server_in(folder: Path, name: str, found: binaries.Binaries, password: str) -> PostgresServer:
    """A server in a folder of its own below a workspace, on a free port; nothing is in it yet."""
    server = PostgresServer(
        name="scratch",
        folder=folder / name,
        port=next(port for port in ports.candidates(str(folder / name)) if ports.is_free(port)),
        daemon=daemon_in(folder, name),
        binaries=found,
        admin_password=password,
        stack="scratch",
    )
    server.folder.mkdir(mode=0o700)
    return server


def loading(extensions: Iterable[str], major: int) -> tuple[GroupParameter, ...]:
    """The parameters of a server that makes these extensions."""
    return ({"name": "shared_preload_libraries", "value": ",".join(preloaded(extensions, major))},)


@contextmanager
def scratch(
    owner: str,
    migrator: str,
    wanted: Sequence[DeclaredExtension] = (),
    *,
    roles: Iterable[str] = (),
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to an empty database as `migrator`, which may act as `owner` and is no superuser, as on RDS.

    :param roles: others that migrations may name, in policies.
    """
    with (
        throwaway(DEFAULT_MAJOR, (each.name for each in wanted)) as server,
        empty(server, owner, migrator, wanted, roles=roles) as conn,
    ):
        yield conn


@contextmanager
def empty(
    server: PostgresServer,
    owner: str,
    migrator: str,
    wanted: Sequence[DeclaredExtension] = (),
    *,
    roles: Iterable[str] = (),
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The same on a server that was started already."""
    with server.connect() as admin:
        _prepare(admin, owner, migrator, password := secrets.token_urlsafe(24))
        for role in {*roles} - {owner, migrator}:
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
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


def daemon_in(folder: Path, name: str) -> Daemon:
    """The process of a server in a workspace."""
    return Daemon(name, folder / "run", folder / "log" / f"{name}.log")


def _end(folder: Path) -> None:
    """End the server that a run which was killed has left."""
    daemon_in(folder, "postgres").stop(signal.SIGQUIT)


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
