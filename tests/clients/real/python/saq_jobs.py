"""SAQ: jobs, their results, and a worker in this process."""

from __future__ import annotations

import asyncio
from typing import Any

from job import Job, serve, step
from saq import Queue, Worker
from saq.queue import redis as _imported  # noqa: F401 - before the jobs fork


async def double(context: dict[str, Any], *, number: int) -> int:
    return 2 * number


def work(job: Job) -> None:
    asyncio.run(all_of_it(job))


async def all_of_it(job: Job) -> None:
    queue = Queue.from_url(job.url, name=job.options["queues"][0])
    worker: Any = Worker(queue, functions=[double], concurrency=1, dequeue_timeout=1, shutdown_grace_period_s=0)

    async def run(name: str, do: Any, *gives: Any) -> Any:
        try:
            value, failed = await do, None
        except Exception as error:
            value, failed = None, error

        def known() -> Any:
            if failed:
                raise failed
            return value

        return step(name, known, *gives)

    await run("enqueue", queue.enqueue("double", number=1))
    working = asyncio.create_task(worker.start())
    await run("apply", queue.apply("double", number=2, timeout=5), 4)
    await run("count", queue.count("incomplete"), 0)
    await run("stats", queue.info(jobs=True))
    other = Queue.from_url(job.url, name="other")
    await run("other queue", other.count("queued"))
    await other.disconnect()
    await worker.stop()
    await asyncio.gather(working, return_exceptions=True)
    await queue.disconnect()


serve(work)
