"""What one PostgreSQL server is judged by, for the exporter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from observe.catalogue import POSTGRES
from observe.deadline import cut
from observe.metrics.family import Family, gauge
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.differences import DIFFERENCES, differences
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource
from observe.node import PostgresNode
from observe.observation import Observation, Observed
from observe.postgres.migration import MIGRATION
from observe.read import look

if TYPE_CHECKING:
    import psycopg

ROUND = 60.0
"""Seconds after which a round is given up: a login, and each statement up to its own limit."""
COMPARED = 900.0
"""Seconds between two comparisons with what is declared."""
_VERSION, _DIRTY = "datatier_migration_version", "datatier_migration_dirty"


def postgres_checks(
    find: Callable[[], PostgresNode], manifest: Manifest | None, only: Collection[str] | None = None
) -> OwnSource[psycopg.Connection[Any]]:
    """The observations of the catalogue, and for a stack's primary how it differs from its declarations.

    :param find: the node with whoever logs in now.
    :param manifest: of the stack; None for the server of a URL, of which nothing is declared.
    :param only: ids of the observations that are wanted; all when absent.
    """
    node = find()
    every = dict.fromkeys(part for each in (*POSTGRES, MIGRATION) for part in (each, *each.also))
    every_one = (each for each in every if only is None or each.id in only)
    wanted = [each for each in every_one if each.on_replica or not node.replica]
    groups = [
        Group(f"check {each.id}", each.every, (STATUS,), partial(_look, node=node.name, observation=each))
        for each in wanted
    ]
    if manifest is not None and not node.replica:
        compare = partial(differences, manifest=manifest)
        groups.append(Group("differences", COMPARED, tuple(DIFFERENCES), compare))
    return OwnSource(node.name, partial(_session, find), groups)


@contextmanager
def _session(find: Callable[[], PostgresNode]) -> Iterator[psycopg.Connection[Any]]:
    until = monotonic() + ROUND
    with find().session() as conn, cut(conn, until - monotonic()):
        yield conn


def _look(conn: psycopg.Connection[Any], *, node: str, observation: Observation) -> Part:
    found = look(conn, node, observation)
    if conn.closed:  # what was read before stays
        raise BootstrapError(f"{node}: the connection was lost")
    part = checks(found.findings)
    more = tuple(_migration(found)) if observation is MIGRATION else ()
    return Part(families=(*part.families, *more), refused=part.refused, dropped=part.dropped)


def _migration(found: Observed) -> Iterator[Family]:
    for row in found.rows:
        yield gauge(_VERSION, "Migration that the schema is at.", float(str(row["version"])))
        yield gauge(_DIRTY, "Whether a migration stopped halfway.", float(bool(row["dirty"])))
