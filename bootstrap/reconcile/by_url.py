"""Servers that no stack describes: planned and applied by their URLs; passwords are nobody's business there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.errors import UnknownCacheError
from bootstrap.postgres.active_logins import active_logins
from bootstrap.postgres.apply import apply
from bootstrap.postgres.desired import RDS_IAM, Desired, desired
from bootstrap.postgres.driver import compare
from bootstrap.reconcile.allowed import EVERYTHING, Allowed
from bootstrap.reconcile.apply import Outcome, still
from bootstrap.reconcile.plan import Observed, Plan, plan
from bootstrap.redis.users import UserPlan, users_of_rules
from bootstrap.secrets import Secret


def plan_urls(access: Access, conn: psycopg.Connection[Any] | None, redis: Secret | None, cache: str) -> Plan:
    """Return the plan of a database, or of one server that is `cache` of the declaration, or of both."""
    with _users(access, redis, cache) as users:
        return _plan(access, conn, users)


def apply_urls(
    access: Access,
    conn: psycopg.Connection[Any] | None,
    redis: Secret | None,
    cache: str,
    allowed: Allowed = EVERYTHING,
    *,
    saved: str | None = None,
) -> Outcome:
    """Apply it; no password is set."""
    done = Outcome(notes=("passwords are not set: there is no store of secrets behind a URL",))
    with _users(access, redis, cache) as users:
        digest = still(_plan(access, conn, users), saved) if saved else None
        if conn:
            wanted = desired_by_url(conn, access)
            applied = apply(conn, wanted, allowed, digest=digest)
            done.changes += applied.changes
            done.skipped += applied.skipped
            done.differences += compare(conn, wanted).differences
        for each in users:
            brought = each.apply(allowed)
            done.changes += brought.changes
            done.skipped += brought.skipped
            done.differences += brought.differences
    return done


def _plan(access: Access, conn: psycopg.Connection[Any] | None, users: Sequence[UserPlan]) -> Plan:
    database = compare(conn, desired_by_url(conn, access)) if conn else None
    return plan(access, Observed(database=database, caches=users))


def desired_by_url(conn: psycopg.Connection[Any], access: Access) -> Desired:
    """Return what is wanted of a server that no stack describes: where it has rds_iam, it takes tokens of AWS."""
    found = conn.execute("SELECT FROM pg_roles WHERE rolname = %s", (RDS_IAM,)).fetchone()
    return desired(access, active_logins(conn, access), iam=found is not None)


@contextmanager
def _users(access: Access, url: Secret | None, cache: str) -> Iterator[Sequence[UserPlan]]:
    """Plan the users of one server by its administrator's URL, while it may be applied; passwords stay as they are."""
    if url is None:
        yield ()
        return
    from bootstrap.redis.by_url import live_users, plan_client
    from bootstrap.secrets import open_redis_url

    if not access.cache_users(cache):
        known = sorted({name for identity in access.identities.values() for name in identity.redis})
        near = get_close_matches(cache, known, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise UnknownCacheError(f"--cache {cache}: access.yaml has rules for {', '.join(known) or 'no cache'}.{hint}")
    with open_redis_url(url) as client:
        moving = any(each.present for each in access.cache_users(cache).values())
        users = users_of_rules(access, cache, live_users(client) if moving else ())
        yield [plan_client(client, users, others=access.cache_others(cache))]
