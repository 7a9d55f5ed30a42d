"""The siblings of an identity in PostgreSQL: one is let in as well as the other, and later the other is shut out."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.manifest import PostgresTarget
from bootstrap.postgres.change import ident, literal
from bootstrap.postgres.master import Master
from bootstrap.renewal.state import other_login
from bootstrap.secrets import Credential, Secret, open_postgres, scram_verifier


class SiblingError(BootstrapError):
    """A login was not changed: it is as it was."""


Connection = psycopg.Connection[Any]
_EXISTS = "SELECT 1 FROM pg_roles WHERE rolname = %s"
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE usename = %s AND backend_type = 'client backend'"


def admit(conn: Connection, credential: Credential) -> None:
    """Let the login of `credential` in. Its sibling stays as it is."""
    user, password = credential.username or "", credential.password or Secret("")
    if not _is_there(conn, user):
        raise SiblingError(f"PostgreSQL has no role {user}: run `datatier bootstrap`, which makes it")
    _alter(conn, f"ALTER ROLE {ident(user)} LOGIN PASSWORD {literal(scram_verifier(password))}", user)


def retire(
    target: PostgresTarget, master: Master, valid: Credential, *, drain: float, present: str | None = None
) -> tuple[str, ...]:
    """Shut the sibling of the login of `valid` out and end what is left of its sessions; return what was met.

    So with `present`, a login from before the stack: what it was limited to and set goes too, as nobody logs in as it.
    Their sessions have `drain` seconds to end by themselves, on the primary and on every replica.
    """
    going = [name for name in (other_login(valid), present) if name and _is_there(master.conn, name)]
    for old in going:
        _alter(master.conn, f"ALTER ROLE {ident(old)} NOLOGIN PASSWORD NULL", old)
    if present in going:
        _alter(master.conn, f"ALTER ROLE {ident(present)} CONNECTION LIMIT -1", present)
        _alter(master.conn, f"ALTER ROLE {ident(present)} RESET ALL", present)
    if not going:
        return ()
    with ExitStack() as stack:
        servers = {target.primary.name: master.conn}
        for replica in target.replicas:
            servers[replica.name] = stack.enter_context(open_postgres(target, replica, master.user, master.password))
        until = time.monotonic() + drain
        while time.monotonic() < until and any(_sessions(conn, old) for conn in servers.values() for old in going):
            time.sleep(0.1)
        return tuple(note for name, conn in servers.items() for old in going for note in _end(conn, name, old))


def _is_there(conn: Connection, login: str) -> bool:
    return conn.execute(_EXISTS, (login,)).fetchone() is not None


def _sessions(conn: Connection, login: str) -> list[int]:
    return [pid for (pid,) in conn.execute(_SESSIONS, (login,))]


def _end(conn: Connection, server: str, login: str) -> list[str]:
    """End the sessions one by one, so that a refusal is reported and stops nothing."""
    ended, notes = 0, []
    for pid in _sessions(conn, login):
        try:
            conn.execute("SELECT pg_terminate_backend(%s)", (pid,))
            ended += 1
        except psycopg.Error as error:
            reason = error.diag.message_primary or type(error).__name__
            notes.append(
                f"session {pid} of {login} on {server} could not be ended ({reason}); its login is shut, restart "
                "whoever holds it"
            )
    reported = (
        f"{ended} sessions of {login} on {server} had not ended and were: who held them had not read the new secret"
    )
    return [reported, *notes] if ended else notes


def _alter(conn: Connection, statement: str, login: str) -> None:
    try:
        conn.execute(statement.encode())
    except psycopg.Error as error:
        # Never the statement: it holds a verifier.
        reason = error.diag.message_primary or type(error).__name__
        raise SiblingError(f"PostgreSQL did not change {login}: {reason}") from None
