"""Asks as the owner what only it sees: rows that are due by access.yaml's `upkeep`, and the planner's statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bootstrap.access.model import Access
from bootstrap.access.upkeep import TableUpkeep
from bootstrap.errors import BootstrapError
from bootstrap.postgres.change import ident
from observe.deadline import cut
from observe.node import PostgresNode
from observe.observation import Observation, Observed
from observe.postgres.kept_tables import kept_tables
from observe.postgres.partitions import partitions
from observe.read import look

if TYPE_CHECKING:
    import psycopg


def asked(
    nodes: Sequence[PostgresNode], declared: Access, at: datetime, more: Sequence[Observation] = ()
) -> dict[str, Observed]:
    """Observation's id -> what it answered, by the first of the logins that the server lets in.

    `more` are those that a watcher saw only a part of. Raise LoginError or SilentError where it does not let in the
    last one.
    """
    if not declared.upkeep and not more:
        return {}
    for node in nodes[:-1]:
        try:
            return _by(node, declared, at, more)
        except BootstrapError:  # no secret to be read, no login, no answer
            continue
    return _by(nodes[-1], declared, at, more)


def _by(node: PostgresNode, declared: Access, at: datetime, more: Sequence[Observation]) -> dict[str, Observed]:
    with node.session() as conn:
        return kept(conn, node.name, declared.owner, declared.upkeep, at, more)


def kept(
    conn: psycopg.Connection[Any],
    node: str,
    owner: str,
    upkeep: Sequence[TableUpkeep],
    at: datetime,
    more: Sequence[Observation] = (),
) -> dict[str, Observed]:
    """As the owner where the login may become it, as the login itself otherwise: then counts may be refused."""
    found = {}
    due = (kept_tables(upkeep, at), partitions(upkeep)) if upkeep else ()
    with _acting(conn, owner):
        # A count of what a policy shows would be wrong: this makes it an error (PostgreSQL, row_security).
        conn.execute("SET row_security = off")
        for each in (*due, *more):
            with cut(conn, each.patience + 1):  # after the server's own statement_timeout
                found[each.id] = look(conn, node, each)
    return found


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
