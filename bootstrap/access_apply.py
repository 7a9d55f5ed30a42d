"""Applies an access plan to a stack or to a server by its URL; what takes something away only as far as it may."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.access import Access, load_access
from bootstrap.access_plan import (
    AccessPlan,
    PlannedChange,
    desired_by_url,
    differences,
    plan_stack,
    plan_urls,
    planner,
    postgres_change,
    redis_change,
    redis_plan_by_url,
)
from bootstrap.credentials import hold_all, token_users
from bootstrap.manifest import Manifest
from bootstrap.postgres import master, passwords, tokens
from bootstrap.postgres.apply import StalePlanError, apply_chosen
from bootstrap.postgres.change import Change
from bootstrap.postgres.desired import Desired, desired
from bootstrap.postgres.live import read
from bootstrap.postgres.lock import hold
from bootstrap.secrets import Secret, SecretStore

_STALE = "the plan is stale: the declaration or the engines have changed since; make a new one: datatier access plan"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What may be taken away."""

    revoke: bool = True
    drop: bool = True
    owner: bool = True

    def __call__(self, change: Change | PlannedChange) -> bool:
        """Whether a change may be made."""
        if change.action in {"drop", "remove"}:
            return self.drop
        if change.action == "own":
            return self.owner
        return self.revoke or not change.takes_away

    @property
    def flags(self) -> str:
        """The options that would allow the rest."""
        missing = {"revoke": self.revoke, "drop": self.drop, "owner": self.owner}
        return " ".join(f"--allow-{name}" for name, given in missing.items() if not given)


EVERYTHING = Allowed()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was done."""

    changes: tuple[PlannedChange, ...]
    skipped: tuple[PlannedChange, ...]
    """Planned, but not allowed."""
    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What was done besides: secrets, passwords."""

    def data(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "changes": [change.data() for change in self.changes],
            "skipped": [change.data() for change in self.skipped],
            "differences": list(self.differences),
            "notes": list(self.notes),
        }


def apply_stack(
    manifest: Manifest, store: SecretStore, pool: Executor, allowed: Allowed = EVERYTHING, *, saved: str | None = None
) -> Outcome:
    """Apply the plan of a deployed stack; with the fingerprint of a `saved` one only if it still holds."""
    access = load_access(manifest.access)
    digest = _digest(plan_stack(manifest, store, pool), saved) if saved else None
    notes: list[str] = []
    changes: list[PlannedChange] = []
    skipped: list[PlannedChange] = []
    waiting: dict[str, str] = {}  # identity -> a cache that does not know its pending credential
    entered = master.enter(manifest.postgres, store, manifest.passwords)
    notes += entered.done
    with entered.conn as conn, hold(conn):
        held = hold_all(manifest, access, store, pool)
        notes += [h.note for h in held.values() if h.note]
        target, iam = manifest.postgres, manifest.postgres.iam_region is not None
        wanted = desired(access, {name: h.siblings for name, h in held.items()}, iam=iam)
        _database(conn, wanted, allowed, digest, changes, skipped)
        # Who may not change over between password and token keeps the secret that is current.
        kept = tokens.moved(skipped, "join", "leave")
        users = {n: h.credential for n, h in held.items() if access.logins(n) and h.credential.username not in kept}
        unproven = {name for name in users if held[name].pending}
        notes += tokens.prove_tokens(conn, target, users, tokens.moved(changes, "join"), unproven, pool)
        fresh = frozenset(name for name in users if held[name].fresh_postgres)
        notes += passwords.prove(conn, target, users, fresh, pool)
        left = list(differences(wanted, read(conn, wanted)))
        for name in manifest.caches:
            from bootstrap.redis import apply as caches
            from bootstrap.redis.users import users as users_of

            credentials = {identity: h.credential for identity, h in held.items()}
            new = frozenset(identity for identity, h in held.items() if h.fresh_redis)
            previous = {identity: h.previous for identity, h in held.items() if h.previous}
            users_wanted = users_of(
                access, name, credentials, new, previous, tokens=token_users(manifest, access, name)
            )
            others = access.exceptions.redis.get(name, ())
            found = caches.plan(manifest, name, users_wanted, store, pool, remove=True, others=others)
            planned = [redis_change(change) for change in found.changes]
            drops = [change for change in planned if change.action == "remove" and not allowed(change)]
            skipped += drops
            if not all(allowed(change) for change in planned if change not in drops):
                skipped += [change for change in planned if change not in drops]
                untold = {change.identity for change in planned} | new
                waiting |= {identity: name for identity in access.cache_users(name) if identity in untold}
                continue  # a cache's users are brought about together
            applied = caches.apply(manifest, name, users_wanted, store, pool, remove=not drops, others=others)
            changes += map(redis_change, applied.changes)
            left += applied.differences
        for one in held.values():
            if one.pending and one.identity in waiting:
                what = f"its user in the cache `{waiting[one.identity]}` was not brought about"
                notes.append(f"{one.identity}: the secret stays as it was, for {what}")
            elif one.pending and one.credential.username not in kept:
                store.promote(one.arn, one.version)
                notes.append(f"{one.identity}: secret is current")
    return Outcome(changes=tuple(changes), skipped=tuple(skipped), differences=tuple(left), notes=tuple(notes))


def apply_urls(
    access: Access,
    conn: psycopg.Connection[Any] | None,
    redis: Secret | None,
    cache: str,
    allowed: Allowed = EVERYTHING,
    *,
    saved: str | None = None,
) -> Outcome:
    """Apply to servers that no stack describes; no password is set."""
    planned = plan_urls(access, conn, redis, cache) if saved or redis else None
    digest = _digest(planned, saved) if planned and saved else None
    changes: list[PlannedChange] = []
    skipped: list[PlannedChange] = []
    left: list[str] = []
    if conn:
        wanted = desired_by_url(conn, access)
        _database(conn, wanted, allowed, digest, changes, skipped)
        left += differences(wanted, read(conn, wanted))
    if redis and planned:
        of_redis = [change for change in planned.changes if change.engine == "redis"]
        if all(map(allowed, of_redis)):
            done = redis_plan_by_url(access, redis, cache, write=True)
            changes += done.changes
            left += done.differences
        else:
            skipped += of_redis
    notes = ("passwords are not set: there is no store of secrets behind a URL",)
    return Outcome(changes=tuple(changes), skipped=tuple(skipped), differences=tuple(left), notes=notes)


def _digest(planned: AccessPlan, saved: str) -> str | None:
    if planned.fingerprint != saved:
        raise StalePlanError(_STALE)
    return planned.digest


def _database(
    conn: psycopg.Connection[Any],
    wanted: Desired,
    allowed: Allowed,
    digest: str | None,
    changes: list[PlannedChange],
    skipped: list[PlannedChange],
) -> None:
    applied = apply_chosen(conn, wanted, allowed, planner=planner, digest=digest)
    database = conn.info.dbname
    changes += [postgres_change(change, wanted, database) for change in applied.changes]
    skipped += [postgres_change(change, wanted, database) for change in applied.skipped]
