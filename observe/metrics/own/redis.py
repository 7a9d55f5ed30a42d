"""What one node of a cache is judged by, for the exporter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError
from observe.catalogue import REDIS
from observe.deadline import cut
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource
from observe.node import RedisNode
from observe.read_redis import Kept, look_redis

if TYPE_CHECKING:
    import redis

ROUND = 10.0
"""Seconds after which a round is given up."""
EVERY = 60.0
"""Seconds between two readings; what is counted is judged by what it grew in between."""


def redis_checks(find: Callable[[], RedisNode]) -> OwnSource[redis.Redis]:
    """The observations of the catalogue, in one round trip.

    :param find: the node with whoever logs in now.
    """
    node = find()
    kept: Kept = {}
    group = Group("checks", EVERY, (STATUS,), partial(_look, node=node.name, kept=kept))
    return OwnSource(node.name, partial(_session, find), [group])


@contextmanager
def _session(find: Callable[[], RedisNode]) -> Iterator[redis.Redis]:
    with find().session(seconds=ROUND) as client, cut(client, ROUND):
        yield client


def _look(client: redis.Redis, *, node: str, kept: Kept) -> Part:
    import redis

    try:
        observed = look_redis(client, node, REDIS, kept)
    except redis.RedisError as error:
        raise BootstrapError(f"{node}: {error}") from None
    return checks(finding for each in observed for finding in each.findings)
