"""Clients are known by the names of their keys, as each client's file gives them."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.redis.clients import client, names
from scaffold.live.recognised import recognised, written

# (patterns of keys, as they are seen; rules of access.yaml, or that none fit)
SEEN: list[tuple[list[str], list[tuple[str, str]], dict[str, Any] | None]] = [
    (["bull:mail:meta", "bull:mail:id", "bull:mail:*"], [("bullmq", "bull")], {"client": "bullmq", "prefix": "bull"}),
    (["shop:q:mail:meta", "shop:q:mail:id"], [("bullmq", "shop:q")], {"client": "bullmq", "prefix": "shop:q"}),
    (["bull:*:meta", "bull:*:id"], [("bullmq", "bull")], {"client": "bullmq", "prefix": "bull"}),
    (["bull:mail:meta"], [], None),
    (["a:mail:meta", "b:mail:id"], [], None),
    (["_kombu.binding.celery", "celery"], [("celery", "")], None),
    (["shop:_kombu.binding.celery"], [("celery", "shop")], {"client": "celery", "prefix": "shop"}),
    (["rq:queues", "rq:job:*"], [("rq", "rq")], {"client": "rq", "prefix": "rq"}),
    (["arq:queue:health-check"], [("arq", "")], {"client": "arq"}),
    (["huey.results.shop"], [("huey", "shop")], {"client": "huey", "prefix": "shop"}),
    (["jobs:__heartbeats__", "jobs:default"], [("dramatiq", "jobs")], {"client": "dramatiq", "prefix": "jobs"}),
    (["bq:mail:jobs", "bq:mail:id"], [("bee-queue", "bq")], {"client": "bee-queue", "prefix": "bq"}),
    (["asynq:queues"], [("asynq", "")], {"client": "asynq"}),
    (["saq:job:default:*"], [("saq", "")], {"client": "saq"}),
    (["session:*", "cache:user:*", "queue"], [], None),
]  # fmt: skip


@pytest.mark.parametrize(("patterns", "clients", "rules"), SEEN, ids=lambda value: str(value)[:30])
def test_by_its_keys(patterns: list[str], clients: list[tuple[str, str]], rules: dict[str, Any] | None) -> None:
    found = recognised(patterns)
    assert [(each.client, each.prefix) for each in found] == clients
    fitting = [each for each in found if each.fits]
    assert (written(fitting) if fitting else None) == rules
    assert all(each.owns(patterns[0]) for each in found)


def test_several_clients_of_one_cache_have_a_prefix_each() -> None:
    found = recognised(["bull:mail:meta", "bull:mail:id", "arq:queue"])
    assert written(found) == {"client": {"arq": None, "bullmq": {"prefix": "bull"}}}
    assert [each.owns("session:*") for each in found] == [False, False]


def test_every_client_that_says_how_it_is_known_is_in_the_table() -> None:
    tried = {name for _, clients, _ in SEEN for name, _ in clients}
    assert {name for name in names() if client(name).recognised} == tried
