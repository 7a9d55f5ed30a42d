"""Celery: a worker in this process, tasks, a chord, remote control, events."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import Any

import redis
from celery import Celery, chord, group
from celery.app import control as _control  # noqa: F401 - before the jobs fork
from celery.backends import redis as _results  # noqa: F401
from celery.result import _set_task_join_will_block
from celery.worker import WorkController, state
from job import HOST, PORT, Job, serve, step
from kombu.transport import redis as _transport  # noqa: F401

_PATIENCE = 30
"""Seconds until a result is given up: reached where a worker is refused."""


def work(job: Job) -> None:
    url = f"{job.url}/{job.options.get('database', 0)}"
    prefix = {"global_keyprefix": f"{job.prefix}:"}
    app = Celery("clinic", broker=url, backend=url)
    app.conf.update(
        # A worker that is to stop ends its BRPOP first, of a second if nothing is said.
        broker_transport_options={**prefix, "max_retries": 0, "polling_interval": 0.05},
        result_backend_transport_options=prefix,
        broker_connection_retry_on_startup=False,
        broker_connection_retry=False,
        worker_hijack_root_logger=False,
        task_send_sent_event=True,
    )

    @app.task
    def double(number: int) -> int:
        return 2 * number

    @app.task
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    # The worker's thread looks tasks up in the default application.
    app.set_default()
    app.finalize()
    working = Worker(app)
    step("worker", working.begin, "ready")
    step("ping", lambda: working.answer(app), "pong")
    first: Any = step("send", lambda: double.delay(1))
    # A sender waits for ever where the worker has ended, and a second at a time.
    step("result", lambda: first.get(timeout=_PATIENCE if working.alive else 1e-6), 2)
    if working.alive:
        step("group", lambda: group(double.s(n) for n in (1, 2))().get(timeout=_PATIENCE, interval=0.02), [2, 4])
        step("chord", lambda: chord(double.s(n) for n in (1, 2))(total.s()).get(timeout=_PATIENCE), 6)
        step("forget", first.forget)
        step("revoke", lambda: app.control.revoke("nobody"))
        step("events", lambda: heard(app, double), ["task-received", "task-sent", "task-started", "task-succeeded"])
    working.end()
    step("purge", lambda: [double.delay(1), app.control.purge()][1] > 0, True)
    client = redis.Redis(HOST, PORT, username=job.user, password=job.password)
    step("other keys", lambda: client.llen("celery"))
    listening = client.pubsub()
    step("other channel", lambda: [listening.psubscribe(f"{job.prefix}:/*"), listening.get_message(timeout=5)])


class Worker(WorkController):
    """A worker in a thread, which is ready or has ended."""

    def __init__(self, app: Celery) -> None:
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.ready = False
        # Mingling with others would only wait for them.
        super().__init__(
            app=app,
            pool_cls="solo",
            concurrency=1,
            task_events=True,
            hostname="worker@clinic",
            heartbeat_interval=0.1,
            without_mingle=True,
        )

    def on_consumer_ready(self, consumer: Any) -> None:
        self.ready = True
        self._settled.set()

    def begin(self) -> str:
        self._thread.start()
        self._settled.wait()
        # The thread of the worker is that of the tasks, and this one may wait for them.
        _set_task_join_will_block(False)
        return "ready" if self.ready else "ended"

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def answer(self, app: Celery) -> str:
        """What it says to a ping: asked again until it answers or has ended."""
        while self.alive:
            for answer in app.control.ping(limit=1, timeout=0.5):
                return str(answer["worker@clinic"]["ok"])
        return "nothing"

    def end(self) -> None:
        state.should_stop = 0
        self._thread.join()

    def _run(self) -> None:
        try:
            self.start()
        finally:
            self._settled.set()


def heard(app: Celery, task: Any) -> list[str]:
    """The events of one task, which is sent when the first heartbeat shows that the receiver hears, until it is over or
    the heart has beaten often enough for it."""
    found: list[str] = []
    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection)

        def note(event: dict[str, Any]) -> None:
            if not found:
                task.delay(1)
            found.append(event["type"])
            receiver.should_stop = event["type"] == "task-succeeded" or len(found) > 20

        receiver.handlers["*"] = note
        with suppress(TimeoutError):
            receiver.capture(timeout=_PATIENCE, wakeup=False)
    return sorted({each for each in found if each.startswith("task")})


logging.basicConfig(level=logging.INFO)
serve(work)
