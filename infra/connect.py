"""Who of the access declaration logs in by IAM token, and the policies that let them."""

from __future__ import annotations

import pulumi

from bootstrap.access import Access
from components.connect import Connecting, connect
from components.policy import Statement, document
from components.postgres import Postgres
from components.redis import Redis
from infra.settings import Settings


def connecting(access: Access, identity: str) -> Connecting:
    """The logins of an identity, the sibling that is not in use among them."""
    return Connecting(logins=access.logins(identity))


def connect_policies(access: Access, postgres: Postgres, caches: dict[str, Redis]) -> dict[str, pulumi.Output[str]]:
    """Identity -> JSON of the policy for the role of whoever logs in as it; only those with `auth: iam`."""
    found = {name: connect(connecting(access, name), postgres, caches) for name in sorted(access.by_token)}
    return {name: document(*statements) for name, statements in found.items() if statements}


def prove(access: Access, settings: Settings, postgres: Postgres, caches: dict[str, Redis]) -> list[Statement]:
    """What the bootstrap needs to prove these logins, and to log in as the master, who becomes one of them.

    From PostgreSQL 16 the master is a member of the logins that it makes, and so of rds_iam: see bootstrap.postgres.
    """
    each = [connecting(access, name) for name in sorted(access.by_token)]
    logins = [login for one in each for login in one.logins]
    everybody = Connecting(logins=[*master(access, settings), *logins])
    return connect(everybody, postgres, caches)


def master(access: Access, settings: Settings) -> list[str]:
    """The master's login, where it is one by token."""
    return [settings.postgres.master] if any(map(access.logins, access.by_token)) else []
