"""redis-py: keys, pub/sub, a transaction, a lock and a script; other people's keys, and the lists of all names."""

from __future__ import annotations

import redis
from job import HOST, PORT, Job, serve, step


def work(job: Job) -> None:
    client = redis.Redis(HOST, PORT, username=job.user, password=job.password, decode_responses=True)
    key = f"{job.prefix}:key"
    step("set", lambda: client.set(key, "1", ex=60), True)
    step("transaction", lambda: client.pipeline().incr(key).get(key).execute(), [2, "2"])
    step("pubsub", lambda: heard(client, f"{job.prefix}:news", "subscribe"), "hello")
    step("pattern", lambda: heard(client, f"{job.prefix}:*", "psubscribe"), "hello")
    step("narrower pattern", lambda: heard(client, f"{job.prefix}:n*", "psubscribe"))
    lock = client.lock(f"{job.prefix}:lock", timeout=60)
    step("lock", lambda: lock.acquire(blocking=False), True)
    step("unlock", lock.release)
    step("is unlocked", lambda: client.exists(f"{job.prefix}:lock"), 0)
    step("script", lambda: client.register_script("return redis.call('GET', KEYS[1])")([key]), "2")
    step("scan", lambda: list(client.scan_iter(f"{job.prefix}:k*")), [key])
    step("foreign key", lambda: client.get("other:key"))
    step("foreign channel", lambda: client.publish("other:news", "x"))
    step("flush", client.flushdb)
    step("keys", lambda: client.keys("*"))


def heard(client: redis.Redis, name: str, how: str) -> str | None:
    """What arrives on a subscription after its confirmation."""
    with client.pubsub() as listening:
        getattr(listening, how)(name)
        listening.get_message(timeout=30)
        client.publish(name.replace("*", "x"), "hello")
        message = listening.get_message(timeout=30)
    return message and message["data"]


serve(work)
