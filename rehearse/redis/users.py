"""The users of a declaration on a server of this computer: what each may do there, and what no longer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bootstrap.access import Access, access_string
from bootstrap.acl.expand import expand
from bootstrap.acl.rules import RuleSet, parse
from bootstrap.acl.table import CommandTable
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.redis.by_url import apply_client
from bootstrap.redis.users import users_of_rules
from bootstrap.secrets import Credential, Secret, new_password
from bootstrap.verify.redis import verify_node
from local.valkey.config import ADMIN
from local.valkey.node import Node


def proved(node: Node, client: Any, access: Access, cache: str) -> tuple[str, ...]:
    """Make the users, log in as each and try what it may and must not; return what is otherwise."""
    users = [dataclasses.replace(each, password=new_password()) for each in users_of_rules(access, cache, ())]
    applied = apply_client(client, users)
    passwords = {each.name: each.password for each in users if each.password}
    where = Endpoint(name=f"{cache}/scratch", host="127.0.0.1", port=node.port)
    target = CacheTarget(endpoint=where, tls=False, nodes=(where,), admin_secret="")
    admin = Credential(redis_username=ADMIN, redis_password=Secret(node.admin_password))
    checks = verify_node(target, rules(access, cache), passwords, admin)
    wrong = (f"{c.identity}: {c.action}: {c.outcome}, expected {c.expected}" for c in checks if not c.ok)
    return (*applied.differences, *wrong)


def rules(access: Access, cache: str) -> Mapping[str, RuleSet]:
    """What is declared of each user of a cache."""
    return {name: parse(access_string(each)) for name, each in access.cache_users(cache).items()}


def lost(declared: Mapping[str, RuleSet], before: CommandTable, after: CommandTable) -> Mapping[str, tuple[str, ...]]:
    """User -> the commands that it has on the old server by its rules and not on the new one. Pure."""
    found = {}
    for name, each in declared.items():
        gone = {
            command
            for selector in (each.root, *each.selectors)
            for command in expand(selector, before).commands - expand(selector, after).commands
        }
        if gone:
            found[name] = tuple(sorted(gone))
    return found


def gained(declared: Mapping[str, RuleSet], before: CommandTable, after: CommandTable) -> Mapping[str, tuple[str, ...]]:
    """User -> the commands that its categories hold on the new server and did not on the old one. Pure.

    But for those about a connection itself, which every user of a declaration has (`bootstrap.access.rules.BASE`).
    """
    own = after.categories.get("connection", frozenset())
    found = {
        name: tuple(each for each in more if each not in own) for name, more in lost(declared, after, before).items()
    }
    return {name: more for name, more in found.items() if more}
