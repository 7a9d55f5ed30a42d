"""django-redis: what a site does with it, its locks, and what it does to all keys."""

from __future__ import annotations

from typing import Any

import django_redis.cache
import django_redis.client
import django_redis.serializers.pickle  # noqa: F401 - before the jobs fork
from django.conf import settings
from django.core.cache import caches
from job import Job, serve, step


def work(job: Job) -> None:
    backend = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": f"{job.url}/0"}
    settings.configure(
        CACHES={
            "default": {**backend, "KEY_PREFIX": job.prefix},
            "other": {**backend, "KEY_PREFIX": "other"},
        }
    )
    cache: Any = caches["default"]
    step("set", lambda: cache.set("a", 1, 60), True)
    step("get", lambda: cache.get("a"), 1)
    step("incr", lambda: cache.incr("a"), 2)
    step("incr beside another", lambda: beside(cache), 7)
    step("ttl", lambda: cache.ttl("a") > 50, True)
    step("set_many", lambda: cache.set_many({"b": 1, "c": 2}))
    step("delete_many", lambda: cache.delete_many(["c"]), 1)
    lock = cache.lock("lock", timeout=60)
    step("lock", lambda: lock.acquire(blocking=False), True)
    step("unlock", lock.release)
    step("is unlocked", lambda: cache.has_key("lock"), False)
    step("delete_pattern", lambda: cache.delete_pattern("b*"), 1)
    step("keys", lambda: cache.keys("*"))
    step("other prefix", lambda: caches["other"].set("a", 1))
    step("clear", cache.clear)
    step("still there", lambda: cache.get("a"), 2)


def beside(cache: Any) -> int:
    """What a counter of 1 comes to by 1, and by 5 of another: between where it is read and written, else behind."""
    cache.set("counter", 1, 60)
    client = cache.client
    read = client.get
    others = [5]

    def add() -> None:
        while others:
            client.get_client(write=True).incrby(client.make_key("counter"), others.pop())

    def slow(*given: Any, **more: Any) -> Any:
        value = read(*given, **more)
        add()
        return value

    client.get = slow
    try:
        cache.incr("counter")
    finally:
        client.get = read
    add()
    return int(cache.get("counter"))


serve(work)
