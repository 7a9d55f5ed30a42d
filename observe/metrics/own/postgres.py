"""What one PostgreSQL server is judged by besides its health, for the exporter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.application import BUNDLED
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from observe.catalogue import POSTGRES
from observe.deadline import cut
from observe.health.observed import POSTGRES as NODE_POSTGRES
from observe.metrics.family import Family, gauge
from observe.metrics.login import Login
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.differences import DIFFERENCES, differences
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource
from observe.metrics.own.together import read_together
from observe.metrics.source import Refused
from observe.node import PostgresNode
from observe.observation import Observation, Observed
from observe.postgres.migration import MIGRATION
from observe.read import look

if TYPE_CHECKING:
    import psycopg

ROUND = 60.0
"""Seconds after which a round is given up: each statement has its own limit."""
LOGIN = 2
"""Seconds that a login may take: libpq's least."""
COMPARED = 900.0
"""Seconds between two comparisons with what is declared."""
VERSION, DIRTY = "datatier_migration_version", "datatier_migration_dirty"


def postgres_checks(
    find: Callable[[], PostgresNode],
    manifest: Manifest | None,
    only: Collection[str] | None = None,
    others: Callable[[], Sequence[PostgresNode]] = tuple,
    *,
    migrations: Path = BUNDLED,
) -> OwnSource[psycopg.Connection[Any]]:
    """The observations of the catalogue, and for a stack's primary how it differs from its declarations.

    :param find: the node with whoever logs in now.
    :param manifest: of the stack; None for the server of a URL, of which nothing is declared.
    :param only: ids of the observations that are wanted; those that no health has when absent.
    :param migrations: the folder of the stack's migrations, with the schema's definition next to it.
    :param others: of a primary: its replicas, for what all servers mean together.
    """
    login = Login(find)
    node = login.node
    every = dict.fromkeys(part for each in POSTGRES for part in (each, *each.also))
    # Those of the server as a whole are the health's, but for the migration's numbers; what is not judged has none.
    usual = [each for each in every if each is MIGRATION or (each.thresholds and each not in NODE_POSTGRES)]
    chosen = usual if only is None else [each for each in every if each.id in only]
    wanted = [each for each in chosen if not each.together and (each.on_replica or not node.replica)]
    groups = [
        Group(f"check {each.id}", each.every, _metrics(each), partial(_look, node=node.name, observation=each))
        for each in wanted
    ]
    if manifest is not None and not node.replica:
        compare = partial(differences, manifest=manifest, migrations=migrations)
        groups.append(Group("differences", COMPARED, tuple(DIFFERENCES), compare))
    # The last of a round, which ends where another server does not answer.
    for each in (each for each in chosen if each.together and not node.replica):
        of_all = partial(read_together, node=node.name, observation=each, others=others)
        groups.append(Group(f"check {each.id}", each.every, (STATUS,), of_all))
    return OwnSource(node.name, partial(_session, login), groups)


def _metrics(observation: Observation) -> tuple[str, ...]:
    return (VERSION, DIRTY) if observation is MIGRATION else (STATUS,)


@contextmanager
def _session(login: Login[PostgresNode]) -> Iterator[psycopg.Connection[Any]]:
    try:
        conn = login.node.open(seconds=LOGIN)
    except BootstrapError as error:
        login.failed(error)
        raise
    with closing(conn), cut(conn, ROUND):
        yield conn


def _look(conn: psycopg.Connection[Any], *, node: str, observation: Observation) -> Part:
    found = look(conn, node, observation)
    if conn.closed:  # what was read before stays
        raise BootstrapError(f"{node}: the connection was lost")
    part = checks(found.findings)
    if observation is not MIGRATION:
        return part
    # Its verdict is the health's; here are its numbers.
    refused = [Refused(metric, why, grant) for _, why, grant in part.refused for metric in (VERSION, DIRTY)]
    return Part(families=tuple(_migration(found)), refused=refused)


def _migration(found: Observed) -> Iterator[Family]:
    for row in found.rows:
        yield gauge(VERSION, "Migration that the schema is at.", float(str(row["version"])))
        yield gauge(DIRTY, "Whether a migration stopped halfway.", float(bool(row["dirty"])))
