"""Databases for the tests of the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from real_servers import Postgres

from bootstrap.declared_extensions import declared
from bootstrap.postgres import extensions

ROOT = Path(__file__).parents[3]


def make_database(server: Postgres, name: str) -> psycopg.Connection[Any]:
    """An empty database of the owner's with the declared extensions that it can have; a superuser's connection."""
    with server.superuser() as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER tmi_owner".encode())
    connection = server.superuser(name)
    extensions.ensure(connection, declared(ROOT))
    connection.execute("ALTER SCHEMA public OWNER TO tmi_owner")
    return connection
