"""A database of a test's own on a shared server, governed by a master as RDS has it: CREATEROLE, not superuser."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from real_servers import Postgres

from bootstrap.access import Access, load_access
from bootstrap.postgres.apply import AppliedActions, apply
from bootstrap.postgres.desired import desired
from bootstrap.postgres.driver import compare
from bootstrap.reconcile.allowed import EVERYTHING

PASSWORD = "master-of-a-test"
_numbers = itertools.count(1)
_made: list[Database] = []


@dataclass(frozen=True)
class Database:
    """`n` begins every name in it."""

    n: str
    server: Postgres

    def superuser(self) -> psycopg.Connection[Any]:
        return self.server.superuser(self.n)

    def master(self) -> psycopg.Connection[Any]:
        return self.connect(f"{self.n}_master")

    def connect(self, user: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.server.port, dbname=self.n, user=user, password=PASSWORD, autocommit=True
        )

    @property
    def url(self) -> str:
        return f"postgres://{self.n}_master:{PASSWORD}@127.0.0.1:{self.server.port}/{self.n}"

    def execute(self, sql: str, *, as_role: str | None = None) -> None:
        """Run SQL as the superuser, or as a role; `{n}` is the name of the test."""
        with self.superuser() as conn:
            if as_role:
                conn.execute(f"SET ROLE {as_role.format(n=self.n)}".encode())
            conn.execute(sql.replace("{n}", self.n).encode())

    def ask(self, sql: str) -> Any:
        with self.superuser() as conn:
            row = conn.execute(sql.replace("{n}", self.n).encode()).fetchone()
        return row and row[0]

    def access(self, **more: Any) -> Access:
        declared: dict[str, Any] = {"owner": "{n}_owner", "identities": {"{n}_app": {"postgres": "readwrite"}}, **more}
        return load_access(named(declared, self.n))

    def plan(self, access: Access) -> list[str]:
        with self.master() as conn:
            wanted = desired(access, {})
            return [change.text for change in compare(conn, wanted).actions]

    def differences(self, access: Access) -> list[str]:
        with self.master() as conn:
            wanted = desired(access, {})
            return list(compare(conn, wanted).differences)

    def apply(self, access: Access) -> AppliedActions:
        """Apply, and see that nothing is left to do."""
        with self.master() as conn:
            wanted = desired(access, {})
            applied = apply(conn, wanted, EVERYTHING)
            assert compare(conn, wanted).actions == ()
        return applied


def named(value: Any, n: str) -> Any:
    """A declaration with `{n}` replaced in every text and key."""
    if isinstance(value, str):
        return value.replace("{n}", n)
    if isinstance(value, Mapping):
        return {named(key, n): named(each, n) for key, each in value.items()}
    return [named(each, n) for each in value] if isinstance(value, list | tuple) else value


def make(server: Postgres) -> Database:
    n = f"d{next(_numbers)}v{server.major}"
    with server.superuser() as conn:
        conn.execute(
            f"CREATE ROLE {n}_master LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}' IN ROLE rds_superuser".encode()
        )
        conn.execute(f"CREATE DATABASE {n} OWNER {n}_master ENCODING 'UTF8' TEMPLATE template0".encode())
    made = Database(n, server)
    _made.append(made)
    return made


def clear() -> None:
    """Take every database that was made away with its roles: whoever looks at the server next would be told of them."""
    while _made:
        left = _made.pop()
        remove(left.server, left.n)


def remove(server: Postgres, name: str) -> None:
    """Drop the databases and roles that have `name` in theirs, as `d1v18_app` and `x_d1v18` have `d1v18`."""
    with suppress(psycopg.OperationalError):  # a server that only one version's tests used is down by now
        _remove(server, f"(^|[^[:alnum:]]){name}([^0-9]|$)")


def _remove(server: Postgres, like: str) -> None:
    with server.superuser() as conn:
        for (name,) in conn.execute("SELECT quote_ident(datname) FROM pg_database WHERE datname ~ %s", (like,)):
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        found = conn.execute("SELECT quote_ident(rolname) FROM pg_roles WHERE rolname ~ %s", (like,)).fetchall()
        if roles := ", ".join(name for (name,) in found):
            conn.execute(f"DROP OWNED BY {roles} CASCADE; DROP ROLE {roles}".encode())
