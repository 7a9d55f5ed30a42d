"""The credential of an identity: two sibling logins in PostgreSQL, two passwords in each cache."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bootstrap.access import Access
from bootstrap.action import Action
from bootstrap.credentials import complete, token_users
from bootstrap.manifest import Manifest
from bootstrap.reconcile.engines import Engines
from bootstrap.renewal.carry_out import carry_out
from bootstrap.renewal.plan import Renewal, ending
from bootstrap.renewal.state import RenewalState, other_login, read
from bootstrap.secrets import Credential, Secret, SecretStore, new_password

DRAIN = 10.0
"""Seconds that the sessions of a login that was shut out have to end by themselves."""


@dataclass(frozen=True, kw_only=True)
class IdentityCredential:
    """Lets one identity's credentials in and out by way of the drivers of PostgreSQL and of the caches."""

    manifest: Manifest
    access: Access
    name: str
    on: Engines
    drain: float = DRAIN
    moves: bool = True
    """Whether the rotation ends logins from before the stack: a person's does, a schedule's leaves them as they are."""

    def successor(self, old: Credential, grace: int) -> Credential:
        rule = self.manifest.passwords
        changed = {
            "username": other_login(old) or old.username,
            "password": new_password(rule) if old.password else None,
            "redis_password": new_password(rule) if old.redis_password else None,
            "grace": grace,
            "moved": tuple(self.access.present(self.name)) if self.moves else old.moved,
        }
        return complete(self.manifest, self.access, self.name, old.model_copy(update=changed))

    def admit(self, target: str, new: Credential, old: Credential) -> None:
        if target == "postgres":
            self.on.database.admit(new)
        else:
            user = new.redis_username or self.name
            self.on.cache(_cache(target)).admit(user, new.redis_password or Secret(""), old.redis_password)

    def prove(self, new: Credential, old: Credential) -> tuple[str, ...]:
        return self.on.prove(self.name, new, old)

    def retire(self, target: str, valid: Credential, old: Credential | None) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        ended = self.access.present(self.name).get(target) if target in (valid.moved or ()) else None
        if target == "postgres":
            return self.on.database.retire(valid, drain=self.drain, present=ended)
        cache = self.on.cache(_cache(target))
        cache.retire(valid.redis_username or self.name, valid.redis_password or Secret(""))
        if ended:
            cache.shut(ended)
        return ()


def stand(
    manifest: Manifest,
    access: Access,
    store: SecretStore,
    name: str,
    grace: int | None = None,
    *,
    moves: bool = True,
) -> RenewalState:
    """Return where the credential of an identity stands; a pending one of another `grace` than asked for is dropped.

    `moves` is as in `IdentityCredential`. Raise RotationError where it has none yet.
    """
    rules = access.identities[name].redis
    caches = tuple(
        f"cache {cache}"
        for cache, target in manifest.caches.items()
        if cache in rules and target.has_users and name not in token_users(manifest, access, cache)
    )

    def suits(new: Credential, old: Credential) -> bool:
        return (
            new == complete(manifest, access, name, new)
            and (
                grace is None or (new.grace == grace and moves == (new.moved == (tuple(access.present(name)) or None)))
            )
            and new.username == (other_login(old) or old.username)
            and (old.redis_password is None or new.redis_password != old.redis_password)
        )

    return read(
        store,
        manifest.secrets.get(name),
        name=name,
        kind="identity",
        missing=f"{name} has no credential yet: run `datatier bootstrap`, which makes it",
        suits=suits,
        targets=lambda current: (*(("postgres",) if other_login(current) else ()), *caches),
        present=lambda current: {
            target: login
            for target, login in access.present(name).items()
            if target in ("postgres", *caches) and (moves or target in (current.moved or ()))
        },
    )


def endings(
    manifest: Manifest, access: Access, store: SecretStore, names: Iterable[str]
) -> tuple[tuple[RenewalState, Renewal], ...]:
    """Return what retires the old credentials of identities whose grace is over; nothing is written."""
    now = datetime.now(UTC)
    standings = [stand(manifest, access, store, name) for name in names]
    return tuple((standing, ending(standing, now=now)) for standing in standings)


def retire(
    manifest: Manifest, access: Access, on: Engines, due: Sequence[tuple[RenewalState, Renewal]], drain: float = DRAIN
) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """Carry `endings` out; return the steps, and what was met."""
    notes: list[str] = []
    for standing, left in due:
        driver = IdentityCredential(manifest=manifest, access=access, name=standing.name, on=on, drain=drain)
        notes += carry_out(left, standing, driver, on.store)
    return tuple(step for _, left in due for step in left.steps), tuple(notes)


def _cache(target: str) -> str:
    return target.removeprefix("cache ")
