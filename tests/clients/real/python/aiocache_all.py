"""aiocache: values, a lock, a compare-and-set, and the two ways to clear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiocache
from aiocache.backends import redis as _imported  # noqa: F401 - before the jobs fork
from aiocache.lock import OptimisticLock, RedLock
from job import HOST, PORT, Job, serve, step


def work(job: Job) -> None:
    loop = asyncio.new_event_loop()

    def run(name: str, do: Callable[[], Awaitable[Any]], *gives: Any) -> None:
        step(name, lambda: loop.run_until_complete(do()), *gives)

    def cache(namespace: str) -> Any:
        return aiocache.RedisCache(
            endpoint=HOST,
            port=PORT,
            password=job.password,
            connection_pool_kwargs={"username": job.user},
            namespace=namespace,
        )

    mine, other = cache(job.prefix), cache("other")
    run("set", lambda: mine.set("a", "1", ttl=60), True)
    run("get", lambda: mine.get("a"), "1")
    run("increment", lambda: mine.increment("n"), 1)
    run("multi_set", lambda: mine.multi_set([("b", "2"), ("c", "3")], ttl=60), True)
    run("multi_get", lambda: mine.multi_get(["b", "c"]), ["2", "3"])
    run("delete", lambda: mine.delete("c"), 1)
    run("lock", lambda: locked(mine), "held")
    run("is unlocked", lambda: mine.exists("a-lock"), False)
    run("compare and set", lambda: compared(mine), True)
    run("clear a namespace", lambda: mine.clear(namespace=job.prefix))
    run("clear", mine.clear)
    run("still there", lambda: mine.get("b"), "2")
    run("other namespace", lambda: other.set("a", "1"))
    loop.run_until_complete(mine.close())
    loop.run_until_complete(other.close())


async def locked(cache: Any) -> str:
    async with RedLock(cache, "a", lease=60):
        return "held"


async def compared(cache: Any) -> bool:
    async with OptimisticLock(cache, "a") as lock:
        return bool(await lock.cas("2"))


serve(work)
