"""A real PostgreSQL for the tests, with the roles that the data tier has: nobody but initdb's user is a superuser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from clinic_project import CLINIC
from postgres_server import initdb, running

from bootstrap import application
from bootstrap.declared_extensions import declared
from bootstrap.postgres import extensions

PROJECT = Path(__file__).parents[3]
MIGRATIONS = CLINIC / application.MIGRATIONS

# As on RDS: the master may create roles and databases, but is no superuser.
ROLES = """
CREATE ROLE master LOGIN CREATEROLE CREATEDB;
SET ROLE master;
CREATE ROLE lab_owner NOLOGIN;
CREATE ROLE lab_migrator LOGIN;
CREATE ROLE lab_reader LOGIN;
"""
# PostgreSQL 16 lets the login SET ROLE without inheriting; 15 cannot tell the two apart.
MEMBER = {
    True: "GRANT lab_owner TO lab_migrator WITH INHERIT FALSE, SET TRUE",
    False: "GRANT lab_owner TO lab_migrator",
}


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    major: int

    def connect(self, database: str, user: str = "lab_migrator") -> psycopg.Connection[Any]:
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=database, user=user, autocommit=True)

    def url(self, database: str, user: str = "lab_migrator", **parameters: str) -> str:
        query = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable{query}"


@dataclass(frozen=True)
class Database:
    """A database of a test's own."""

    server: Server
    name: str

    def connect(self, user: str = "lab_migrator") -> psycopg.Connection[Any]:
        return self.server.connect(self.name, user)


@contextmanager
def serve(programs: Path, folder: Path, major: int) -> Iterator[Server]:
    initdb(programs, folder / "data", "postgres")
    with running(programs, folder / "data", ["max_connections=30"]) as port:
        server = Server(port, major)
        with server.connect("postgres", "postgres") as admin:
            admin.execute(ROLES)
            admin.execute(MEMBER[major >= 16])
            admin.execute("RESET ROLE")
            admin.execute("CREATE DATABASE template_test OWNER master")
        with server.connect("template_test", "postgres") as admin:
            admin.execute("ALTER SCHEMA public OWNER TO lab_owner; GRANT USAGE ON SCHEMA public TO lab_reader")
            # As the bootstrap does before migrations.
            extensions.ensure(admin, declared(CLINIC))
        yield server


@contextmanager
def new_database(server: Server) -> Iterator[Database]:
    name = f"t_{uuid.uuid4().hex[:8]}"
    with server.connect("postgres", "postgres") as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template_test OWNER master".encode())
        yield Database(server, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def write(folder: Path, **files: str) -> Path:
    """Write `x1_a_up="..."` as 1_a.up.sql; keyword names cannot begin with a digit, nor hold a dot."""
    folder.mkdir(exist_ok=True)
    for key, sql in files.items():
        stem, direction = key[1:].rsplit("_", 1)
        (folder / f"{int(stem.split('_')[0]):06d}_{stem.split('_', 1)[1]}.{direction}.sql").write_text(sql)
    return folder


def tables(*versions: int) -> dict[str, str]:
    """Files for `write` that each make a table of their own."""
    up = {f"x{v}_t{v}_up": f"CREATE TABLE t{v} (id int);\n" for v in versions}
    return up | {f"x{v}_t{v}_down": f"DROP TABLE t{v};\n" for v in versions}
