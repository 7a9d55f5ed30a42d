"""Dramatiq: tasks, retries and results, with a worker in this process."""

from __future__ import annotations

from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.rate_limits import ConcurrentRateLimiter
from dramatiq.rate_limits.backends import RedisBackend as LimiterBackend
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend
from job import Job, serve, step


def work(job: Job) -> None:
    broker = RedisBroker(url=f"{job.url}/0", namespace=job.prefix, middleware=[])
    broker.add_middleware(Results(backend=RedisBackend(url=f"{job.url}/0")))
    dramatiq.set_broker(broker)
    done: list[int] = []

    @dramatiq.actor(broker=broker)
    def plain(number: int) -> None:
        done.append(number)

    @dramatiq.actor(broker=broker, store_results=True)
    def answer() -> int:
        return 42

    worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=1)
    step("send", lambda: plain.send(1))
    worker.start()
    step("work", lambda: finished(broker, worker, done), [1])
    sent: Any = step("send for a result", answer.send)
    step("result", lambda: sent and sent.get_result(block=True, timeout=30_000), 42)
    step("stop", lambda: worker.stop(500))
    limiter = ConcurrentRateLimiter(LimiterBackend(url=f"{job.url}/0"), f"{job.prefix}:limit", limit=1)
    step("limiter", lambda: held(limiter), True)
    step("flush", broker.flush_all)
    other = RedisBroker(url=f"{job.url}/0", namespace="other", middleware=[])
    other.declare_queue("default")
    step("other namespace", lambda: other.enqueue(plain.message(1)))


def finished(broker: Any, worker: Any, done: list[int]) -> list[int]:
    broker.join("default", timeout=30_000)
    worker.join()
    return done


def held(limiter: ConcurrentRateLimiter) -> bool:
    with limiter.acquire() as mine:
        return mine


serve(work)
