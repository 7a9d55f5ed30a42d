"""The credentials of the identities: those in the store, completed by what the declaration asks for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bootstrap.access import Access
from bootstrap.access.names import SIBLINGS, login, token_user
from bootstrap.manifest import Manifest
from bootstrap.renewal.state import grace_ends
from bootstrap.secrets import Credential, Secret, SecretStore, SecretStoreError, SecretVersion, new_password


@dataclass(frozen=True, kw_only=True)
class HeldCredential:
    """An identity's credential as this run uses it."""

    identity: str
    arn: str
    """Its secret; empty where none is deployed yet."""
    credential: Credential
    """With all that the identity needs in this stack; passwords that are new live in this process only."""
    version: SecretVersion | None
    """The version of the secret that holds it; None while it is not staged yet."""
    first: bool = False
    """Whether no credential of the identity was ever current."""
    fresh_postgres: bool
    """Whether PostgreSQL has not seen the password yet."""
    fresh_redis: bool
    previous: Credential | None = None
    """The one before, until it is retired: it stays valid."""
    due: bool = False
    """Whether its grace is over, so that it is to be retired."""

    @property
    def pending(self) -> bool:
        """Whether it waits to be proven and promoted."""
        return self.version is None or self.version.pending

    @property
    def siblings(self) -> str:
        """The logins that may log in: the one in use, and `ab` while a rotation's grace lasts."""
        return "".join(SIBLINGS) if self.previous else (self.credential.username or "_a")[-1]

    @property
    def over(self) -> bool:
        """Whether the PostgreSQL login from before the stack, where there was one, has ended with a rotation."""
        return self.previous is None and "postgres" in (self.credential.moved or ())


def read_all(manifest: Manifest, access: Access, store: SecretStore, pool: Executor) -> dict[str, HeldCredential]:
    """Return a complete credential for every identity that logs in; nothing is written."""
    names = [name for name in access.identities if access.logs_in(name)]
    return dict(zip(names, pool.map(lambda name: _read(manifest, access, store, name), names), strict=True))


def stage_all(
    held: Mapping[str, HeldCredential], store: SecretStore, pool: Executor
) -> tuple[dict[str, HeldCredential], tuple[str, ...]]:
    """Keep what is new as pending in the store; return the credentials with their versions, and what was done.

    Raise SecretStoreError where an identity has no secret, before any is written.
    """
    if missing := sorted(name for name, each in held.items() if not each.arn):
        raise SecretStoreError(
            f"no secret is declared for {', '.join(missing)}; deploy the stack with this access.yaml, which makes them"
        )

    def one(each: HeldCredential) -> HeldCredential:
        return each if each.version else replace(each, version=store.put_pending(each.arn, each.credential))

    notes = tuple(
        f"{name}: secret {'made' if each.first else 'brought up to date'}"
        for name, each in held.items()
        if each.version is None or each.first
    )
    return dict(zip(held, pool.map(one, held.values()), strict=True)), notes


def _read(manifest: Manifest, access: Access, store: SecretStore, name: str) -> HeldCredential:
    arn = manifest.secrets.get(name, "")
    current = store.get(arn) if arn else None
    if current is not None:
        old = current.credential
        wanted = complete(manifest, access, name, old)
        previous, due = before(store, arn, current)
        if wanted != old and (
            previous is None or due
        ):  # what becomes AWSPREVIOUS now is not the old credential of a rotation
            wanted = wanted.model_copy(update={"grace": None})
        return HeldCredential(
            identity=name,
            arn=arn,
            credential=wanted,
            version=current if wanted == old else None,
            fresh_postgres=old.password != wanted.password,
            fresh_redis=old.redis_password != wanted.redis_password,
            previous=previous,
            due=due,
        )
    pending = store.get(arn, "AWSPENDING") if arn else None  # left by a run that did not get further
    start = pending.credential if pending else Credential()
    wanted = complete(manifest, access, name, start)
    return HeldCredential(
        identity=name,
        arn=arn,
        credential=wanted,
        version=pending if wanted == start else None,
        first=True,
        fresh_postgres=wanted.password is not None,
        fresh_redis=wanted.redis_password is not None,
    )


def before(store: SecretStore, arn: str, current: SecretVersion) -> tuple[Credential | None, bool]:
    """Return the credential before `current` until it is retired, and whether its grace is over."""
    if current.credential.grace is None:  # no rotation has made it
        return None, False
    stages = store.stages(arn)
    if stages.previous is None:  # retired
        return None, False
    version = store.get(arn, "AWSPREVIOUS")
    return (version.credential if version else None), _now() >= grace_ends(current.credential, stages)


def _now() -> datetime:
    return datetime.now(UTC)


def token_users(manifest: Manifest, access: Access, cache: str) -> dict[str, str]:
    """Identity -> its ElastiCache user, of those that log in to `cache` by token."""
    if manifest.caches[cache].iam_cache is None:
        return {}
    mine = access.by_token & access.cache_users(cache).keys()
    return {name: token_user(manifest.prefix, cache, name) for name in sorted(mine)}


def complete(manifest: Manifest, access: Access, name: str, old: Credential) -> Credential:
    """Return `old` with all that the identity needs in this stack; passwords and what is somebody else's stay."""
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
        known = old.redis_username in {name, login(name, SIBLINGS[0])}  # it keeps its name when `present` goes
        user = old.redis_username if known else access.redis_user(name)
        fields |= {"redis_username": user, "redis_password": old.redis_password or new_password(manifest.passwords)}
    elif len(by_token) == 1:  # in several caches it has a user of another name in each
        fields["redis_username"] = by_token[0]
    # Without a password nothing is ever rotated, and what was is over.
    kept = fields.get("password") or fields.get("redis_password")
    moved = tuple(target for target in access.present(name) if target in (old.moved or ()))
    kept_fields = {"grace": old.grace if kept else None, "moved": moved or None}
    return Credential.model_validate(fields | kept_fields | {"called": old.called, "others": old.others})
