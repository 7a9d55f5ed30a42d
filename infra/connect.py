"""Who of the access declaration logs in by IAM token, and the policies that let them."""

from __future__ import annotations

import pulumi

from bootstrap.access import Access
from bootstrap.access.names import token_user
from components.connect import Connecting, connect
from components.policy import Statement, document
from components.postgres import Postgres
from components.redis import Redis
from infra.manifest import takes_tokens
from infra.settings import Settings


def connecting(access: Access, settings: Settings, prefix: str, identity: str) -> Connecting:
    """The logins of an identity, the sibling that is not in use among them, and its users of caches."""
    users = [
        (cache, token_user(prefix, cache, identity))
        for cache in access.identities[identity].redis
        if cache in settings.redis and takes_tokens(settings, cache)
    ]
    return Connecting(logins=access.logins(identity), cache_users=users)


def connect_policies(
    access: Access, settings: Settings, prefix: str, postgres: Postgres, caches: dict[str, Redis]
) -> dict[str, pulumi.Output[str]]:
    """Identity -> JSON of the policy for the role of whoever logs in as it; only those with `auth: iam`."""
    found = {
        name: connect(connecting(access, settings, prefix, name), postgres, caches) for name in sorted(access.by_token)
    }
    return {name: document(*statements) for name, statements in found.items() if statements}


def prove(
    access: Access, settings: Settings, prefix: str, postgres: Postgres, caches: dict[str, Redis]
) -> list[Statement]:
    """What the bootstrap needs to prove these logins, and to log in as the master, who becomes one of them.

    From PostgreSQL 16 the master is a member of the logins that it makes, and so of rds_iam: see bootstrap.postgres.
    """
    each = [connecting(access, settings, prefix, name) for name in sorted(access.by_token)]
    logins = [login for one in each for login in one.logins]
    users = [user for one in each for user in one.cache_users]
    everybody = Connecting(logins=[*master(access, settings), *logins], cache_users=users)
    return connect(everybody, postgres, caches)


def master(access: Access, settings: Settings) -> list[str]:
    """The master's login, where it is one by token."""
    return [settings.postgres.master] if any(map(access.logins, access.by_token)) else []
