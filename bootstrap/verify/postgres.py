"""PostgreSQL probes: real statements in a transaction that is rolled back, as the identity itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.manifest import Endpoint, PostgresTarget
from bootstrap.report import Check, Expected
from bootstrap.secrets import Credential, LoginError, Secret, new_password, open_postgres
from bootstrap.secrets.logins import PROBES
from bootstrap.verify.given import given_probes, has_given
from bootstrap.verify.statements import Probe, TriedTable, making_schemas, probes, tables

# insufficient_privilege, read_only_sql_transaction
_REFUSED = frozenset({"42501", "25006"})
_REPLAY_SECONDS = 15.0
# Seen by pg_read_all_settings, hence by pg_monitor, and by nobody else.
_MONITOR = "SELECT setting FROM pg_settings WHERE name = 'data_directory'"

Job = Callable[[], Iterable[Check]]


def jobs(
    target: PostgresTarget, access: Access, credentials: Mapping[str, Credential], *, lsn: str | None
) -> list[Job]:
    """Return one job per login and server."""
    made: list[Job] = []
    for name in (name for name in access.postgres_users if access.logins(name)):
        credential = credentials[name]
        user, password = credential.username or "", credential.password
        for endpoint in (target.primary, *target.replicas):
            probing = _Probing(target, endpoint, access, name)
            # Only a replica has to be waited for.
            made.append(partial(probing.run, user, password, None if endpoint is target.primary else lsn))
        for unused in set(access.logins(name)) - {user}:
            # Whoever logs in by token has none; a password that nobody has is refused as well.
            made.append(partial(_refused_login, target, name, unused, password or new_password()))
    return made


def _refused_login(target: PostgresTarget, identity: str, user: str, password: Secret) -> Iterator[Check]:
    try:
        open_postgres(target, target.primary, user, password, application=PROBES).close()
        outcome = "allowed"
    except LoginError as error:
        outcome = "refused" if error.refused else str(error)
    yield _check(identity, target.primary.name, f"log in as {user}, the login not in use", "refused", outcome)


def _check(identity: str, target: str, action: str, expected: Expected, outcome: str) -> Check:
    return Check(identity=identity, engine="postgres", target=target, action=action, expected=expected, outcome=outcome)


class _Probing:
    """All probes of one identity on one server."""

    def __init__(self, target: PostgresTarget, endpoint: Endpoint, access: Access, identity: str) -> None:
        self._target = target
        self._endpoint = endpoint
        self._identity = identity
        self._privileges = access.postgres_users[identity].privileges
        self._access = access

    def run(self, user: str, password: Secret | None, lsn: str | None) -> Iterator[Check]:
        try:
            conn = self._open(user, password, _REPLAY_SECONDS if lsn else 0)
        except LoginError as error:
            yield self._check(f"log in as {user}", "allowed", "refused" if error.refused else str(error))
            return
        with conn:
            yield self._check(f"log in as {user}", "allowed", "allowed")
            if not _caught_up(conn, lsn):
                yield self._check("read what was just changed", "allowed", f"more than {_REPLAY_SECONDS:.0f} s behind")
                return
            if self._privileges in {"monitoring", "maintainer"}:
                row = conn.execute(_MONITOR).fetchone()
                yield self._check("read server settings", "allowed", "allowed" if row else "refused")
            found = tables(conn)
            yield from self._probe(conn, found)

    def _open(self, user: str, password: Secret | None, seconds: float) -> psycopg.Connection[Any]:
        """Log in; a replica may learn of a new login a moment later than the primary."""
        until = time.monotonic() + seconds
        while True:
            try:
                return open_postgres(self._target, self._endpoint, user, password, application=PROBES)
            except LoginError as error:
                if not error.refused or time.monotonic() >= until:
                    raise
                time.sleep(0.1)

    def _probe(self, conn: psycopg.Connection[Any], found: tuple[TriedTable, ...]) -> Iterator[Check]:
        with conn.transaction(force_rollback=True):
            # A probe that is wrongly allowed must not wait for somebody's lock, nor hold one for long.
            conn.execute("SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '10s'")
            replica = self._endpoint is not self._target.primary
            version = conn.info.server_version
            for probe in probes_of(self._access, self._identity, found, replica=replica, version=version):
                yield self._check(probe.action, probe.expected, outcome(conn, probe))

    def _check(self, action: str, expected: Expected, outcome: str) -> Check:
        return _check(self._identity, self._endpoint.name, action, expected, outcome)


def _caught_up(conn: psycopg.Connection[Any], lsn: str | None) -> bool:
    """Wait until a replica has replayed `lsn`; return whether it has."""
    until = time.monotonic() + _REPLAY_SECONDS
    while lsn:
        row = conn.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (lsn,)).fetchone()
        if row and row[0]:
            break
        if time.monotonic() >= until:
            return False
        time.sleep(0.05)
    return True


def probes_of(
    access: Access, identity: str, found: tuple[TriedTable, ...], *, replica: bool, version: int
) -> Iterator[Probe]:
    """Return what to try as an identity."""
    privileges = access.postgres_users[identity].privileges
    if has_given(access, identity):
        yield from given_probes(access, identity, found, replica=replica, version=version)
    else:
        yield from probes(privileges, access.owner, found, replica=replica, version=version)
    if privileges == "migrator" and not replica:
        yield from making_schemas(access.makes_schemas, owns="owner" not in access.keep)


def outcome(conn: psycopg.Connection[Any], probe: Probe) -> str:
    """Run a probe's statements; the first that does not come out as expected decides."""
    seen = "no object to try it on"
    for statement in probe.statements:
        try:
            with conn.transaction(force_rollback=True):
                conn.execute(statement.encode())
            seen = "allowed"
        except psycopg.Error as error:
            seen = "refused" if error.sqlstate in _REFUSED else f"{error.diag.message_primary} ({error.sqlstate})"
        if seen != probe.expected:
            return seen
    return seen
