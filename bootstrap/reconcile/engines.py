"""The engines of a stack behind their drivers, and what the declaration wants of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from bootstrap.access import Access
from bootstrap.credentials import HeldCredential, token_users
from bootstrap.manifest import Manifest
from bootstrap.postgres.desired import Desired, desired
from bootstrap.postgres.driver import Database, PostgresDatabase
from bootstrap.postgres.master import Master
from bootstrap.redis.users import Backend, User, users
from bootstrap.secrets import Credential, SecretStore


@dataclass(frozen=True, kw_only=True)
class Engines:
    """One driver each; every driver has a twin in memory, and one conformance suite holds for both."""

    store: SecretStore
    database: Database
    cache: Callable[[str], Backend]
    """The driver of a cache, by the cache's name."""
    prove: Callable[[str, Credential, Credential], tuple[str, ...]]
    """Log in as an identity with a pending credential and with the current one; raise RotationError unless the first
    may all that the second may, and no more. Return what to know of it."""
    pool: Executor


def engines(manifest: Manifest, access: Access, store: SecretStore, pool: Executor, entered: Master) -> Engines:
    """Return the drivers of a deployed stack; the master has `entered`."""

    def cache(name: str) -> Backend:
        from bootstrap.redis.cache import driver

        return driver(manifest, name, store, pool, others=access.cache_others(name))

    def proved(name: str, new: Credential, old: Credential) -> tuple[str, ...]:
        from bootstrap.reconcile.prove import prove

        row = entered.conn.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        lsn = row[0] if row and manifest.postgres.replicas else None
        return prove(manifest, access, name, new, old, store, pool, lsn=lsn)

    database = PostgresDatabase(entered, manifest.postgres, pool)
    return Engines(store=store, database=database, cache=cache, prove=proved, pool=pool)


def wanted_roles(manifest: Manifest, access: Access, held: Mapping[str, HeldCredential]) -> Desired:
    """Return what is wanted of PostgreSQL: of each identity the login of its secret, in a grace period both."""
    iam = manifest.postgres.iam_region is not None
    over = frozenset(name for name, each in held.items() if each.over)
    return desired(access, {name: each.siblings for name, each in held.items()}, iam=iam, over=over)


def wanted_users(
    manifest: Manifest, access: Access, cache: str, held: Mapping[str, HeldCredential]
) -> tuple[User, ...]:
    """Return the users that are wanted in `cache`, each with the password of its secret."""
    return users(
        access,
        cache,
        {name: each.credential for name, each in held.items()},
        frozenset(name for name, each in held.items() if each.fresh_redis),
        {name: each.previous for name, each in held.items() if each.previous},
        tokens=token_users(manifest, access, cache),
    )
