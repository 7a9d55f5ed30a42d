"""Asks what a plan is made from: by the sessions of who watches, which can only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bootstrap.access.load import load_access
from bootstrap.access.upkeep import TableUpkeep
from bootstrap.manifest import Manifest
from bootstrap.postgres.change import ident
from maintain.facts import DatabaseFacts
from maintain.plan import OBSERVATIONS
from observe.nodes import postgres_nodes
from observe.observation import Observed
from observe.postgres.kept_tables import kept_tables
from observe.postgres.partitions import partitions
from observe.read import look

if TYPE_CHECKING:
    import psycopg


def database(manifest: Manifest, identity: str | None = None) -> DatabaseFacts:
    """The primary's. Raise what logging in raises."""
    node = postgres_nodes(manifest, identity)[0]
    declared, at = load_access(manifest.access), datetime.now(UTC)
    with node.session() as conn:
        observed = {each.id: look(conn, node.name, each) for each in OBSERVATIONS}
        observed |= kept(conn, node.name, declared.owner, declared.upkeep, at)
        version = conn.info.server_version
    return DatabaseFacts(
        node=node.name,
        at=at,
        version=version,
        owner=declared.owner,
        observed=observed,
        upkeep=declared.upkeep,
    )


def kept(
    conn: psycopg.Connection[Any], node: str, owner: str, upkeep: Sequence[TableUpkeep], at: datetime
) -> dict[str, Observed]:
    """What is due in the tables of `upkeep`: as the owner, who sees their rows, where the login may become it."""
    if not upkeep:
        return {}
    with _acting(conn, owner):
        # A count of what a policy shows would be wrong: this makes it an error (PostgreSQL, row_security).
        conn.execute("SET row_security = off")
        return {each.id: look(conn, node, each) for each in (kept_tables(upkeep, at), partitions(upkeep))}


@contextmanager
def _acting(conn: psycopg.Connection[Any], role: str) -> Iterator[None]:
    import psycopg

    try:
        conn.execute(f"SET ROLE {ident(role)}".encode())
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):
        yield
        return
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("RESET ROLE")
