"""arq: jobs and a worker in one process."""

from __future__ import annotations

import asyncio
from typing import Any

from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker, func
from job import HOST, PORT, Job, awaited, serve


async def double(context: dict[str, Any], number: int) -> int:
    return 2 * number


def work(job: Job) -> None:
    asyncio.run(all_of_it(job))


async def all_of_it(job: Job) -> None:
    settings = RedisSettings(HOST, PORT, username=job.user, password=job.password, conn_retries=0)
    pool = await create_pool(settings, default_queue_name=f"arq:{job.prefix}")

    sent = await awaited("enqueue", pool.enqueue_job("double", 2))
    await awaited("enqueue for later", pool.enqueue_job("double", 3, _defer_by=3600))
    worker = Worker(
        [func(double, name="double")],
        redis_pool=pool,
        queue_name=f"arq:{job.prefix}",
        burst=True,
        max_burst_jobs=1,
        poll_delay=0.05,
        handle_signals=False,
    )
    finished = await awaited("work", worker.run_check(), 1) is not None
    await awaited("result", sent.result(timeout=30 if finished else 0.1, poll_delay=0.05) if sent else pool.ping(), 4)
    await awaited("all results", pool.all_job_results())
    await awaited("other keys", pool.get("other:key"))
    await pool.aclose()


serve(work)
