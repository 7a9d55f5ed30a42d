"""The server that a database is restored into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.declared_extensions import DeclaredExtension
from keep.postgres.programs import Programs


@dataclass(frozen=True, kw_only=True)
class TargetServer:
    """A server, and an administrator's way in: RDS's master, or whoever the URL says."""

    connect: Callable[[str], psycopg.Connection[Any]]
    """Open an autocommit session in the database of that name."""
    programs: Programs
    door: str = "postgres"
    """The database from which others are made and renamed."""
    reserve: Callable[[str, Sequence[DeclaredExtension]], None] | None = None
    """Make, in that database, the extensions that RDS's master may make and PostgreSQL reserves for superusers; None
    where the administrator can make them."""
