"""The engines of a stack behind their drivers, and what the declaration wants of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from bootstrap.access import Access
from bootstrap.credentials import Held, token_users
from bootstrap.manifest import Manifest
from bootstrap.postgres.desired import Desired, desired
from bootstrap.postgres.driver import Database, PostgresDatabase
from bootstrap.postgres.master import Master
from bootstrap.redis.users import Backend, User, users
from bootstrap.secrets import SecretStore


@dataclass(frozen=True, kw_only=True)
class Engines:
    """One driver each; every driver has a twin in memory, and one conformance suite holds for both."""

    store: SecretStore
    database: Database
    cache: Callable[[str], Backend]
    """The driver of a cache, by the cache's name."""
    pool: Executor


def engines(manifest: Manifest, access: Access, store: SecretStore, pool: Executor, entered: Master) -> Engines:
    """Return the drivers of a deployed stack; the master has `entered`."""

    def cache(name: str) -> Backend:
        from bootstrap.redis.cache import driver

        return driver(manifest, name, store, pool, others=access.exceptions.redis.get(name, ()))

    return Engines(store=store, database=PostgresDatabase(entered, manifest.postgres, pool), cache=cache, pool=pool)


def wanted_roles(manifest: Manifest, access: Access, held: Mapping[str, Held]) -> Desired:
    """Return what is wanted of PostgreSQL: of each identity the login of its secret, in a grace period both."""
    iam = manifest.postgres.iam_region is not None
    return desired(access, {name: each.siblings for name, each in held.items()}, iam=iam)


def wanted_users(manifest: Manifest, access: Access, cache: str, held: Mapping[str, Held]) -> tuple[User, ...]:
    """Return the users that are wanted in `cache`, each with the password of its secret."""
    return users(
        access,
        cache,
        {name: each.credential for name, each in held.items()},
        frozenset(name for name, each in held.items() if each.fresh_redis),
        {name: each.previous for name, each in held.items() if each.previous},
        tokens=token_users(manifest, access, cache),
    )
