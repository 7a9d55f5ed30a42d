"""Access after a restore: brought about by a declaration, and proved, by logins where there are passwords."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.access import Access
from bootstrap.action import Action
from bootstrap.manifest import Endpoint, PostgresTarget
from bootstrap.postgres import passwords
from bootstrap.postgres.apply import apply
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.driver import compare
from bootstrap.report import Check
from bootstrap.secrets import Credential, new_password
from bootstrap.verify.by_role import verify_roles
from bootstrap.verify.postgres import jobs

_THREADS = 4


@dataclass(frozen=True, kw_only=True)
class Left:
    """What differs still."""

    wrong: tuple[str, ...]
    spared: tuple[str, ...]
    """Of roles that were there before, and that other databases of the server have use for."""


def brought_about(conn: psycopg.Connection[Any], wanted: Desired, there: Collection[str] = ()) -> Left:
    """Make the database of `conn`, its administrator's, as `wanted`; roles that were `there` stay what they are.

    Whoever has shut a login out, or was granted something since, finds that as it was: a restore is no bootstrap. The
    administrator becomes a member of the roles that the restore has made, since it works as them.
    """
    spared = {f"role {name}" for name in there}, tuple(f"member {name} of " for name in there)
    ours = {f"member {conn.info.user} of {role.name}" for role in wanted.roles if role.name not in there}

    def of_others(action: Action) -> bool:
        subject = action.subject
        return subject not in ours and (subject in spared[0] or subject.startswith(spared[1]))

    apply(conn, wanted, lambda action: not of_others(action))
    left = [each for each in compare(conn, wanted).actions if not (of_others(each) and each.verb == "mark")]
    return Left(
        wrong=tuple(f"access is not as declared: {each.sentence}" for each in left if not of_others(each)),
        spared=tuple(each.text for each in left if of_others(each)),
    )


def as_roles(conn: psycopg.Connection[Any], access: Access) -> tuple[str, ...]:
    """Try as each role what it may and must not, without a password; return what came out otherwise."""
    return _wrong(verify_roles(conn, access))


def by_logins(target: PostgresTarget, access: Access, credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """Log in as every identity that has a credential and try it; return what came out otherwise."""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="logins") as pool:
        found = pool.map(lambda job: tuple(job()), jobs(target, access, credentials, lsn=None))
        return _wrong(each for checks in found for each in checks)


def with_new_passwords(conn: psycopg.Connection[Any], target: PostgresTarget, access: Access) -> tuple[str, ...]:
    """Give every login of a throw-away server a password that nobody keeps, and try each; return what is wrong."""
    made = {
        name: Credential(username=logins[0], password=new_password())
        for name in access.postgres_users
        if (logins := access.logins(name))
    }
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="logins") as pool:
        passwords.prove(conn, target, made, frozenset(made), pool)
    return by_logins(target, access, made)


def on_this_computer(port: int) -> Callable[[psycopg.Connection[Any], Access], tuple[str, ...]]:
    """The same for a throw-away server of this computer, whatever database is restored there."""

    def tried(conn: psycopg.Connection[Any], access: Access) -> tuple[str, ...]:
        where = Endpoint(name="scratch", host="127.0.0.1", port=port)
        target = PostgresTarget(primary=where, database=conn.info.dbname, sslmode="disable", master_secret="")
        return with_new_passwords(conn, target, access)

    return tried


def _wrong(checks: Iterable[Check]) -> tuple[str, ...]:
    return tuple(
        f"{each.identity}: {each.action}: {each.outcome}, expected {each.expected}" for each in checks if not each.ok
    )
