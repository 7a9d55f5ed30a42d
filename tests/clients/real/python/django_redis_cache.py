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


serve(work)
