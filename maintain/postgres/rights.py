"""Who may do it: MAINTAIN from 17 on, or else whoever owns the table."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import MAINTAIN_SINCE
from maintain.action import Skipped
from maintain.facts import DatabaseFacts
from observe.observation import Row

CATALOGS = ("pg_catalog", "information_schema")


@dataclass(frozen=True, kw_only=True)
class Right:
    """What an action takes."""

    needs: str
    role: str
    """To be set before; empty where the login itself has it."""


def maintains(facts: DatabaseFacts, table: Row) -> Right | None:
    """For VACUUM and ANALYZE of a table (a row of `tables`); None where nobody of the declaration may.

    The maintainer is a member of pg_maintain, and has USAGE on the declared schemas, without which it cannot name what
    is in them.
    """
    able = facts.version >= MAINTAIN_SINCE
    needs = f"{'MAINTAIN on' if able else 'ownership of'} {table['table']}"
    if able and facts.maintainer and table["schema"] in (*facts.schemas, *CATALOGS):
        return Right(needs=needs, role="")
    return Right(needs=needs, role=facts.owner) if _owned(facts, table) else None


def owns(facts: DatabaseFacts, table: Row) -> Right | None:
    """For DROP INDEX, which MAINTAIN does not cover (PostgreSQL, Privileges)."""
    return Right(needs=f"ownership of {table['table']}", role=facts.owner) if _owned(facts, table) else None


def rebuilds(facts: DatabaseFacts, table: Row) -> Right | None:
    """For REINDEX: the owner where that is possible, who alone may drop what is left of one that is broken off."""
    return owns(facts, table) or maintains(facts, table)


def refused(facts: DatabaseFacts, name: str, table: Row, why: str) -> Skipped:
    """What nobody of the declaration may do, and what mends that."""
    if table["schema"] in CATALOGS:
        mend = "an identity with `postgres: maintainer` in access.yaml, on PostgreSQL 17 or later"
        return Skipped(object=name, why=f"{why}; it is a catalog, which {facts.owner} may not maintain", mend=mend)
    return Skipped(
        object=name,
        why=f"{why}; it belongs to {table['owner']}, not to {facts.owner}, the owner by access.yaml",
        mend=f"ALTER TABLE {table['table']} OWNER TO {ident(facts.owner)}",
    )


def _owned(facts: DatabaseFacts, table: Row) -> bool:
    return table["owner"] == facts.owner and bool(table["reachable"])
