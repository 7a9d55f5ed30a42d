"""Queues in Python under their presets, with their workers: jobs are done, what must not is refused, and no rule of a
preset could be left out."""

from __future__ import annotations

import pytest
from client_case import Case, check, check_minimal
from real_client import IDENTITY, RealClients

pytestmark = pytest.mark.server

NOPERM, KEY, CHANNEL = (
    "has no permissions to run",
    "No permissions to access a key",
    "No permissions to access a channel",
)
_CELERY_ENDED = {
    "ping": "gives 'nothing'",
    "result": "TimeoutError",
    **dict.fromkeys(("group", "chord", "forget", "revoke", "events"), "not done"),
}
_CELERY_NEVER_BEGAN = {"worker": "gives 'ended'", **_CELERY_ENDED}
_RQ = {"scheduler's lock": NOPERM, "empty": NOPERM, "delete the queue": NOPERM}


def _dramatiq(error: str) -> dict[str, str]:
    return {
        **dict.fromkeys(("send", "work", "send for a result", "flush", "other namespace"), error),
        "result": "gives None",
    }


_DRAMATIQ_STEPS = ("send", "work", "send for a result", "result", "stop", "limiter", "flush", "other namespace")
_HUEY_STEPS = ("send", "work", "result", "send for later", "put aside", "schedule", "due", "lock", "flush")
_HUEY = {"RedisHuey: due": NOPERM, "PriorityRedisHuey: due": NOPERM}
CASES = (
    Case(
        program="python/celery_jobs.py",
        client="celery",
        options={"database": 1},
        steps=(
            *("worker", "ping", "send", "result", "group", "chord", "forget", "revoke", "events", "purge"),
            *("other keys", "other channel"),
        ),
        refused={"other keys": KEY, "other channel": CHANNEL},
        denied=frozenset([f"channel {IDENTITY}:/*", "key celery"]),
        without={
            f"&{IDENTITY}:*": {
                **dict.fromkeys(("result", "group", "chord"), CHANNEL),
                "events": "gives ['task-failed', 'task-received', 'task-sent', 'task-started']",
            },
            f"&{IDENTITY}:/1.celery.pidbox": _CELERY_ENDED,
            f"&{IDENTITY}:/1.celeryev/*": {"events": CHANNEL},
            f"&{IDENTITY}:/1.celeryev/worker.*": _CELERY_ENDED,
            "+evalsha": _CELERY_NEVER_BEGAN,
            "+script|load": _CELERY_NEVER_BEGAN,
            "+time": _CELERY_NEVER_BEGAN,
            "+script|exists": {},
        },
    ),
    Case(
        program="python/rq_jobs.py",
        client="rq",
        steps=(
            *("enqueue", "work", "result", "schedule", "scheduled", "scheduler's lock", "delete a job", "empty"),
            *("delete the queue", "other keys"),
        ),
        refused={"other keys": KEY},
        denied=frozenset(["command info", "key rq:queues"]),
        # A worker that cannot be sent commands works on.
        without={f"&{IDENTITY}:pubsub:*": {}, "+evalsha": _RQ, "+script|load": _RQ},
    ),
    Case(
        program="python/dramatiq_jobs.py",
        client="dramatiq",
        steps=_DRAMATIQ_STEPS,
        refused={"result": KEY, "other namespace": KEY},
        denied=frozenset(["key ...", "key other"]),
        without={
            f"~{IDENTITY}": _dramatiq(KEY),
            "+evalsha": _dramatiq(NOPERM),
            "+script|load": _dramatiq(NOPERM),
        },
    ),
    Case(
        program="python/dramatiq_jobs.py",
        client="dramatiq",
        options={"results": True},
        steps=_DRAMATIQ_STEPS,
        refused={"other namespace": KEY},
        denied=frozenset(["key other"]),
        without={
            f"~{IDENTITY}": _dramatiq(KEY),
            f"~{'?' * 32}": {"result": KEY},
            "+evalsha": _dramatiq(NOPERM),
            "+script|load": _dramatiq(NOPERM),
        },
    ),
    Case(
        program="python/arq_jobs.py",
        client="arq",
        steps=("enqueue", "enqueue for later", "work", "result", "all results", "other keys"),
        refused={"all results": NOPERM, "other keys": KEY},
        denied=frozenset(["command keys", "key other:key"]),
        without={"+info": {"work": NOPERM, "result": "TimeoutError"}},
    ),
    Case(
        program="python/saq_jobs.py",
        client="saq",
        options={"queues": ["main"]},
        steps=("enqueue", "apply", "count", "stats", "other queue"),
        refused={"other queue": KEY},
        denied=frozenset(["key saq:other:queued"]),
        without={
            "~saq:job:main:*": dict.fromkeys(("enqueue", "apply"), KEY),
            "~saq:abort:*": dict.fromkeys(("enqueue", "apply"), KEY),
            "&saq:job:main*": {"apply": "Status.FAILED"},
            "+evalsha": dict.fromkeys(("enqueue", "apply"), NOPERM),
            "+script|load": dict.fromkeys(("enqueue", "apply"), NOPERM),
            # Its worker runs nothing. One job is left, or two, if it fails after the second was sent.
            "+info": {"apply": "TimeoutError", "count": "gives"},
        },
    ),
    Case(
        program="python/huey_jobs.py",
        client="huey",
        steps=(
            *(f"{name}: {step}" for name in ("RedisHuey", "PriorityRedisHuey") for step in _HUEY_STEPS),
            "other name",
        ),
        refused={"other name": KEY},
        denied=frozenset(["key huey.redis.other"]),
        without={"+evalsha": _HUEY, "+script|load": _HUEY},
    ),
)
_IDS = [f"{case.client}{'-'.join(('', *case.options))}" for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_a_queue_works_by_its_preset_and_does_no_more(real_clients: RealClients, case: Case) -> None:
    check(real_clients, case)


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_each_rule_of_a_queue_s_preset_is_needed(real_clients: RealClients, case: Case) -> None:
    check_minimal(real_clients, case)
