"""The driver of PostgreSQL: compares a database with what is wanted of it, does what is chosen, proves logins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from bootstrap.action import Action, Choice
from bootstrap.manifest import PostgresTarget
from bootstrap.postgres import passwords, siblings, tokens
from bootstrap.postgres.apply import AppliedActions, apply
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.live import read
from bootstrap.postgres.master import Master
from bootstrap.postgres.plan import plan
from bootstrap.postgres.strangers import strangers
from bootstrap.secrets import Credential


@dataclass(frozen=True, kw_only=True)
class DatabaseComparison:
    """How a database differs from what is wanted of it."""

    actions: tuple[Action, ...] = ()
    """In the order in which they can be done."""
    differences: tuple[str, ...] = ()
    """What differs and is not ours to change."""
    digest: str = ""
    """SHA-256 of all that was read: another one means that the server has changed since."""


class Database(Protocol):
    """What a reconciler needs of PostgreSQL."""

    def compare(self, wanted: Desired) -> DatabaseComparison:
        """Read, and change nothing."""
        ...

    def apply(self, wanted: Desired, choose: Choice, *, digest: str | None = None) -> AppliedActions:
        """Do what `choose` takes of the plan, all or nothing; raise StalePlanError unless it is as in `digest`."""
        ...

    def prove(
        self,
        users: Mapping[str, Credential],
        *,
        fresh: Collection[str],
        unproven: Collection[str],
        joined: Collection[str],
    ) -> tuple[str, ...]:
        """Log in as every identity, giving its login the password of its secret where it has another one.

        `fresh` are identities whose password no server has seen, `unproven` those whose secret is not current yet,
        `joined` the logins that have just become members of rds_iam. Return what was changed. Raise PasswordError or
        TokenError where a login is refused.
        """
        ...

    def admit(self, credential: Credential) -> None:
        """Let the login of `credential` in as well as its sibling; raise SiblingError where there is no such role."""
        ...

    def retire(self, valid: Credential, *, drain: float, present: str | None = None) -> tuple[str, ...]:
        """Shut the sibling of the login of `valid` out, and after `drain` seconds end what is left of its sessions.

        The same with `present`, a login from before the stack, which then is the role of its siblings and no more.
        Return what was met.
        """
        ...


def compare(conn: psycopg.Connection[Any], wanted: Desired) -> DatabaseComparison:
    """Return how the database that `conn` is connected to differs."""
    live = read(conn, wanted)
    return DatabaseComparison(actions=plan(wanted, live), differences=strangers(wanted, live), digest=live.digest)


@dataclass(frozen=True)
class PostgresDatabase:
    """The database of a stack, through the master's session; `pool` logs in as several at once."""

    master: Master
    target: PostgresTarget
    pool: Executor

    def compare(self, wanted: Desired) -> DatabaseComparison:
        return compare(self.master.conn, wanted)

    def apply(self, wanted: Desired, choose: Choice, *, digest: str | None = None) -> AppliedActions:
        return apply(self.master.conn, wanted, choose, digest=digest)

    def prove(
        self,
        users: Mapping[str, Credential],
        *,
        fresh: Collection[str],
        unproven: Collection[str],
        joined: Collection[str],
    ) -> tuple[str, ...]:
        conn, target = self.master.conn, self.target
        by_token = tokens.prove_tokens(conn, target, users, joined, unproven, self.pool)
        return (*by_token, *passwords.prove(conn, target, users, frozenset(fresh), self.pool))

    def admit(self, credential: Credential) -> None:
        siblings.admit(self.master.conn, credential)

    def retire(self, valid: Credential, *, drain: float, present: str | None = None) -> tuple[str, ...]:
        return siblings.retire(self.target, self.master, valid, drain=drain, present=present)
