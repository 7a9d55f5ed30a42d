"""The master user: its first password, which the infrastructure's state knows, is replaced on the first run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import psycopg

from bootstrap.aws import region_option
from bootstrap.errors import BootstrapError
from bootstrap.manifest import USUAL_PASSWORDS, PasswordRule, PostgresTarget
from bootstrap.postgres import own_password
from bootstrap.postgres.change import ident
from bootstrap.postgres.lock import hold
from bootstrap.renewal.carry_out import carry_out
from bootstrap.renewal.plan import Wish, plan
from bootstrap.secrets import LoginError, Secret, SecretStore, SecretVersion, Stage, open_postgres

_ATTEMPTS = 3
_STAGES: tuple[Stage, ...] = ("AWSCURRENT", "AWSPENDING")
_OF_A_COPY: tuple[Stage, ...] = (*_STAGES, "AWSPREVIOUS")
# A new server has the infrastructure's password again, whatever is current; and where that password became
# current without a new server, the one before it is the server's.
_ANEW: tuple[Stage, ...] = ("INITIAL", "AWSPREVIOUS")


Due: TypeAlias = Literal["replace", "promote"]
"""`replace` the first password, which the infrastructure's state holds; `promote` one that a run has left pending."""


class MasterError(BootstrapError):
    """The master user cannot log in."""


class NoDatabaseError(MasterError):
    """The master user can log in, and the stack's database is not there yet."""

    def __init__(self, message: str, due: Due | None) -> None:
        super().__init__(message)
        self.due = due
        """As in `Master`."""


@dataclass(frozen=True, kw_only=True)
class Master:
    """The master user, logged in to the stack's database."""

    conn: psycopg.Connection[Any]
    user: str
    password: Secret | None
    """None where RDS takes a token in its place: then the logins it made are members of rds_iam, so it is one too."""
    done: tuple[str, ...] = ()
    """What was changed on the way."""
    due: Due | None = None
    """What `enter` would do about the password after the same login."""

    @property
    def finished(self) -> bool:
        """Whether a rotation was finished on the way: what it had left pending is what the server takes."""
        return _PROVEN["AWSPENDING"] in self.done


def enter(target: PostgresTarget, store: SecretStore, rule: PasswordRule = USUAL_PASSWORDS) -> Master:
    """Log in as the master, make the database if it is missing, and replace the first password.

    Every step may be the last of a run: the next one tries the current password, then the pending one.
    """
    done: list[str] = []
    conn, version, by_token = _log_in(target, store, done)
    try:
        if version.credential.initial and not by_token:
            version = _replace(conn, target, store, rule, version, done)
        user, password = _login(version)
    except BaseException:
        conn.close()
        raise
    return Master(conn=conn, user=user, password=None if by_token else password, done=tuple(done))


def look(target: PostgresTarget, store: SecretStore, *, copy: bool = False) -> Master:
    """Log in as the master and change nothing, neither on the server nor in the store.

    :param copy: whether it is a copy of an earlier moment: of before a rotation it has the password of before it.
    """
    refusal = ""
    for stage in _OF_A_COPY if copy else _STAGES:
        if (version := store.get(target.master_secret, stage)) is None:
            continue
        try:
            user, password = _login(version)
            conn, by_token = _enter(target, user, password)
            secret = None if by_token else password
            return Master(conn=conn, user=user, password=secret, due=None if by_token else _due(version))
        except LoginError as error:
            if not error.refused:
                raise
            refusal = str(error)
            if _lacks_database(error, target):
                missing = f"{refusal}. `datatier bootstrap` makes what is missing"
                raise NoDatabaseError(missing, _due(version)) from None
    mend = _mend(target, "`datatier bootstrap` makes what is missing", empty=not refusal)
    raise MasterError(f"{refusal or f'the secret {target.master_secret} is empty'}. {mend}")


def _log_in(
    target: PostgresTarget, store: SecretStore, done: list[str]
) -> tuple[psycopg.Connection[Any], SecretVersion, bool]:
    arn = target.master_secret
    refusal = ""
    for _ in range(_ATTEMPTS):
        for stage in (*_STAGES, *_ANEW):
            version = store.get(arn, stage)
            if version is None or (stage == "AWSPREVIOUS" and not _initial(store.get(arn))):
                continue
            try:
                conn, by_token = _open(target, version, done)
            except LoginError as error:
                if not error.refused:
                    raise
                refusal = refusal or str(error)
                continue
            proven = _PROVEN.get(stage) if not by_token else None  # a token proves no password
            if proven or (version.pending and not by_token):
                try:
                    _promote(conn, target, store, version, done, proven or _PROVEN["AWSPENDING"])
                except BaseException:
                    conn.close()
                    raise
            return conn, version, by_token
        # Another run may be between setting the password and making it current.
        time.sleep(0.3)
    anew = (
        "Neither the current nor a pending password works: set one with "
        f"`aws rds modify-db-instance --master-user-password{region_option(arn)}` and put it into {arn}"
    )
    raise MasterError(f"{refusal or f'the secret {arn} is empty'}. {_mend(target, anew, empty=not refusal)}")


def _mend(target: PostgresTarget, otherwise: str, *, empty: bool) -> str:
    """What to do where no password of the secret works, or where it has none."""
    if not target.existing:
        return otherwise
    arn = target.master_secret
    how = (
        "`datatier adopt STACK --instance ID --store-master`"
        if empty
        else f"as the input of `aws secretsmanager put-secret-value --secret-id {arn}{region_option(arn)} "
        '--secret-string file:///dev/stdin`: {"username": "...", "password": "..."}'
    )
    return f"The master has had its password since before the stack, and others may use it: store that one, {how}"


_PROVEN = {
    "AWSPENDING": "the pending master password was proven and is now current",
    "AWSPREVIOUS": (
        "the current master password was the infrastructure's first one and dead; the one before it was proven and is "
        "current again"
    ),
}


def _due(version: SecretVersion) -> Due | None:
    if _initial(version):
        return "replace"
    return "promote" if version.pending else None


def _initial(version: SecretVersion | None) -> bool:
    return version is not None and bool(version.credential.initial)


def _login(version: SecretVersion) -> tuple[str, Secret]:
    user, password = version.credential.username, version.credential.password
    if user is None or password is None:
        raise MasterError(
            "the master's secret holds no `username` and `password`: deploy the stack, which makes it; of a server "
            'that was there before it, write {"username": "...", "password": "..."} into it'
        )
    return user, password


def _promote(
    conn: psycopg.Connection[Any],
    target: PostgresTarget,
    store: SecretStore,
    proven: SecretVersion,
    done: list[str],
    reported: str,
) -> None:
    with hold(conn):
        current = store.get(target.master_secret)
        if current is None or current.id != proven.id or current.pending:
            store.promote(target.master_secret, proven)
            done.append(reported)


def _enter(
    target: PostgresTarget, user: str, password: Secret, database: str | None = None
) -> tuple[psycopg.Connection[Any], bool]:
    """Log in by password, or by token where the master has become a member of rds_iam; return whether it was that."""
    try:
        return open_postgres(target, target.primary, user, password, database=database), False
    except LoginError as error:
        if not (error.wants_token and target.iam_region):
            raise
    try:
        return open_postgres(target, target.primary, user, None, database=database), True
    except LoginError as error:
        if "does not exist" in str(error) or not error.refused:
            raise
        raise MasterError(
            f"{error}. {user} is a member of rds_iam, by way of a login that it made, so it logs in by token of AWS: "
            f"whoever runs this needs rds-db:connect on {user}"
        ) from None


def _open(target: PostgresTarget, version: SecretVersion, done: list[str]) -> tuple[psycopg.Connection[Any], bool]:
    user, password = _login(version)
    try:
        conn, by_token = _enter(target, user, password)
        return _governing(_writable(conn, target), target), by_token
    except LoginError as error:
        if not _lacks_database(error, target):
            raise
    with _writable(_enter(target, user, password, "postgres")[0], target) as conn:
        # template0, because only that lets the encoding differ from the cluster's.
        try:
            conn.execute(f"CREATE DATABASE {ident(target.database)} ENCODING 'UTF8' TEMPLATE template0".encode())
            done.append(f"database {target.database} made")
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            pass  # another run was faster
    return _enter(target, user, password)


def _lacks_database(error: LoginError, target: PostgresTarget) -> bool:
    return f'database "{target.database}" does not exist' in str(error)


def _writable(conn: psycopg.Connection[Any], target: PostgresTarget) -> psycopg.Connection[Any]:
    """Refuse a replica before the first write. PostgreSQL 14 and later report it unasked."""
    if conn.info.parameter_status("in_hot_standby") != "on":
        return conn
    conn.close()
    where = target.primary
    raise MasterError(
        f"{where.name} ({where.host}:{where.port}) is a replica that is not promoted (pg_is_in_recovery), nothing can "
        "be written there: name the primary as `postgres.primary` in the manifest, or promote this one with "
        f"`aws rds promote-read-replica{region_option(target.master_secret)}` (`SELECT pg_promote()` on a self-managed "
        "server) and run the bootstrap again"
    )


def _governing(conn: psycopg.Connection[Any], target: PostgresTarget) -> psycopg.Connection[Any]:
    """Refuse somebody else than the master, whose secret a person may have named for a server of before the stack."""
    row = conn.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not target.existing or (row and row[0]):
        return conn
    user = conn.info.user
    conn.close()
    raise MasterError(
        f"{target.master_secret} is the secret of {user}, who may make no roles, so it is not that of the instance's "
        "master: name the master's as `existing.master_secret`"
    )


def _replace(
    conn: psycopg.Connection[Any],
    target: PostgresTarget,
    store: SecretStore,
    rule: PasswordRule,
    entered: SecretVersion,
    done: list[str],
) -> SecretVersion:
    arn = target.master_secret
    with hold(conn):
        current = store.get(arn)
        if current is not None and not current.credential.initial and _opens(target, current):
            return current  # another run was faster
        standing = own_password.stand(arn, store, entered)
        left = plan(standing, Wish(begin=True), now=datetime.now(UTC))
        carry_out(left, standing, own_password.MasterCredential(conn=conn, target=target, rule=rule), store)
    done.append("the first master password was replaced; the one in the infrastructure's state is dead")
    return store.get(arn) or entered


def _opens(target: PostgresTarget, version: SecretVersion) -> bool:
    try:
        open_postgres(target, target.primary, *_login(version)).close()
    except LoginError as error:
        if not error.refused:
            raise
        return False
    return True
