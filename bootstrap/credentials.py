"""The credentials of the identities: those in the store, completed by what the declaration asks for."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bootstrap.access import Access
from bootstrap.access.names import SIBLINGS, token_user
from bootstrap.manifest import Manifest
from bootstrap.secrets import Credential, Secret, SecretStore, SecretStoreError, Version, new_password

GRACE = 24 * 3600
"""Seconds that the old credential stays valid: a day, so that a job that runs daily has read the new one."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """An identity's credential as this run uses it."""

    identity: str
    arn: str
    version: Version
    pending: bool
    """Whether it waits to be proven and promoted."""
    fresh_postgres: bool
    """Whether PostgreSQL has not seen the password yet."""
    fresh_redis: bool
    note: str = ""
    """What was changed in the store."""
    previous: Credential | None = None
    """The one before, while a rotation's grace lasts: it stays valid."""
    due: bool = False
    """Whether a rotation's grace is over and the one before has not been retired yet."""

    @property
    def credential(self) -> Credential:
        """What the secret holds."""
        return self.version.credential

    @property
    def sibling(self) -> str:
        """`a` or `b`: the login in use."""
        return (self.credential.username or "_a")[-1]

    @property
    def siblings(self) -> str:
        """The logins that may log in: the one in use, and `ab` while a rotation's grace lasts."""
        return "".join(SIBLINGS) if self.previous else self.sibling


def hold_all(manifest: Manifest, access: Access, store: SecretStore, pool: Executor) -> dict[str, Held]:
    """Return a complete credential for every identity; new ones are in the store as pending."""
    names = [name for name in access.identities if access.logs_in(name)]
    missing = sorted(set(names) - set(manifest.secrets))
    if missing:
        raise SecretStoreError(
            f"no secret is declared for {', '.join(missing)}; deploy the stack with this access.yaml, which makes them"
        )

    def one(name: str) -> Held:
        return _hold(manifest, access, store, name)

    return dict(zip(names, pool.map(one, names), strict=True))


def _hold(manifest: Manifest, access: Access, store: SecretStore, name: str) -> Held:
    arn = manifest.secrets[name]
    current = store.get(arn)
    if current is not None:
        old = current.credential
        wanted = complete(manifest, access, name, old)
        previous, due = before(store, arn, current)
        if wanted == old:
            return Held(
                identity=name,
                arn=arn,
                version=current,
                pending=current.pending,
                fresh_postgres=False,
                fresh_redis=False,
                previous=previous,
                due=due,
            )
        if previous is None:  # what becomes AWSPREVIOUS now is no rotation's old credential
            wanted = wanted.model_copy(update={"grace": None})
        return Held(
            identity=name,
            arn=arn,
            version=store.put_pending(arn, wanted),
            pending=True,
            fresh_postgres=old.password != wanted.password,
            fresh_redis=old.redis_password != wanted.redis_password,
            note=f"{name}: secret brought up to date",
            previous=previous,
            due=due,
        )
    pending = store.get(arn, "AWSPENDING")  # left by a run that did not get further
    start = pending.credential if pending else Credential()
    wanted = complete(manifest, access, name, start)
    version = pending if pending and wanted == start else store.put_pending(arn, wanted)
    return Held(
        identity=name,
        arn=arn,
        version=version,
        pending=True,
        fresh_postgres=wanted.password is not None,
        fresh_redis=wanted.redis_password is not None,
        note=f"{name}: secret made",
    )


def before(store: SecretStore, arn: str, current: Version) -> tuple[Credential | None, bool]:
    """Return the credential before `current` while a rotation's grace lasts, and whether that is over."""
    if current.credential.grace is None:  # no rotation has made it
        return None, False
    stages = store.stages(arn)
    if stages.previous is None:  # retired: see bootstrap.rotate
        return None, False
    if _now() >= stages.changed + timedelta(seconds=current.credential.grace):
        return None, True
    version = store.get(arn, "AWSPREVIOUS")
    return (version.credential if version else None), False


def _now() -> datetime:
    return datetime.now(UTC)


def token_users(manifest: Manifest, access: Access, cache: str) -> dict[str, str]:
    """Identity -> its ElastiCache user, of those that log in to `cache` by token."""
    if manifest.caches[cache].iam_cache is None:
        return {}
    mine = access.by_token & access.cache_users(cache).keys()
    return {name: token_user(manifest.prefix, cache, name) for name in sorted(mine)}


def complete(manifest: Manifest, access: Access, name: str, old: Credential) -> Credential:
    """Return `old` with all that the identity needs in this stack and nothing else; passwords that are there stay."""
    identity = access.identities[name]
    tokens = name in access.by_token and manifest.postgres.iam_region is not None
    fields: dict[str, str | int | Secret | None] = {}
    if logins := access.logins(name):
        fields = {
            "username": old.username if old.username in logins else logins[0],
            "password": None if tokens else old.password or new_password(manifest.passwords),
            "engine": "postgres",
            "host": manifest.postgres.primary.host,
            "port": manifest.postgres.primary.port,
            "dbname": manifest.postgres.database,
        }
    caches = set(identity.redis) & set(manifest.caches)
    by_token = [user for cache in caches for who, user in token_users(manifest, access, cache).items() if who == name]
    if len(by_token) < len(caches):
        fields |= {"redis_username": name, "redis_password": old.redis_password or new_password(manifest.passwords)}
    elif len(by_token) == 1:  # in several caches it has a user of another name in each
        fields["redis_username"] = by_token[0]
    # Without a password nothing is ever rotated, and what was is over.
    kept = fields.get("password") or fields.get("redis_password")
    return Credential.model_validate(fields | {"grace": old.grace if kept else None})
