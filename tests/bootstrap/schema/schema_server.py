"""Databases for the tests of the schema."""

from __future__ import annotations

from typing import Any

import psycopg
from real_servers import Postgres

from bootstrap.postgres.extensions import REQUIRED


def make_database(server: Postgres, name: str) -> psycopg.Connection[Any]:
    """An empty database of the owner's with the extensions that the server ships, and a superuser's connection."""
    with server.superuser() as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER tmi_owner".encode())
    connection = server.superuser(name)
    shipped = connection.execute("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", (list(REQUIRED),))
    for (extension,) in shipped.fetchall():
        connection.execute(f"CREATE EXTENSION {extension}".encode())
    connection.execute("ALTER SCHEMA public OWNER TO tmi_owner")
    return connection
