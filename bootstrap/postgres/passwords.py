"""Passwords of the identities' logins: proven by a login, mended where the engine has another one."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.manifest import PostgresTarget
from bootstrap.postgres.change import ident, literal
from bootstrap.secrets import Credential, LoginError, Secret, open_postgres, scram_verifier


class PasswordError(BootstrapError):
    """A login does not work although its password was just set."""


def prove(
    conn: psycopg.Connection[Any],
    target: PostgresTarget,
    credentials: Mapping[str, Credential],
    fresh: frozenset[str],
    pool: Executor,
) -> tuple[str, ...]:
    """Make the login of every identity that has a password take that of its secret; return what was changed.

    `fresh` names the identities whose password no engine has seen yet.
    """
    credentials = {name: c for name, c in credentials.items() if c.password}
    fresh &= credentials.keys()
    known = {name: c for name, c in credentials.items() if name not in fresh}
    refused = {name for name, e in zip(known, pool.map(lambda c: _try(target, c), known.values()), strict=True) if e}
    for name in sorted(refused | fresh):
        user, password = _login(credentials[name])
        # A verifier, so that the password is in no server log even where log_statement is `ddl`.
        conn.execute(f"ALTER ROLE {ident(user)} PASSWORD {literal(scram_verifier(password))}".encode())
    again = sorted(refused | fresh)
    for error in pool.map(lambda n: _try(target, credentials[n]), again):
        if error:
            raise PasswordError(f"{error}. Its password was just set: look at the connection limit and at pg_hba.conf")
    return (
        *(f"{credentials[name].username}: first password set" for name in sorted(fresh)),
        *(
            f"{credentials[name].username}: PostgreSQL had another password than the secret, set again"
            for name in sorted(refused)
        ),
    )


def _login(credential: Credential) -> tuple[str, Secret]:
    return credential.username or "", credential.password or Secret("")


def _try(target: PostgresTarget, credential: Credential) -> LoginError | None:
    """Return why the login is refused, None when it works; raise when the server does not answer."""
    try:
        open_postgres(target, target.primary, *_login(credential)).close()
    except LoginError as error:
        if "too many connections for role" in str(error):
            return None  # PostgreSQL counts after it has seen the password: a full pool proves it
        if not error.refused:
            raise
        return error
    return None
