"""Connections to the caches, by the variables that `datatier env` prints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

Client = redis.Redis | RedisCluster

DOWN = (
    redis.ConnectionError,  # nobody there, or still loading
    redis.TimeoutError,
    redis.exceptions.ReadOnlyError,  # the former primary, just after a failover
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.RedisClusterException,
)
"""What a cache raises that cannot serve at the moment. A refusal (NoPermissionError) is not among them: that is a
mistake in the declaration or the code and must be seen."""


def connect(cache: str, database: int = 0, environ: Mapping[str, str] = os.environ) -> Client:
    """A client of one cache; in cluster mode there is only database 0. Raise LookupError where the cache is not in
    the environment.

    Deadlines are short because a request waits for them: a cache that does not answer is soon taken for one that is
    down.
    """
    prefix = "" if cache == "main" else f"{cache.upper().replace('-', '_')}_"
    if f"{prefix}REDIS_HOST" not in environ:
        raise LookupError(f"{prefix}REDIS_HOST is not set: `datatier env --reveal` prints it")
    options: dict[str, Any] = {
        "host": environ[f"{prefix}REDIS_HOST"],
        "port": int(environ[f"{prefix}REDIS_PORT"]),
        "username": environ.get(f"{prefix}REDIS_USER"),
        "password": environ.get(f"{prefix}REDIS_PASSWORD"),
        "ssl": environ.get(f"{prefix}REDIS_TLS") == "true",
        "decode_responses": True,
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
        "health_check_interval": 10,
        # A failover leaves connections to a former primary open: a new one goes where the name points now.
        "retry_on_error": [redis.exceptions.ReadOnlyError],
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 2),
    }
    if environ.get(f"{prefix}REDIS_CLUSTER") == "true":
        return RedisCluster(**options)
    return redis.Redis(**options, db=database)
