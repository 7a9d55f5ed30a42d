"""A baseline in the database that it describes: what it would make is there already, so it counts as applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from bootstrap.books import LEDGERS
from bootstrap.migrate.runner import MigrationRunner

BASELINE = "baseline"
"""Description of the migration that `datatier init` and `adopt` write of a live database."""
_TABLES = """SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname = ANY(%s) AND NOT c.relname = ANY(%s)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))"""


def found_baseline(runner: MigrationRunner, conn: psycopg.Connection[Any], schemas: Sequence[str]) -> int | None:
    """Return the version of a baseline that describes what is there: no migration was ever applied, and tables are."""
    versions = runner.source.versions
    if not versions or runner.version().version is not None:
        return None
    first = runner.source.get(versions[0])
    if first.name.partition("_")[2] != BASELINE:
        return None
    row = conn.execute(_TABLES, (list(schemas), sorted(LEDGERS))).fetchone()
    return first.version if row and row[0] else None
