"""Who of the access declaration logs in by IAM token, and the policies that let them."""

from __future__ import annotations

import pulumi

from bootstrap.access import Access
from bootstrap.access.names import token_user
from components.connect import Connecting, connect
from components.policy import Statement, document
from infra.instances import Instances
from infra.parts.site import Site
from infra.settings.model import Settings


def connecting(access: Access, instances: Instances, identity: str) -> Connecting:
    """The logins of an identity, the sibling that is not in use among them, and its users of caches."""
    users = [
        (cache, token_user(instances.prefix, cache, identity))
        for cache in access.identities[identity].redis
        if cache in instances.caches and instances.caches[cache].takes_tokens
    ]
    return Connecting(logins=access.logins(identity), cache_users=users)


def connect_policies(site: Site) -> dict[str, pulumi.Output[str]] | None:
    """Identity -> JSON of the policy for the role that logs in as it; only identities with `auth: iam`."""
    found = {
        name: connect(connecting(site.access, site.instances, name), site.postgres, site.caches)
        for name in sorted(site.access.by_token)
    }
    return {name: document(*statements) for name, statements in found.items() if statements} or None


def prove(site: Site) -> list[Statement]:
    """What the bootstrap needs to prove these logins, and to log in as the master, who becomes one of them.

    From PostgreSQL 16 the master is a member of the logins that it makes, and so of rds_iam: see bootstrap.postgres.
    """
    each = [connecting(site.access, site.instances, name) for name in sorted(site.access.by_token)]
    logins = [login for one in each for login in one.logins]
    users = [user for one in each for user in one.cache_users]
    everybody = Connecting(logins=[*master(site.access, site.settings), *logins], cache_users=users)
    return connect(everybody, site.postgres, site.caches)


def master(access: Access, settings: Settings) -> list[str]:
    """The master's login, where it is one by token."""
    return [settings.postgres.master] if any(map(access.logins, access.by_token)) else []
