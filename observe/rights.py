"""What who looks at a cache may do, known before it is asked: a refused command would be written to ACL LOG."""

from __future__ import annotations

from typing import NamedTuple

from bootstrap.access.model import RedisRules
from bootstrap.manifest import CacheTarget


class Lack(NamedTuple):
    """Why something cannot be asked."""

    reason: str
    grant: str
    """What ends it; empty where nothing does."""


def lack(cache: CacheTarget, name: str, identity: str, rules: RedisRules | None, command: str) -> Lack | None:
    """Return what keeps an identity from a command (`config|get`) in a cache; None where nothing does.

    :param rules: None where the cache knows no users.
    """
    from bootstrap.access.commands import command_rule
    from bootstrap.acl.stored import RESTRICTED

    if cache.on_elasticache and {command, command.partition("|")[0]} & RESTRICTED:
        return Lack(f"ElastiCache has no {command}: see its parameter group", "")
    if rules is None or _permitted(rules, command):
        return None
    reason = f"{identity} lacks +{command}"
    try:
        command_rule(command)
    except ValueError:
        return Lack(f"{reason}, which no identity gets: it reads or changes what governs the server", "")
    line = f"{command} among the commands of {identity} for {name} in access.yaml"
    return Lack(reason, line + (f", written out in place of `{rules.role}`" if rules.role else ""))


def _permitted(rules: RedisRules, command: str) -> bool:
    from bootstrap.access.rules import access_string
    from bootstrap.acl.permits import Call, permits
    from bootstrap.acl.rules import parse
    from bootstrap.acl.valkey import VALKEY

    return permits(parse(access_string(rules)), Call(command=command), VALKEY)
