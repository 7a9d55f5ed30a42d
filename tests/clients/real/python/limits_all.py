"""limits: its three strategies, and the reset of everything."""

from __future__ import annotations

import limits
import limits.storage
import limits.strategies
import redis  # noqa: F401 - before the jobs fork
from job import Job, serve, step


def work(job: Job) -> None:
    twice = limits.parse("2/hour")
    storage = limits.storage.storage_from_string(job.url, key_prefix=job.prefix)
    for name in ("fixed-window", "moving-window", "sliding-window-counter"):
        strategy = limits.strategies.STRATEGIES[name]
        limiter = strategy(storage)
        step(name, lambda limiter=limiter: [limiter.hit(twice, "a") for _ in range(3)], [True, True, False])
        step(f"{name} is full", lambda limiter=limiter: limiter.test(twice, "a"), False)
        step(f"{name} window", lambda limiter=limiter: limiter.get_window_stats(twice, "a").remaining, 0)
        step(f"{name} clear", lambda limiter=limiter: limiter.clear(twice, "a"))
        step(f"{name} is free", lambda limiter=limiter: limiter.test(twice, "a"), True)
    step("reset", storage.reset)
    other = limits.strategies.FixedWindowRateLimiter(limits.storage.storage_from_string(job.url, key_prefix="other"))
    step("other prefix", lambda: other.hit(twice, "a"))


serve(work)
