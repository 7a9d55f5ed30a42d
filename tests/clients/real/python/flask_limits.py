"""Flask-Limiter: the third call is too many; and what becomes of pages under a prefix of somebody else."""

from __future__ import annotations

import flask
import redis  # noqa: F401 - before the jobs fork
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from job import Job, serve, step


def work(job: Job) -> None:
    limited, open_ = [200, 200, 429], [200, 200, 200]
    for strategy in ("fixed-window", "moving-window", "sliding-window-counter"):
        step(strategy, lambda strategy=strategy: visits(job, f"{job.prefix}:{strategy}", strategy), limited)
    step("errors swallowed", lambda: visits(job, f"{job.prefix}:b", "fixed-window", swallow_errors=True), limited)
    step("other prefix", lambda: visits(job, "other", "fixed-window"), [500, 500, 500])
    step("other prefix, errors swallowed", lambda: visits(job, "other", "fixed-window", swallow_errors=True), open_)


def visits(job: Job, prefix: str, strategy: str, **more: bool) -> list[int]:
    """Statuses of three visits."""
    app = flask.Flask("clinic")
    limiter = Limiter(
        get_remote_address,
        app=app,
        default_limits=["2/hour"],
        storage_uri=job.url,
        storage_options={"key_prefix": prefix},
        strategy=strategy,
        **more,
    )
    assert limiter

    @app.get("/")
    def visit() -> str:
        return "fine"

    return [app.test_client().get("/").status_code for _ in range(3)]


serve(work)
