"""Where `datatier backup` restores to: the server of a URL, a stack's, or a throw-away one of this computer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict

from bootstrap.access import Access, load_access
from bootstrap.credentials import read_all
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.reconcile.engines import wanted_roles
from bootstrap.secrets import AwsStore, Secret, open_database_url, open_postgres
from cli.errors import InputError
from cli.project import migrations
from keep.backup.access import as_roles, by_logins, on_this_computer
from keep.backup.migrations import brought_up, told
from keep.backup.restore import Wish
from keep.backup.verify_restored import ScratchServer
from keep.manifest import PostgresCopy
from keep.postgres.naming import aside
from keep.postgres.target import TargetServer
from local.handlers.bootstrap import reserve
from local.postgres.binaries import client
from local.scratch import throwaway

if TYPE_CHECKING:
    import psycopg

    from bootstrap.postgres.desired import Desired
    from local.state import StateDir

_THREADS = 8


def server_of_url(url: Secret) -> TargetServer:
    """The server of a URL, whatever database it names."""
    return TargetServer(connect=lambda name: open_database_url(url, database=name), programs=client)


def wish_of_url(url: Secret, *, replace: bool) -> Wish:
    """Restore into the database that a URL names. Raise InputError where it names none."""
    name = conninfo_to_dict(url.reveal()).get("dbname")
    if not name:
        raise InputError("the URL names no database: end it with /NAME, a database of that name is made.")
    return Wish(server=server_of_url(url), name=str(name), replace=replace)


def wish_of_stack(manifest: Manifest, tier: StateDir | None, *, replace: bool) -> Wish:
    """Restore into a stack's server, beside its database or in its place; where it has been lost, under its name.

    In its place the application's migrations are run: it expects them. Beside it everything stays as it was copied.

    :param tier: where the stack is on this computer.
    """
    store = AwsStore(manifest.region, manifest.aws_endpoint)
    target, database = manifest.postgres, manifest.postgres.database
    with (entered := master.look(target.model_copy(update={"database": "postgres"}), store)).conn as conn:
        lost = conn.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).fetchone() is None
    access = load_access(manifest.access)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="secrets") as pool:
        held = read_all(manifest, access, store, pool)
    known = all(each.version for name, each in held.items() if access.logins(name))

    def connect(name: str) -> psycopg.Connection[Any]:
        return open_postgres(target, target.primary, entered.user, entered.password, database=name)

    def wanted(_: psycopg.Connection[Any], access: Access) -> Desired:
        return wanted_roles(manifest, access, held)

    def tried(conn: psycopg.Connection[Any], access: Access) -> tuple[str, ...]:
        if not known:  # a stack that was never bootstrapped has no passwords yet
            return as_roles(conn, access)
        there = target.model_copy(update={"database": conn.info.dbname, "replicas": ()})
        return by_logins(there, access, {name: each.credential for name, each in held.items()})

    in_place, folder = replace or lost, migrations()
    return Wish(
        server=TargetServer(connect=connect, programs=client, reserve=partial(reserve, tier) if tier else None),
        name=database if in_place else aside(database, "restored", datetime.now(UTC)),
        replace=replace,
        migrate=brought_up(folder, access.owner) if in_place else told(folder),
        access=access,
        wanted=wanted,
        tried=tried,
    )


@contextmanager
def scratch_here(copy: PostgresCopy) -> Iterator[ScratchServer]:
    """A throw-away server of this computer, of the backup's major version where there is one."""
    with throwaway(copy.major, copy.extensions) as server:
        made = TargetServer(connect=server.connect, programs=client)
        yield ScratchServer(server=made, tried=on_this_computer(server.port))


@contextmanager
def scratch_at(url: Secret) -> Iterator[ScratchServer]:
    """The server of a URL, whose logins keep their passwords."""
    yield ScratchServer(server=server_of_url(url))
