"""Huey: tasks, results and a schedule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from huey import PriorityRedisHuey, RedisHuey
from job import HOST, PORT, Job, serve, step


def work(job: Job) -> None:
    for kind in (RedisHuey, PriorityRedisHuey):
        every(job, kind, kind.__name__)
    other = RedisHuey("other", host=HOST, port=PORT, username=job.user, password=job.password)
    step("other name", lambda: other.storage.enqueue(b"a"))


def every(job: Job, kind: type[Any], name: str) -> None:
    huey = kind(job.prefix, host=HOST, port=PORT, username=job.user, password=job.password, blocking=False)
    done: list[int] = []

    @huey.task()
    def note(number: int) -> int:
        done.append(number)
        return number

    result = step(f"{name}: send", lambda: note(1))
    step(f"{name}: work", lambda: huey.execute(huey.dequeue()), 1)
    step(f"{name}: result", lambda: result and result.get(), 1)
    step(f"{name}: send for later", lambda: note.schedule((2,), delay=3600))
    step(f"{name}: put aside", lambda: huey.execute(huey.dequeue()))
    step(f"{name}: schedule", lambda: len(huey.scheduled()), 1)
    step(f"{name}: due", lambda: [len(huey.read_schedule(datetime.now() + timedelta(hours=2)))], [1])
    step(f"{name}: lock", lambda: locked(huey), "held")
    step(f"{name}: flush", huey.flush)


def locked(huey: Any) -> str:
    with huey.lock_task("a"):
        return "held"


serve(work)
