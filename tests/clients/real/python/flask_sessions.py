"""Flask-Session: a visitor who is remembered, and one under a prefix of somebody else."""

from __future__ import annotations

import flask
import redis
from flask_session import Session
from flask_session.redis import RedisSessionInterface  # noqa: F401 - before the jobs fork
from job import HOST, PORT, Job, serve, step


def work(job: Job) -> None:
    client = redis.Redis(HOST, PORT, username=job.user, password=job.password)
    visitor = site(client, f"{job.prefix}:").test_client()
    step("first visit", lambda: visitor.get("/").text, "1")
    step("second visit", lambda: visitor.get("/").text, "2")
    step("log out", lambda: visitor.get("/out").text, "out")
    step("first visit again", lambda: visitor.get("/").text, "1")
    step("other prefix", lambda: site(client, "other:").test_client().get("/").text)


def site(client: redis.Redis, prefix: str) -> flask.Flask:
    """A page that counts a visitor's visits."""
    app = flask.Flask("clinic")
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=client, SESSION_KEY_PREFIX=prefix, TESTING=True)
    Session(app)

    @app.get("/")
    def visit() -> str:
        flask.session["visits"] = flask.session.get("visits", 0) + 1
        return str(flask.session["visits"])

    @app.get("/out")
    def out() -> str:
        flask.session.clear()
        return "out"

    return app


serve(work)
