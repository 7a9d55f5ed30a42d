"""Databases for the tests of the schema."""

from __future__ import annotations

from typing import Any

import psycopg
from clinic_project import CLINIC
from real_servers import Postgres

from bootstrap.declared_extensions import declared
from bootstrap.postgres import extensions


def make_database(server: Postgres, name: str) -> psycopg.Connection[Any]:
    """An empty database of the clinic's owner with the extensions that it can have; a superuser's connection."""
    with server.superuser() as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER clinic_owner".encode())
    connection = server.superuser(name)
    extensions.ensure(connection, declared(CLINIC))
    connection.execute("ALTER SCHEMA public OWNER TO clinic_owner")
    return connection
