"""Who looks at the servers for an operator, an exporter or an alarm, and who maintains them: by the declaration."""

from __future__ import annotations

from bootstrap.access.model import Access, RedisRules
from bootstrap.access.rules import access_string
from bootstrap.acl.compare import patterns
from bootstrap.acl.expand import expand
from bootstrap.acl.permits import Call, permits
from bootstrap.acl.rules import Permission, RuleSet, parse
from bootstrap.acl.valkey import VALKEY

_OF_A_KEY = frozenset({"type", "pttl", "memory|usage"})


def watcher(access: Access) -> str:
    """Who looks at PostgreSQL: the first identity with `postgres: monitoring` that logs in, or else the master."""
    able = (name for name in access.with_privilege("monitoring") if access.logs_in(name))
    return next(able, "master")


def maintainer(access: Access) -> str:
    """Who maintains PostgreSQL: the first identity with `postgres: maintainer`, or else the master."""
    return next(iter(access.with_privilege("maintainer")), "master")


def cache_watcher(access: Access, cache: str) -> str | None:
    """Who looks at a cache: the first identity with the role `monitoring` there; None without one."""
    return next((name for name, rules in access.cache_users(cache).items() if rules.role == "monitoring"), None)


def key_lister(access: Access, cache: str) -> str | None:
    """Who looks at the keys of a cache: the first identity with the role `inventory` there, or else whose rules permit
    what that takes, be it for some of the keys; None without one."""
    users = access.cache_users(cache)
    ready = (name for name, rules in users.items() if rules.role == "inventory")
    return next(ready, next((name for name, rules in users.items() if _lists(rules)), None))


def _lists(rules: RedisRules) -> bool:
    made = parse(access_string(rules))
    return all(permits(made, Call(command=command), VALKEY) for command in ("info", "scan")) and bool(listable(made))


def listable(rules: RuleSet) -> tuple[str, ...]:
    """The patterns of the keys whose type, life and size a user of these rules may see."""
    return tuple(
        pattern
        for selector in (rules.root, *rules.selectors)
        if expand(selector, VALKEY).commands >= _OF_A_KEY
        for pattern, may in patterns(selector).items()
        if Permission.READ in may
    )
