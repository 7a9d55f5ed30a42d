"""What is scraped of a stack, or of the servers of URLs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from bootstrap.manifest import Manifest
from bootstrap.secrets import Secret
from observe.metrics.postgres.catalogue import readings
from observe.metrics.postgres.source import PostgresSource
from observe.metrics.redis.source import redis_sources
from observe.metrics.source import Source
from observe.node import PostgresNode
from observe.nodes import postgres_nodes


def sources(target: Manifest | Secret, collectors: Iterable[str] = ()) -> tuple[Source, ...]:
    """One for each node. Raise `NoLoginError` or `EmptySecretError`.

    :param collectors: names of optional ones that are wanted besides the default ones.
    """
    wanted = readings(collectors)
    nodes = postgres_nodes(target)
    postgres = tuple(PostgresSource(partial(_postgres, target, each.name), wanted) for each in nodes)
    return (*postgres, *(redis_sources(target) if isinstance(target, Manifest) else ()))


def _postgres(target: Manifest | Secret, name: str) -> PostgresNode:
    """The node with the login that its secret holds now."""
    return next(each for each in postgres_nodes(target) if each.name == name)
