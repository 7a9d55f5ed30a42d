"""The roles that RDS makes: what `rdsadmin` owns, what the master user may and may not do."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.postgres import extensions
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from knowledge.postgres.extensions import EXTENSIONS

ADMIN = "rdsadmin"
REPLICATION = "rdsrepladmin"
MARKERS = ("rds_superuser", "rds_iam", "rds_password", "rds_replication")

GRANTED = (
    "pg_monitor",
    "pg_signal_backend",
    "pg_checkpoint",
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_create_subscription",
    "pg_use_reserved_connections",
    "pg_maintain",
    "rds_iam",
    "rds_password",
    "rds_replication",
)
"""Predefined roles that rds_superuser may hand on; those that a version lacks are passed over."""

Connection = psycopg.Connection[tuple[object, ...]]


def prepare(connection: Connection, replication_password: str) -> None:
    """Make the roles of RDS; nothing happens when they are there."""
    existing = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role in MARKERS:
        if role not in existing:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    for role in GRANTED:
        if role in existing or role in MARKERS:
            connection.execute(sql.SQL("GRANT {} TO rds_superuser WITH ADMIN OPTION").format(sql.Identifier(role)))
    if REPLICATION not in existing:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN REPLICATION").format(sql.Identifier(REPLICATION)))
        set_password(connection, REPLICATION, replication_password)


def make_reserved(connection: Connection, wanted: Iterable[DeclaredExtension], master: str) -> None:
    """Make the extensions that PostgreSQL reserves for superusers and RDS lets rds_superuser make.

    Those that cannot be made are left: the bootstrap says so.
    """
    rows = connection.execute(
        """SELECT v.name FROM pg_available_extension_versions v JOIN pg_available_extensions a
               ON a.name = v.name AND a.default_version = v.version
           WHERE v.superuser AND NOT v.trusted AND a.installed_version IS NULL"""
    )
    of_rds = EXTENSIONS.get(connection.info.server_version // 10000, EXTENSIONS[DEFAULT_MAJOR])
    reserved = {str(row[0]) for row in rows} & set(of_rds)
    extensions.ensure(connection, [each for each in wanted if each.name in reserved], master)


def make_master(connection: Connection, name: str, password: str) -> bool:
    """The master user of RDS; returns whether it was made now."""
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
        return False
    role = sql.Identifier(name)
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE NOSUPERUSER IN ROLE rds_superuser").format(role)
    )
    set_password(connection, name, password)
    return True


def make_database(connection: Connection, name: str, owner: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
        connection.execute(statement)


def set_password(connection: Connection, role: str, password: str) -> None:
    """The verifier is computed here, so that the password itself never reaches a statement or a server log."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))
