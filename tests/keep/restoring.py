"""Backups of the library and the way back, as the tests of restores need them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich_database import DATABASE, MAJORS, SUPERUSER, Library, bare

from bootstrap.secrets import Secret, open_database_url
from keep.backup.create import Sources, create
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.postgres.source import PostgresSource
from keep.postgres.target import TargetServer
from local.postgres.binaries import client

SHOP = """
CREATE TABLE item (id integer PRIMARY KEY, name text);
INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 2000) AS n;
CREATE INDEX item_name ON item (name);
CREATE ROLE picker NOLOGIN;
GRANT SELECT ON item TO picker;
"""
STRANGER = "packer"
"""A role that the backup of the shop names and the server does not have."""


@contextmanager
def shop(folder: Path) -> Iterator[tuple[Library, FolderPlace, BackupManifest]]:
    """A server that a test may kill, with room for many, and a backup of the small database `shop` on it."""
    with bare(MAJORS[0], ("max_connections=200",)) as server:
        server.execute("CREATE DATABASE shop", "postgres")
        server.execute(SHOP, "shop")
        place, made = backup(server, folder, "shop")
        assert made.postgres is not None
        named = made.postgres.model_copy(update={"roles": (*made.postgres.roles, STRANGER)})
        yield server, place, made.model_copy(update={"postgres": named})


def backup(server: Library, folder: Path, database: str = DATABASE) -> tuple[FolderPlace, BackupManifest]:
    """A backup of a database, read as the superuser."""
    url, place = Secret(server.url(SUPERUSER, database)), FolderPlace(folder)

    def programs(program: str, _: int) -> str:
        return str(server.bin / program)

    source = PostgresSource(connect=lambda: open_database_url(url), owner=None, programs=programs)
    return place, create(Sources(postgres=source), place)


def target(server: Library, user: str = SUPERUSER, programs: Callable[[str, int], str] = client) -> TargetServer:
    url = Secret(server.url(user, "postgres"))
    return TargetServer(connect=lambda name: open_database_url(url, database=name), programs=programs)


def schema_of(server: Library, database: str, *words: str) -> str:
    """What pg_dump says of a database's definition: owners, privileges, policies, triggers and all."""
    said = server.run("pg_dump", "--schema-only", "--restrict-key=x", *words, database=database).decode()
    return re.sub(r"^-- Dumped .*\n", "", said, flags=re.MULTILINE)


def of_the_database(server: Library, database: str) -> tuple[str, list[str], list[tuple[str | None, list[str]]]]:
    """Comment, privileges and settings of a database as a whole."""
    with server.connect(database=database) as conn:
        comment = conn.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        acl = conn.execute(
            "SELECT a::text FROM pg_database, unnest(datacl) AS a WHERE datname = current_database() ORDER BY 1"
        ).fetchall()
        settings = conn.execute(
            """SELECT r.rolname, s.setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
               LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE d.datname = current_database() ORDER BY 1"""
        ).fetchall()
    return comment and comment[0], [each for (each,) in acl], [(role, config) for role, config in settings]


def databases(server: Library) -> set[str]:
    with server.connect(database="postgres") as conn:
        return {name for (name,) in conn.execute("SELECT datname FROM pg_database")}


def roles(server: Library) -> set[str]:
    with server.connect(database="postgres") as conn:
        return {name for (name,) in conn.execute("SELECT rolname FROM pg_roles")}
