"""Schemas that go from a database into a definition and out again, and what pg_dump says of both databases."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from postgres_server import ENVIRONMENT, binaries
from real_servers import SUPERUSER_PASSWORD, Postgres

HERE = Path(__file__).parent
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A schema as the SQL that makes it."""

    title: str
    sql: str
    since: int
    """The first major version that has it."""
    extensions: frozenset[str]


def cases() -> list[Case]:
    """The small ones of `cases/`, each with what has to be kept as its title, and the larger ones of `corpus/`."""
    small = (text for path in sorted((HERE / "cases").glob("*.sql")) for text in path.read_text().split("-- * ")[1:])
    made = [_case(*text.split("\n", 1)) for text in small]
    return made + [_case(path.stem, path.read_text()) for path in sorted((HERE / "corpus").glob("*.sql"))]


def _case(title: str, sql: str) -> Case:
    said = dict(re.findall(r"^-- (since|extensions): (.*)$", sql, re.MULTILINE))
    extensions = frozenset(filter(None, said.get("extensions", "").split(", ")))
    return Case(title=title, sql=sql, since=int(said.get("since", 15)), extensions=extensions)


@contextmanager
def empty(server: Postgres, name: str) -> Iterator[Connection]:
    """A superuser's connection to a new database, which is dropped afterwards."""
    with server.superuser() as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        try:
            with server.superuser(name) as connection:
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def structure(server: Postgres, name: str) -> list[str]:
    """The statements of `pg_dump --schema-only` by the server's own program, sorted: where neither of two needs the
    other, the order of a dump says nothing. Owners and grants are left out: they are the access declaration's."""
    words = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "rdsadmin", "--schema-only", "-O", "-x", name]
    done = subprocess.run(
        [binaries()[server.major] / "pg_dump", *words],
        env={**ENVIRONMENT, "PGPASSWORD": SUPERUSER_PASSWORD},
        capture_output=True,
        text=True,
        check=True,
    )
    # A heading parts one object from the next; the key of \\restrict is another one each time.
    said = done.stdout.partition("-- PostgreSQL database dump complete")[0]
    entries = re.split(r"^--\n-- Name: .*\n--$", said, flags=re.MULTILINE)[1:]
    return sorted(entry.removesuffix("--\n").strip() for entry in entries)
