"""The credentials of a stack that rotate: where each stands, and the driver that lets it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bootstrap.access import Access
from bootstrap.manifest import Manifest
from bootstrap.postgres import own_password
from bootstrap.postgres.master import Master
from bootstrap.postgres.own_password import MASTER, MasterCredential
from bootstrap.reconcile import identity
from bootstrap.reconcile.engines import Engines
from bootstrap.reconcile.identity import DRAIN, IdentityCredential
from bootstrap.redis.cache import token_of
from bootstrap.redis.token import TokenCredential
from bootstrap.renewal.carry_out import CredentialDriver
from bootstrap.renewal.state import RenewalState, RotationError
from bootstrap.secrets import SecretStore


@dataclass(frozen=True, kw_only=True)
class Rotating:
    """One credential that rotates."""

    stand: Callable[[int | None], RenewalState]
    """Read where it stands; a pending credential of another grace than asked for is dropped."""
    driver: Callable[[], CredentialDriver]
    unrotatable: str | None = None
    """Why it does not rotate; None where it does."""


def names(manifest: Manifest, access: Access) -> list[str]:
    """Return the names of all credentials: identities, the master, and AUTH tokens as their secrets are called."""
    return [*access.identities, MASTER, *tokens(manifest)]


def tokens(manifest: Manifest) -> dict[str, str]:
    """Return name -> cache of the AUTH tokens: each has the name of its secret, `<cache>-auth`."""
    return {f"{name}-auth": name for name, cache in manifest.caches.items() if cache.auth_secret}


def by_secret(manifest: Manifest) -> Mapping[str, str]:
    """Return ARN -> name of what Secrets Manager may rotate by itself: AUTH tokens have no schedule."""
    return {arn: name for name, arn in manifest.secrets.items()} | {manifest.postgres.master_secret: MASTER}


def rotating(
    manifest: Manifest,
    access: Access,
    store: SecretStore,
    name: str,
    entered: tuple[Master, Engines] | None = None,
    *,
    drain: float = DRAIN,
    moves: bool = True,
) -> Rotating:
    """Return a credential by its name; without the engines it can be read, and no driver can be had.

    `moves` is as in `IdentityCredential`.
    """

    def inside() -> tuple[Master, Engines]:
        if entered is None:
            raise AssertionError("the engines were not entered")
        return entered

    if (cache := tokens(manifest).get(name)) and (token := token_of(manifest, cache, store)):
        return _of_token(manifest, store, cache, token, look=entered is not None)
    if name == MASTER:
        return Rotating(
            stand=lambda _: own_password.stand(manifest.postgres.master_secret, store),
            driver=lambda: MasterCredential(conn=inside()[0].conn, target=manifest.postgres, rule=manifest.passwords),
            unrotatable=_by_token(entered[0]) if entered else None,
        )
    return Rotating(
        stand=lambda grace: identity.stand(manifest, access, store, name, grace, moves=moves),
        driver=lambda: IdentityCredential(
            manifest=manifest, access=access, name=name, on=inside()[1], drain=drain, moves=moves
        ),
        unrotatable=_one_login(access, name),
    )


def _of_token(manifest: Manifest, store: SecretStore, cache: str, token: TokenCredential, *, look: bool) -> Rotating:
    arn = manifest.caches[cache].auth_secret
    if arn is None:
        raise RotationError(f"the manifest names no secret of {cache}'s AUTH token: deploy the stack")
    return Rotating(stand=lambda _: token.stand(arn, store, look=look), driver=lambda: token)


def _by_token(master: Master) -> str | None:
    if master.password is not None:
        return None
    return "the master logs in by token, because logins that it made are members of rds_iam"


def _one_login(access: Access, name: str) -> str | None:
    postgres = access.postgres_users.get(name)
    if postgres is None or postgres.login in {"siblings", "present"}:
        return None
    return (
        f"{name} has `login: {postgres.login}`, so there is no second login to change over to: leave `login` out "
        "of access.yaml to give it two"
    )
