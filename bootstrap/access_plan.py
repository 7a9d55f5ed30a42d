"""What differs between access.yaml and the engines, PostgreSQL and every cache in one plan: data, with a digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import psycopg

from bootstrap.access import Access, access_string, load_access
from bootstrap.access.names import SIBLINGS, login
from bootstrap.errors import UnknownCacheError
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.change import Change
from bootstrap.postgres.desired import PUBLIC, RDS_IAM, Desired, desired
from bootstrap.postgres.live import Live, read
from bootstrap.postgres.plan import plan as plan_postgres
from bootstrap.postgres.removal import removals
from bootstrap.postgres.strangers import strangers
from bootstrap.redis.users import UserChange
from bootstrap.secrets import Credential, Secret, SecretStore
from bootstrap.secrets.identities import before, complete, token_users

Engine = Literal["postgres", "redis", "secrets"]
# A tier on this computer makes the secret by itself; on AWS the infrastructure does, with its key and its policies.
_MADE_HERE = "no secret yet: `access apply` makes it"
_MADE_BY_DEPLOYING = "no secret yet: deploy the stack with this access.yaml"


@dataclass(frozen=True, kw_only=True)
class PlannedChange:
    """One difference that `access apply` would mend."""

    engine: Engine
    target: str
    """Database, cache or node, identity's secret."""
    action: str
    subject: str
    text: str
    """The SQL of PostgreSQL; in words elsewhere. Never a secret."""
    takes_away: bool
    identity: str
    """Whom it is about; empty for several."""

    def data(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "engine": self.engine,
            "target": self.target,
            "action": self.action,
            "subject": self.subject,
            "sql" if self.engine == "postgres" else "detail": self.text,
            "takes_away": self.takes_away,
        }


@dataclass(frozen=True, kw_only=True)
class AccessPlan:
    """All of it."""

    changes: tuple[PlannedChange, ...]
    differences: tuple[str, ...]
    """What differs and is not ours to change, or not yet."""
    fingerprint: str
    """SHA-256 over the declaration and what was read: another one means a plan that is stale."""
    digest: str | None = None
    """The part of PostgreSQL in it."""

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.changes or self.differences)

    def data(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "changes": [change.data() for change in self.changes],
            "differences": list(self.differences),
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class _Part:
    """What one engine adds to a plan."""

    changes: tuple[PlannedChange, ...] = ()
    differences: tuple[str, ...] = ()
    digest: str | None = None


def planner(wanted: Desired, live: Live) -> tuple[Change, ...]:
    """Return all changes to PostgreSQL, the roles that are no longer declared included."""
    return (*plan_postgres(wanted, live), *removals(wanted, live))


def differences(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Return what differs in PostgreSQL and is not ours to change."""
    return strangers(wanted, live)


def plan_stack(manifest: Manifest, store: SecretStore, pool: Executor) -> AccessPlan:
    """Return the plan of a deployed stack; nothing is written, neither to an engine nor to the store of secrets."""
    access = load_access(manifest.access)
    credentials, previous, secrets = _secrets(manifest, access, store, pool)
    active = {name: "ab" if name in previous else (c.username or "_a")[-1] for name, c in credentials.items()}
    with master.look(manifest.postgres, store) as conn:
        parts = [_database(conn, desired(access, active, iam=manifest.postgres.iam_region is not None))]
    fresh = frozenset(change.identity for change in secrets)
    parts += [_cache(manifest, access, name, credentials, previous, fresh, store, pool) for name in manifest.caches]
    return _joined(access, [_Part(tuple(secrets)), *parts])


def plan_urls(access: Access, conn: psycopg.Connection[Any] | None, redis: Secret | None, cache: str) -> AccessPlan:
    """Return the plan of servers that no stack describes; passwords are nobody's business there."""
    parts = [_database(conn, desired_by_url(conn, access))] if conn else []
    if redis is not None:
        parts.append(redis_plan_by_url(access, redis, cache))
    return _joined(access, parts)


def desired_by_url(conn: psycopg.Connection[Any], access: Access) -> Desired:
    """Return what is wanted of a server that no stack describes: where it has rds_iam, it takes tokens of AWS."""
    found = conn.execute("SELECT FROM pg_roles WHERE rolname = %s", (RDS_IAM,)).fetchone()
    return desired(access, active_logins(conn, access), iam=found is not None)


def active_logins(conn: psycopg.Connection[Any], access: Access) -> dict[str, str]:
    """Return which sibling logins of each identity can log in, where no secret says which is in use.

    Both can while a rotation's grace lasts: nothing here tells which of them is current, so both stay.
    """
    rows = conn.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin").fetchall()
    can = {name for (name,) in rows}
    return {
        name: "".join(sibling for sibling in SIBLINGS if login(name, sibling) in can) or SIBLINGS[0]
        for name, postgres in access.postgres_users.items()
        if postgres.login == "siblings"
    }


def redis_plan_by_url(access: Access, url: Secret, cache: str, *, write: bool = False) -> _Part:
    """Plan, or apply, the users of one server by its administrator's URL; passwords stay as they are."""
    from bootstrap.redis.by_url import apply_client, plan_client
    from bootstrap.redis.users import User
    from bootstrap.secrets import open_redis_url

    rules = access.cache_users(cache)
    if not rules:
        known = sorted({name for identity in access.identities.values() for name in identity.redis})
        near = get_close_matches(cache, known, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise UnknownCacheError(f"--cache {cache}: access.yaml has rules for {', '.join(known) or 'no cache'}.{hint}")
    users = [User(name=name, rules=access_string(each), password=None) for name, each in rules.items()]
    with open_redis_url(url) as client:
        bring = apply_client if write else plan_client
        found = bring(client, users, remove=True, others=access.exceptions.redis.get(cache, ()))
    return _Part(tuple(map(redis_change, found.changes)), tuple(found.differences))


def redis_change(change: UserChange) -> PlannedChange:
    """Return a change of a cache's user (`bootstrap.redis.users.UserChange`) in the plan's form."""
    return PlannedChange(
        engine="redis",
        target=change.target,
        action=change.what,
        subject=f"user {change.user}",
        text=change.detail,
        takes_away=change.takes_away,
        identity=change.user,
    )


def postgres_change(change: Change, wanted: Desired, database: str) -> PlannedChange:
    """Return a change of PostgreSQL in the plan's form."""
    return PlannedChange(
        engine="postgres",
        target=database,
        action=change.action,
        subject=change.subject,
        text=change.sql,
        takes_away=change.takes_away,
        identity=_whose(change, wanted),
    )


def _whose(change: Change, wanted: Desired) -> str:
    """The identity, or the owner, that a change is about; the last one named is who gets it."""
    logins = {f"{name}_{sibling}": name for name in wanted.identities for sibling in "ab"}
    words: list[str] = re.findall(r"\w+", change.subject)
    names = [logins.get(word, word) for word in words]
    if change.action == "drop":
        return names[-1]
    known = dict.fromkeys(name for name in names if name in wanted.managed or name in {PUBLIC, wanted.owner})
    if change.action in {"join", "leave"} and known:
        return str(next(iter(known)))
    return str(next(iter(known))) if len(known) == 1 else ""


def _database(conn: psycopg.Connection[Any], wanted: Desired) -> _Part:
    live = read(conn, wanted)
    changes = tuple(postgres_change(change, wanted, live.database.name) for change in planner(wanted, live))
    return _Part(changes, differences(wanted, live), live.digest)


def _secrets(
    manifest: Manifest, access: Access, store: SecretStore, pool: Executor
) -> tuple[dict[str, Credential], dict[str, Credential], list[PlannedChange]]:
    """Credentials as they would be, those in a rotation's grace, and what would be made.

    New passwords live in this process only.
    """
    names = [name for name in access.identities if access.logs_in(name)]
    arns = {name: manifest.secrets.get(name) for name in names}
    read_ = dict(zip(names, pool.map(lambda n: _kept(store, arns[n]), names), strict=True))
    found = {name: old for name, (old, _) in read_.items()}
    previous = {name: still for name, (_, still) in read_.items() if still}
    credentials = {name: complete(manifest, access, name, old or Credential()) for name, old in found.items()}
    changes = [
        PlannedChange(
            engine="secrets",
            target=arns[name] or (_MADE_HERE if manifest.aws_endpoint else _MADE_BY_DEPLOYING),
            action="make" if old is None else "complete",
            subject=f"secret of {name}",
            text="secret will be made" if old is None else "secret will be brought up to date",
            takes_away=False,
            identity=name,
        )
        for name, old in found.items()
        if old != credentials[name]
    ]
    return credentials, previous, changes


def _kept(store: SecretStore, arn: str | None) -> tuple[Credential | None, Credential | None]:
    """The credential of a secret, and the one before it while a rotation's grace lasts."""
    if arn is None:
        return None, None
    if current := store.get(arn):
        return current.credential, before(store, arn, current)[0]
    pending = store.get(arn, "AWSPENDING")
    return (pending.credential if pending else None), None


def _cache(
    manifest: Manifest,
    access: Access,
    name: str,
    credentials: Mapping[str, Credential],
    previous: Mapping[str, Credential],
    fresh: frozenset[str],
    store: SecretStore,
    pool: Executor,
) -> _Part:
    from bootstrap.redis.apply import plan
    from bootstrap.redis.users import users

    by_token = token_users(manifest, access, name)
    wanted = users(access, name, credentials, fresh, previous, tokens=by_token)
    found = plan(manifest, name, wanted, store, pool, remove=True, others=access.exceptions.redis.get(name, ()))
    return _Part(tuple(map(redis_change, found.changes)), found.differences)


def _joined(access: Access, parts: Sequence[_Part]) -> AccessPlan:
    changes = tuple(change for part in parts for change in part.changes)
    told = tuple(text for part in parts for text in part.differences)
    digests = [part.digest for part in parts if part.digest]
    # A cache's state is known by its plan; so is a secret's.
    whole = [
        access.model_dump(mode="json", by_alias=True),
        digests,
        # Where a secret is does not matter, only whether it has to be filled.
        [{**change.data(), "target": ""} for change in changes if change.engine == "secrets"],
        [change.data() for change in changes if change.engine == "redis"],
        told,
    ]
    fingerprint = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    return AccessPlan(changes=changes, differences=told, fingerprint=fingerprint, digest=next(iter(digests), None))
