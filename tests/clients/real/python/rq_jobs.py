"""RQ: jobs and a worker in one process, the scheduler, and what empties a queue."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from job import HOST, PORT, Job, serve, step


def answer() -> int:
    return 42


def work(job: Job) -> None:
    # Read when rq is imported, so every job imports it itself.
    os.environ["RQ_KEY_PREFIX"] = job.prefix
    import redis
    from rq import Queue, SimpleWorker
    from rq.registry import ScheduledJobRegistry
    from rq.scheduler import RQScheduler

    client = redis.Redis(HOST, PORT, username=job.user, password=job.password)
    queue = Queue("main", connection=client)
    sent = step("enqueue", lambda: queue.enqueue("rq_jobs.answer"))
    worker = SimpleWorker([queue], connection=client)
    step("work", lambda: worker.work(burst=True), True)
    step("result", lambda: sent and sent.return_value(), 42)
    step("schedule", lambda: queue.enqueue_in(timedelta(hours=1), "rq_jobs.answer"))
    step("scheduled", lambda: len(ScheduledJobRegistry("main", connection=client)), 1)
    step("scheduler's lock", lambda: bool(RQScheduler([queue], client).acquire_locks()), True)
    later = datetime.now(UTC) + timedelta(hours=1)
    step("delete a job", lambda: queue.enqueue_at(later, "rq_jobs.answer").delete())
    step("empty", lambda: [queue.enqueue("rq_jobs.answer"), queue.empty()][1], 1)
    step("delete the queue", queue.delete)
    step("other keys", lambda: client.get("rq:queues"))


if __name__ == "__main__":
    import redis  # noqa: F401 - before the jobs fork

    serve(work)
