"""What redis_exporter asks a node besides INFO, which metrics that gives, and which servers have it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from observe.metrics.redis import of_info, of_replies
from observe.metrics.redis.info import Info
from observe.metrics.redis.points import Point
from observe.redis.session import Command


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that is asked, by one or several calls of the same command."""

    right: str
    """The command as ACL rules name it."""
    calls: Callable[[Info], Sequence[Command]]
    """What is sent to a server that answered so to INFO; nothing to one that has no such command."""
    points: Callable[[Sequence[Any], Info], Iterator[Point]]
    """What the answers tell. Pure."""
    metrics: tuple[str, ...]
    """Families that are missing without it, without `redis_`."""


def _always(*calls: Command) -> Callable[[Info], Sequence[Command]]:
    return lambda _: calls


def _has_commandlog(info: Info) -> bool:
    # Valkey 8.1, where it took SLOWLOG's place; Redis has none.
    return info.valkey is not None and info.valkey >= (8, 1)


def _config_get(names: tuple[str, ...], info: Info) -> Sequence[Command]:
    # Several at once since Redis 7.0.
    return (("CONFIG", "GET", *names),) if info.redis >= (7,) else tuple(("CONFIG", "GET", name) for name in names)


CONFIG = Asked(
    right="config|get",
    calls=lambda info: _config_get(of_replies.CONFIG_GET, info),
    points=lambda replies, _: of_replies.config_points(of_replies.settings(chain.from_iterable(replies))),
    metrics=(
        "config_client_output_buffer_limit_bytes",
        "config_client_output_buffer_limit_overcome_seconds",
        *(f"config_{name.replace('-', '_')}" for name in of_replies.SETTINGS),
    ),
)
CLUSTER = Asked(
    right="cluster|info",
    calls=lambda info: (("CLUSTER", "INFO"),) if info.cluster else (),
    points=lambda replies, _: of_info.cluster_points(replies[0].decode()),
    metrics=("cluster_known_nodes", "cluster_size", "cluster_slots_ok", "cluster_state"),
)
ASKED = (
    CONFIG,
    CLUSTER,
    Asked(
        right="latency|latest",
        calls=_always(("LATENCY", "LATEST")),
        points=lambda replies, _: of_replies.latency_latest_points(replies[0]),
        metrics=("latency_spike_duration_seconds", "latency_spike_last"),
    ),
    Asked(
        right="latency|histogram",
        calls=lambda info: (("LATENCY", "HISTOGRAM"),) if info.redis >= (7,) else (),
        points=lambda replies, info: of_replies.latency_histogram_points(replies[0], info),
        metrics=("commands_latencies_usec",),
    ),
    Asked(
        right="slowlog|len",
        calls=_always(("SLOWLOG", "LEN")),
        points=lambda replies, _: of_replies.length_points("slowlog_length", replies[0]),
        metrics=("slowlog_length",),
    ),
    Asked(
        right="slowlog|get",
        calls=_always(("SLOWLOG", "GET", "1")),
        points=lambda replies, _: of_replies.slowlog_last_points(replies[0]),
        metrics=("last_slow_execution_duration_seconds", "slowlog_last_id"),
    ),
    Asked(
        right="commandlog|len",
        calls=lambda info: (
            tuple(("COMMANDLOG", "LEN", log) for log in of_replies.COMMANDLOGS) if _has_commandlog(info) else ()
        ),
        points=lambda replies, _: of_replies.commandlog_points(replies),
        metrics=tuple(of_replies.COMMANDLOGS.values()),
    ),
    Asked(
        right="config|get",
        calls=lambda info: _config_get(of_replies.COMMANDLOG_SETTINGS, info) if _has_commandlog(info) else (),
        points=lambda replies, _: of_replies.config_points(of_replies.settings(chain.from_iterable(replies))),
        metrics=tuple(name.replace("-", "_") for name in of_replies.COMMANDLOG_SETTINGS),
    ),
)
"""In the order of the round trip."""


def points_of(info: Info, answers: Mapping[Asked, Sequence[Any]], now: float) -> Iterator[Point]:
    """Yield all that a node answered.

    :param answers: the answers to the calls of what was asked and not refused.
    :param now: the time of the answers (Unix).
    """
    settings = of_replies.settings(chain.from_iterable(answers.get(CONFIG, ())))
    yield from of_info.points(info, of_replies.databases_of(settings, cluster=info.cluster), now)
    for asked, replies in answers.items():
        yield from asked.points(replies, info)
