"""Who looks at the servers for an operator, an exporter or an alarm: never more than the declaration gives for it."""

from __future__ import annotations

from bootstrap.access.model import Access


def watcher(access: Access) -> str:
    """Who looks at PostgreSQL: the first identity with `postgres: monitoring` that logs in, or else the master."""
    able = (name for name in access.with_privilege("monitoring") if access.logs_in(name))
    return next(able, "master")


def cache_watcher(access: Access, cache: str) -> str | None:
    """Who looks at a cache: the first identity with the role `monitoring` there; None without one."""
    return next((name for name, rules in access.cache_users(cache).items() if rules.role == "monitoring"), None)
