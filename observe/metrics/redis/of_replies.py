"""Answers to the other commands as redis_exporter's metrics.

Each function takes an answer of RESP 2, not decoded: what a slow command was called with may be any bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from observe.metrics.redis.info import Info, pairs
from observe.metrics.redis.points import Labels, Point, label_number

SETTINGS = ("io-threads", "maxclients", "maxmemory", "repl-backlog-size")
_OUTPUT_BUFFERS = "client-output-buffer-limit"
COMMANDLOG_SETTINGS = (
    "commandlog-execution-slower-than",
    "commandlog-slow-execution-max-len",
    "commandlog-request-larger-than",
    "commandlog-large-request-max-len",
    "commandlog-reply-larger-than",
    "commandlog-large-reply-max-len",
)
COMMANDLOGS = {
    "slow": "commandlog_slow_length",
    "large-request": "commandlog_large_request_length",
    "large-reply": "commandlog_large_reply_length",
}
"""Log -> metric of its length."""
CONFIG_GET = ("databases", *SETTINGS, _OUTPUT_BUFFERS)
"""Parameters that are asked for, never `*`: that one holds passwords (requirepass, masterauth)."""


def settings(reply: Iterable[Any]) -> dict[str, str]:
    """CONFIG GET's answer as a mapping."""
    return {name.decode(): value.decode() for name, value in _in_twos(reply)}


def config_points(settings_: Mapping[str, str]) -> Iterator[Point]:
    """Yield what CONFIG GET tells, of the parameters that are there."""
    for name in SETTINGS:
        if name in settings_:
            yield Point(f"config_{name.replace('-', '_')}", "gauge", float(settings_[name]))
    for name in COMMANDLOG_SETTINGS:
        if name in settings_:
            yield Point(name.replace("-", "_"), "gauge", float(settings_[name]))
    # `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`
    words = settings_.get(_OUTPUT_BUFFERS, "").split()
    for at in range(0, len(words) - 3, 4):
        of, hard, soft, seconds = words[at : at + 4]
        for limit, value in (("hard", hard), ("soft", soft)):
            labels = (("class", of), ("limit", limit))
            yield Point("config_client_output_buffer_limit_bytes", "gauge", float(value), labels)
        labels = (("class", of), ("limit", "soft"))
        yield Point("config_client_output_buffer_limit_overcome_seconds", "gauge", float(seconds), labels)


def latency_latest_points(reply: Iterable[Any]) -> Iterator[Point]:
    """Yield what LATENCY LATEST tells: events with the time (Unix) and length (ms) of their last spike."""
    for event, at, last, *_ in reply:
        labels = (("event_name", event.decode()),)
        yield Point("latency_spike_last", "gauge", at, labels)
        yield Point("latency_spike_duration_seconds", "gauge", last / 1000, labels)


def latency_histogram_points(reply: Iterable[Any], info: Info) -> Iterator[Point]:
    """Yield what LATENCY HISTOGRAM tells; its sums are in INFO, as the time of each command's subcommands together."""
    usec: dict[str, float] = {}
    for name, value in info.sections.get("Commandstats", {}).items():
        command = name.removeprefix("cmdstat_")
        for whose in {command, command.partition("|")[0]}:
            usec[whose] = usec.get(whose, 0) + float(pairs(value)["usec"])
    for name, details in _in_twos(reply):
        command = name.decode()
        cmd: Labels = (("cmd", command),)
        found = {key.decode(): value for key, value in _in_twos(details)}
        for bound, count in _in_twos(found["histogram_usec"]):
            yield _bucket(cmd, label_number(float(bound)), count)
        yield _bucket(cmd, "+Inf", found["calls"])
        yield Point("commands_latencies_usec", "histogram", usec.get(command, 0), cmd, "_sum")
        yield Point("commands_latencies_usec", "histogram", found["calls"], cmd, "_count")


def _bucket(cmd: Labels, bound: str, count: int) -> Point:
    return Point("commands_latencies_usec", "histogram", count, (*cmd, ("le", bound)), "_bucket")


def slowlog_last_points(reply: list[Any]) -> Iterator[Point]:
    """Yield what SLOWLOG GET 1 tells: number and time of the last slow command; both 0 without one."""
    number, usec = (reply[0][0], reply[0][2]) if reply else (0, 0)
    yield Point("slowlog_last_id", "gauge", number)
    yield Point("last_slow_execution_duration_seconds", "gauge", usec / 1e6)


def length_points(metric: str, reply: int) -> Iterator[Point]:
    """Yield the length of a log."""
    yield Point(metric, "gauge", reply)


def commandlog_points(replies: Sequence[int]) -> Iterator[Point]:
    """Yield what COMMANDLOG LEN tells of each of its logs."""
    for metric, reply in zip(COMMANDLOGS.values(), replies, strict=True):
        yield from length_points(metric, reply)


def databases_of(settings_: Mapping[str, str], *, cluster: bool) -> int:
    """How many logical databases there are: 1 in cluster mode, else as configured; 16 where that cannot be seen."""
    found = 1 if cluster else 0
    with suppress(KeyError, ValueError):
        found = found or int(settings_["databases"])
    return found or 16


def _in_twos(flat: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    every = iter(flat)
    return zip(every, every, strict=False)
