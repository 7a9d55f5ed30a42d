"""Logins by token: proven while the master is still logged in, so that nobody is locked out by becoming one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any

import psycopg

from bootstrap.action import Action, Sql
from bootstrap.errors import BootstrapError
from bootstrap.manifest import PostgresTarget
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import RDS_IAM
from bootstrap.secrets import Credential, LoginError, open_postgres

# From PostgreSQL 16 whoever makes a role is a member of it, and pg_hba.conf's `+rds_iam` follows every membership,
# one with ADMIN alone too (hba.c, is_member_of_role_nosuper).
_MASTER_TOO = """SELECT current_user FROM pg_roles
    WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')"""


class TokenError(BootstrapError):
    """A login by token does not work."""


def moved(changes: Iterable[Action], *verbs: Sql) -> frozenset[str]:
    """Return the logins that `changes` make members of rds_iam (`join`), or no longer (`leave`)."""
    end = f" of {RDS_IAM}"
    return frozenset(
        change.subject.removeprefix("member ").removesuffix(end)
        for change in changes
        if change.verb in verbs and change.subject.endswith(end)
    )


def prove_tokens(
    conn: psycopg.Connection[Any],
    target: PostgresTarget,
    credentials: Mapping[str, Credential],
    joined: Collection[str],
    unproven: Collection[str],
    pool: Executor,
) -> tuple[str, ...]:
    """Log in by token as every identity whose credential has no password; return what was changed.

    `joined` are the logins that have become members of rds_iam just now: that is undone when a login by token fails,
    theirs or the master's, so that their passwords work as before. `unproven` are the identities whose secret is not
    current yet: only once they are in are their passwords taken away.
    """
    logins = {name: c.username for name, c in credentials.items() if c.username and c.password is None}
    if not logins:
        return ()
    row = conn.execute(_MASTER_TOO, (RDS_IAM,)).fetchone()
    tried = [*logins.values(), *([row[0]] if row else [])]
    errors = [error for error in pool.map(lambda user: _try(target, user), tried) if error]
    if errors:
        for login in sorted(joined):
            conn.execute(f"REVOKE {RDS_IAM} FROM {ident(login)}".encode())
        undone = f". Undone: {', '.join(sorted(joined))} log in by password as before" if joined else ""
        raise TokenError(
            f"{errors[0]}. Whoever runs this needs rds-db:connect on that login, and the instance IAM authentication"
            f"{undone}"
        )
    done = []
    for name, login in sorted(logins.items()):
        if login in joined or name in unproven:
            conn.execute(f"ALTER ROLE {ident(login)} PASSWORD NULL".encode())
            done.append(f"{login}: logs in by token of AWS, and by no password")
    return tuple(done)


def _try(target: PostgresTarget, user: str) -> LoginError | None:
    try:
        open_postgres(target, target.primary, user, None).close()
    except LoginError as error:
        return None if "too many connections for role" in str(error) else error
    return None
