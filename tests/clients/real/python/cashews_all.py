"""cashews: it swallows what is refused, so each step looks at what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio  # noqa: F401 - before the jobs fork
from cashews import Cache
from cashews.backends.redis import client as _imported  # noqa: F401 - before the jobs fork
from job import Job, serve, step


def work(job: Job) -> None:
    loop = asyncio.new_event_loop()

    def run(name: str, do: Callable[[], Awaitable[Any]], *gives: Any) -> None:
        step(name, lambda: loop.run_until_complete(do()), *gives)

    cache = Cache()
    cache.setup(job.url)
    key = f"{job.prefix}:a"
    tag = f"{job.prefix}:tag"
    cache.register_tag(tag, f"{job.prefix}:t:{{x}}")
    loop.run_until_complete(cache.init())
    run("set", lambda: cache.set(key, "1", expire=60), True)
    run("get", lambda: cache.get(key), "1")
    run("incr", lambda: cache.incr(f"{job.prefix}:n"), 1)
    run("slice_incr", lambda: cache.slice_incr(f"{job.prefix}:s", 0, 10, 5), 1)
    run("lock", lambda: locked(cache, f"{job.prefix}:lock"), True)
    run("is unlocked", lambda: cache.is_locked(f"{job.prefix}:lock"), False)
    run("rate_limit", lambda: limited(cache, job.prefix), [True, True, False])
    run("transaction", lambda: transaction(cache, f"{job.prefix}:x"), "done")
    run("tagged", lambda: cache.set(f"{job.prefix}:t:1", "1", expire=60, tags=[tag]), True)
    run("delete_tags", lambda: cache.delete_tags(tag))
    run("is gone", lambda: cache.exists(f"{job.prefix}:t:1"), False)
    run("delete_match", lambda: cache.delete_match(f"{job.prefix}:n*"))
    run("is gone too", lambda: cache.exists(f"{job.prefix}:n"), False)
    run("clear", cache.clear)
    run("still there", lambda: cache.get(key), "1")
    run("other key", lambda: cache.set("other:a", "1"))
    run("other key is there", lambda: cache.get("other:a"), "1")
    loop.run_until_complete(cache.close())


async def locked(cache: Any, key: str) -> bool:
    async with cache.lock(key, expire=60):
        return bool(await cache.is_locked(key))


async def limited(cache: Any, prefix: str) -> list[bool]:
    """Which of three calls go through where two may."""
    found = []

    @cache.rate_limit(limit=2, period=60, prefix=f"{prefix}:rate")
    async def call() -> bool:
        return True

    for _ in range(3):
        try:
            found.append(await call())
        except Exception:
            found.append(False)
    return found


async def transaction(cache: Any, key: str) -> Any:
    async with cache.transaction("locked", timeout=1):
        await cache.set(key, "done", expire=60)
    return await cache.get(key)


serve(work)
