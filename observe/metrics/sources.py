"""What is scraped and probed: all of a stack, or the servers of URLs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bootstrap.manifest import Manifest
from bootstrap.secrets import Secret
from observe.health.looker import Looker
from observe.metrics.own.health import SECONDS, HealthRounds
from observe.metrics.own.keys import keys_source
from observe.metrics.own.postgres import postgres_checks
from observe.metrics.own.secrets import stack_source
from observe.metrics.own.source import STACK
from observe.metrics.postgres.catalogue import readings
from observe.metrics.postgres.source import PostgresSource
from observe.metrics.postgres.tables import CAP
from observe.metrics.redis.source import RedisSource
from observe.metrics.source import Source
from observe.node import PostgresNode, RedisNode
from observe.nodes import postgres_nodes, redis_nodes


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The servers that are meant: both engines of one stack, or what URLs name."""

    postgres: Manifest | Secret | None
    redis: Manifest | Secret | None

    @property
    def prefix(self) -> str | None:
        """What the label `instance` begins with; None where servers stand for themselves."""
        return next((each.prefix for each in (self.postgres, self.redis) if isinstance(each, Manifest)), None)

    def postgres_nodes(self) -> tuple[PostgresNode, ...]:
        """With the logins that their secrets hold now. Raise `NoLoginError` or `EmptySecretError`."""
        return postgres_nodes(self.postgres) if self.postgres else ()

    def redis_nodes(self) -> tuple[RedisNode, ...]:
        """The same of the caches."""
        return redis_nodes(self.redis) if self.redis else ()

    def nodes(self) -> dict[str, PostgresNode | RedisNode]:
        """All of them by name."""
        found: list[PostgresNode | RedisNode] = [*self.postgres_nodes(), *self.redis_nodes()]
        return {each.name: each for each in found}


def sources(
    watched: Watched, collectors: Iterable[str] = (), cap: int = CAP, *, migrations: Path
) -> tuple[Source, ...]:
    """For each node what the peers tell of it and what it is judged by; what is known of the stack.

    Raise `NoLoginError`, `EmptySecretError` or UnknownCollectorError.

    :param collectors: names of optional ones that are wanted besides the default ones.
    :param migrations: the folder of the stack's migrations.
    :param cap: how many tables of a database are shown, the largest.
    """
    names = tuple(collectors)
    manifest = watched.postgres if isinstance(watched.postgres, Manifest) else None
    health = HealthRounds(partial(Looker(watched.postgres, watched.redis).look, seconds=SECONDS))
    found: list[Source] = []
    for postgres in watched.postgres_nodes():
        find = partial(_postgres, watched, postgres.name)
        peers = PostgresSource(find, readings(names, cap))
        found += [
            peers,
            health.source(postgres.name),
            postgres_checks(find, manifest, others=partial(_replicas, watched), migrations=migrations),
        ]
    for redis in watched.redis_nodes():
        found += [RedisSource(partial(_redis, watched, redis.name)), health.source(redis.name)]
    if isinstance(watched.redis, Manifest):
        found += [keys_source(watched.redis, name) for name in watched.redis.caches]
    if manifest is not None:
        found += [health.source(STACK), stack_source(manifest)]
    return tuple(found)


def looked_at(manifest: Manifest, observations: Collection[str]) -> tuple[Source, ...]:
    """What a look from time to time reads: of each PostgreSQL server these observations, of each cache a sample of its
    keys, of the stack its secrets.

    Raise `NoLoginError` or `EmptySecretError`.
    """
    watched = Watched(postgres=manifest, redis=manifest)
    return (
        *(
            postgres_checks(partial(_postgres, watched, each.name), manifest, only=observations)
            for each in watched.postgres_nodes()
        ),
        *(keys_source(manifest, name) for name in manifest.caches),
        stack_source(manifest),
    )


def _postgres(watched: Watched, name: str) -> PostgresNode:
    return next(each for each in watched.postgres_nodes() if each.name == name)


def _replicas(watched: Watched) -> tuple[PostgresNode, ...]:
    return watched.postgres_nodes()[1:]


def _redis(watched: Watched, name: str) -> RedisNode:
    return next(each for each in watched.redis_nodes() if each.name == name)
