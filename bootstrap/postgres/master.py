"""The master user: its first password, which the infrastructure's state knows, is replaced on the first run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.manifest import PostgresTarget
from bootstrap.postgres.change import ident, literal
from bootstrap.postgres.lock import hold
from bootstrap.secrets import (
    Credential,
    LoginError,
    Secret,
    SecretStore,
    Version,
    new_password,
    open_postgres,
    scram_verifier,
)


class MasterError(BootstrapError):
    """The master user cannot log in."""


@dataclass(frozen=True, kw_only=True)
class Master:
    """The master user, logged in to the stack's database."""

    conn: psycopg.Connection[Any]
    user: str
    password: Secret
    done: tuple[str, ...]
    """What was changed on the way."""


def enter(target: PostgresTarget, store: SecretStore) -> Master:
    """Log in as the master, make the database if it is missing, and replace the first password.

    Every step may be the last of a run: the next one tries the current password, then the pending one.
    """
    arn = target.master_secret
    current = store.get(arn)
    if current is None or current.credential.username is None or current.credential.password is None:
        raise MasterError(f"the secret {arn} holds no `username` and `password`; deploy the stack, which makes it")
    done: list[str] = []
    try:
        conn = _open(target, current.credential, done)
        version = current
    except LoginError as error:
        pending = store.get(arn, "AWSPENDING")
        if not error.refused or pending is None or pending.id == current.id:
            raise MasterError(
                f"{error}. Neither this nor a pending password works: put the master's password into {arn}, "
                "or set a new one with `aws rds modify-db-instance --master-user-password` and put that in"
            ) from None
        conn = _open(target, pending.credential, done)
        store.promote(arn, pending)
        done.append("the pending master password was proven and is now current")
        version = pending
    if version.credential.initial:
        version = _replace(conn, target, store, done)
    user, password = version.credential.username, version.credential.password
    assert user is not None  # noqa: S101 - both were looked at above, the pending one was made from it
    assert password is not None  # noqa: S101
    return Master(conn=conn, user=user, password=password, done=tuple(done))


def _open(target: PostgresTarget, credential: Credential, done: list[str]) -> psycopg.Connection[Any]:
    user, password = credential.username or "", credential.password or Secret("")
    try:
        return open_postgres(target, target.primary, user, password)
    except LoginError as error:
        if f'database "{target.database}" does not exist' not in str(error):
            raise
    with open_postgres(target, target.primary, user, password, database="postgres") as conn:
        # template0, because only that lets the encoding differ from the cluster's.
        conn.execute(f"CREATE DATABASE {ident(target.database)} ENCODING 'UTF8' TEMPLATE template0".encode())
    done.append(f"database {target.database} made")
    return open_postgres(target, target.primary, user, password)


def _replace(conn: psycopg.Connection[Any], target: PostgresTarget, store: SecretStore, done: list[str]) -> Version:
    arn = target.master_secret
    with hold(conn):
        current = store.get(arn)
        if current is not None and not current.credential.initial:
            return current  # another run was faster
        pending = store.get(arn, "AWSPENDING")
        if current is None or (pending is not None and pending.id == current.id):
            pending = None
        if pending is None:
            fields = dict(current.credential) if current else {}
            pending = store.put_pending(arn, Credential(**{**fields, "password": new_password(), "initial": None}))
        credential = pending.credential
        user, password = credential.username or "", credential.password or Secret("")
        conn.execute(f"ALTER ROLE {ident(user)} PASSWORD {literal(scram_verifier(password))}".encode())
        open_postgres(target, target.primary, user, password).close()
        store.promote(arn, pending)
    done.append("the first master password was replaced; the one in the infrastructure's state is dead")
    return pending
