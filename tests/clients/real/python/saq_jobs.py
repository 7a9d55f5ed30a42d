"""SAQ: jobs, their results, and a worker in this process."""

from __future__ import annotations

import asyncio
from typing import Any

from job import Job, awaited, serve
from saq import Queue, Worker
from saq.queue import redis as _imported  # noqa: F401 - before the jobs fork


async def double(context: dict[str, Any], *, number: int) -> int:
    return 2 * number


def work(job: Job) -> None:
    asyncio.run(all_of_it(job))


def idle(queue: Any) -> asyncio.Event:
    """Set when a worker fails to fetch a job: it says nothing of that, and tries again for ever."""
    seen = asyncio.Event()
    fetch = queue.dequeue

    async def dequeue(*given: Any, **more: Any) -> Any:
        try:
            return await fetch(*given, **more)
        except Exception:
            seen.set()
            raise

    queue.dequeue = dequeue
    return seen


async def unless(seen: asyncio.Event, result: Any) -> Any:
    """The result, or TimeoutError where there will be none."""
    never = asyncio.create_task(seen.wait())
    coming = asyncio.create_task(result)
    await asyncio.wait([never, coming], return_when=asyncio.FIRST_COMPLETED)
    never.cancel()
    if not coming.done():
        coming.cancel()
        raise TimeoutError
    return coming.result()


async def all_of_it(job: Job) -> None:
    queue = Queue.from_url(job.url, name=job.options["queues"][0])
    worker: Any = Worker(queue, functions=[double], concurrency=1, dequeue_timeout=1, shutdown_grace_period_s=0)

    await awaited("enqueue", queue.enqueue("double", number=1))
    failing = idle(queue)
    working = asyncio.create_task(worker.start())
    await awaited("apply", unless(failing, queue.apply("double", number=2, timeout=30)), 4)
    await awaited("count", queue.count("incomplete"), 0)
    await awaited("stats", queue.info(jobs=True))
    other = Queue.from_url(job.url, name="other")
    await awaited("other queue", other.count("queued"))
    await other.disconnect()
    await worker.stop()
    await asyncio.gather(working, return_exceptions=True)
    await queue.disconnect()


serve(work)
