"""The master's own password: it has one login and, on RDS, one password, which is replaced rather than joined.

Between the change and AWSCURRENT the pending password is the one that works: `bootstrap.postgres.master.enter` tries
it too, and makes it current when it does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import psycopg

from bootstrap.manifest import PasswordRule, PostgresTarget
from bootstrap.postgres.change import ident, literal
from bootstrap.renewal.state import RenewalState, RotationError, read
from bootstrap.secrets import (
    Credential,
    Secret,
    SecretStore,
    SecretVersion,
    new_password,
    open_postgres,
    scram_verifier,
)

MASTER = "master"


@dataclass(frozen=True, kw_only=True)
class MasterCredential:
    """Changes the password of who is logged in; of itself it may change nothing else."""

    conn: psycopg.Connection[Any]
    target: PostgresTarget
    rule: PasswordRule

    def successor(self, old: Credential, grace: int) -> Credential:  # noqa: ARG002 as in the protocol
        return with_password(old, new_password(self.rule))

    def admit(self, target: str, new: Credential, old: Credential) -> None:  # noqa: ARG002 as in the protocol
        user, password = _login(new)
        try:
            self.conn.execute(f"ALTER ROLE {ident(user)} PASSWORD {literal(scram_verifier(password))}".encode())
        except psycopg.Error as error:
            # Never the statement: it holds a verifier.
            reason = error.diag.message_primary or type(error).__name__
            raise RotationError(f"PostgreSQL did not change the password of {user}: {reason}") from None

    def prove(self, new: Credential, old: Credential) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        open_postgres(self.target, self.target.primary, *_login(new)).close()
        return ()

    def retire(self, target: str, valid: Credential, old: Credential | None) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        return ()  # the change of a password ends the one before


def stand(arn: str, store: SecretStore, entered: SecretVersion | None = None) -> RenewalState:
    """Return where the master's password stands; `entered` is the version that logs in where it is not the current one.

    Raise RotationError where the secret is empty.
    """
    found = read(
        store,
        arn,
        name=MASTER,
        kind="master",
        missing="the master's secret is empty: run `datatier bootstrap`",
        # What a former server's master left pending is of no use.
        suits=lambda new, old: new.username == (entered.credential if entered else old).username,
        targets=lambda _: ("postgres",),
    )
    return replace(found, current=entered) if entered else found


def with_password(old: Credential, password: Secret) -> Credential:
    """Return a credential of the bootstrap's making in place of `old`."""
    return Credential(**{**dict(old), "password": password, "initial": None})


def _login(credential: Credential) -> tuple[str, Secret]:
    return credential.username or "", credential.password or Secret("")
