"""A shop whose tables are kept: an owner who is not the superuser, and what plans and does upkeep there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from bootstrap.access.upkeep import TableUpkeep
from maintain.action import Action, MaintenancePlan
from maintain.facts import DatabaseFacts
from maintain.look_upkeep import kept
from maintain.plan import plan

NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
"""The last half-hour of a month and a year; in Sydney it is the next one."""
OWNER = "shop owner"


@dataclass(frozen=True)
class Shop:
    port: int
    database: str = "postgres"

    @contextmanager
    def emptied(self) -> Iterator[Shop]:
        """With an empty database of the owner's."""
        with self.connect() as boss:
            boss.execute('DROP DATABASE IF EXISTS "Shop" WITH (FORCE)')
            boss.execute(
                f'DO $$ BEGIN CREATE ROLE "{OWNER}"; CREATE ROLE teller; CREATE ROLE watcher LOGIN; '
                "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            )
            boss.execute(f'CREATE DATABASE "Shop" OWNER "{OWNER}"')
        yield Shop(self.port, "Shop")

    def connect(self, user: str = "boss") -> psycopg.Connection[Any]:
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=self.database, user=user, autocommit=True)

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        """A session as the owner, as a run has it."""
        with self.connect() as conn:
            conn.execute(f"SET ROLE \"{OWNER}\"; SET lock_timeout = '2s'")
            yield conn

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as conn:
            conn.execute("SET timezone = 'UTC'; SET datestyle = 'ISO'")
            return conn.cursor(row_factory=tuple_row).execute(query.encode()).fetchall()

    def facts(self, *upkeep: dict[str, Any], at: datetime = NEW_YEAR, user: str = "boss") -> DatabaseFacts:
        declared = tuple(TableUpkeep.model_validate(each) for each in upkeep)
        with self.connect(user) as conn:
            observed = kept(conn, "primary", OWNER, declared, at)
            version = conn.info.server_version
        return DatabaseFacts(node="primary", at=at, version=version, owner=OWNER, observed=observed, upkeep=declared)

    def plan(self, *upkeep: dict[str, Any], at: datetime = NEW_YEAR, user: str = "boss") -> MaintenancePlan:
        return plan([self.facts(*upkeep, at=at, user=user)])

    def do(self, planned: MaintenancePlan) -> None:
        with self.owner() as conn:
            for action in planned.actions:
                carry_out(conn, action)


def carry_out(conn: psycopg.Connection[Any], action: Action) -> None:
    """As a run does it: all or none, or again until nothing is changed."""
    assert action.role == OWNER
    if action.transaction:
        with conn.transaction():
            for statement in action.statements:
                conn.execute(statement.encode())
        return
    (statement,) = action.statements
    while conn.execute(statement.encode()).rowcount > 0 and action.repeat:
        pass
