"""Django's cache on Redis: what a site does with it, and clear(), which is for everybody's keys."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends import redis as _imported  # noqa: F401 - before the jobs fork
from job import Job, serve, step


def work(job: Job) -> None:
    backend = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"{job.url}/0"}
    settings.configure(
        CACHES={
            "default": {**backend, "KEY_PREFIX": job.prefix},
            "other": {**backend, "KEY_PREFIX": "other"},
        }
    )
    cache: Any = caches["default"]
    step("set", lambda: cache.set("a", 1, 60))
    step("get", lambda: cache.get("a"), 1)
    step("add", lambda: cache.add("a", 2), False)
    step("incr", lambda: cache.incr("a"), 2)
    step("set_many", lambda: cache.set_many({"b": 1, "c": 2}), [])
    step("get_many", lambda: cache.get_many(["a", "b"]), {"a": 2, "b": 1})
    step("touch", lambda: cache.touch("a", 30), True)
    step("delete", lambda: cache.delete("c"), True)
    step("other prefix", lambda: caches["other"].set("a", 1))
    step("clear", cache.clear)
    step("still there", lambda: cache.get("b"), 1)


serve(work)
