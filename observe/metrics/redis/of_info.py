"""The answer to INFO as redis_exporter's metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from observe.metrics.redis.fields import FIELDS
from observe.metrics.redis.info import Info, pairs
from observe.metrics.redis.points import Labels, Point, label_number

_WORDS = {"ok": 1.0, "true": 1.0, "err": 0.0, "fail": 0.0, "false": 0.0}
# Fields of a replica that bear the address of its primary.
_OF_PRIMARY = ("master_last_io_seconds_ago", "master_sync_in_progress", "slave_repl_offset")
_THREAD = re.compile(r"used_active_time_io_thread_(\d+)")
# INFO's `latest_fork_usec` is the only field whose unit the exporter changes.
_SCALE = {"latest_fork_usec": 1e-6}
_INSTANCE = (
    *("role", "redis_version", "redis_build_id", "redis_mode", "os", "maxmemory_policy", "tcp_port", "run_id"),
    *("process_id", "master_replid"),
)
_ONLY_VALKEY = ("valkey_version", "valkey_release_stage")


def points(info: Info, databases: int, now: float) -> Iterator[Point]:
    """Yield what INFO ALL tells: `databases` is how many the node has, `now` the time of the answer (Unix)."""
    yield from _plain(info)
    server = info.sections.get("Server", {})
    yield from _numbers(server, ("configured_hz", "hz"))
    if "uptime_in_seconds" in server:
        yield Point("start_time_seconds", "gauge", int(now) - float(server["uptime_in_seconds"]))
    yield from _replication(info.sections.get("Replication", {}))
    yield from _commands(info)
    for name, value in info.sections.get("Errorstats", {}).items():
        with suppress(KeyError, ValueError):
            count = float(pairs(value)["count"])
            yield Point("errors_total", "counter", count, (("err", name.removeprefix("errorstat_")),))
    yield from _keyspace(info.sections.get("Keyspace", {}), databases)
    yield _instance(info.fields)
    if info.fields.get("role") == "slave":
        shown = {"master_host": "master_host", "master_port": "master_port", "read_only": "slave_read_only"}
        yield Point("slave_info", "gauge", 1, tuple((label, info.fields.get(of, "")) for label, of in shown.items()))


def cluster_points(text: str) -> Iterator[Point]:
    """Yield what CLUSTER INFO tells."""
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        yield from _field(name, value)


def _plain(info: Info) -> Iterator[Point]:
    """Fields of one number, whichever section they are in."""
    for section, fields in info.sections.items():
        if section in {"Commandstats", "Latencystats", "Errorstats"}:
            continue
        for name, value in fields.items():
            if section != "Replication" or name not in _OF_PRIMARY:
                yield from _field(name, value)


def _field(name: str, value: str) -> Iterator[Point]:
    number = _number(value)
    if number is None:
        return
    if thread := _THREAD.fullmatch(name):
        yield Point("active_time_io_thread_seconds_total", "counter", number, (("thread", thread[1]),))
    elif known := FIELDS.get(name):
        yield Point(known.metric, known.type, number * _SCALE.get(name, 1))
    elif name.startswith("cluster_"):
        yield Point(name, "gauge", number)


def _number(value: str) -> float | None:
    try:
        return _WORDS[value] if value in _WORDS else float(value)
    except ValueError:
        return None


def _numbers(fields: Mapping[str, str], names: tuple[str, ...]) -> Iterator[Point]:
    for name in names:
        if (number := _number(fields.get(name, ""))) is not None:
            yield Point(name, "gauge", number)


def _replication(fields: Mapping[str, str]) -> Iterator[Point]:
    primary: Labels = tuple((name, fields.get(name, "")) for name in ("master_host", "master_port"))
    if "master_link_status" in fields:
        yield Point("master_link_up", "gauge", float(fields["master_link_status"] == "up"), primary)
    for name in _OF_PRIMARY:
        if name in fields:
            yield Point(name, "gauge", _number(fields[name]) or 0, primary)
    for name, value in fields.items():
        if not re.fullmatch(r"slave\d+", name):
            continue
        said = pairs(value)
        labels = tuple((f"slave_{each}", said.get(each, "")) for each in ("ip", "port", "state"))
        for metric, of in (("connected_slave_offset_bytes", "offset"), ("connected_slave_lag_seconds", "lag")):
            if (number := _number(said.get(of, ""))) is not None:
                yield Point(metric, "gauge", number, labels)


def _commands(info: Info) -> Iterator[Point]:
    """Calls of each command, and the percentiles of its time where the server tracks them."""
    stats = {name.removeprefix("cmdstat_"): pairs(v) for name, v in info.sections.get("Commandstats", {}).items()}
    for command, said in stats.items():
        cmd: Labels = (("cmd", command),)
        yield Point("commands_total", "counter", float(said["calls"]), cmd)
        yield Point("commands_duration_seconds_total", "counter", float(said["usec"]) / 1e6, cmd)
        for of in ("rejected_calls", "failed_calls"):  # since Redis 6.2
            if of in said:
                yield Point(f"commands_{of}_total", "counter", float(said[of]), cmd)
    for name, value in info.sections.get("Latencystats", {}).items():
        command = name.removeprefix("latency_percentiles_usec_")
        if command not in stats:
            continue
        cmd = (("cmd", command),)
        for percentile, usec in pairs(value).items():
            quantile = (*cmd, ("quantile", label_number(float(percentile[1:]))))
            yield Point("latency_percentiles_usec", "summary", float(usec), quantile)
        yield Point("latency_percentiles_usec", "summary", float(stats[command]["usec"]), cmd, "_sum")
        yield Point("latency_percentiles_usec", "summary", float(stats[command]["calls"]), cmd, "_count")


def _keyspace(fields: Mapping[str, str], databases: int) -> Iterator[Point]:
    for name, value in fields.items():
        db: Labels = (("db", name),)
        numbers = [float(number) for number in pairs(value).values()]
        yield Point("db_keys", "gauge", numbers[0], db)
        yield Point("db_keys_expiring", "gauge", numbers[1], db)
        if len(numbers) > 2:
            yield Point("db_avg_ttl_seconds", "gauge", numbers[2] / 1000, db)
        if len(numbers) > 3:
            # KeyDB's `cached_keys`. Valkey 9 has `keys_with_volatile_items` there and Redis 7.4 `subexpiry`, which the
            # exporter counts as the same.
            yield Point("db_keys_cached", "gauge", numbers[3], db)
    for name in (f"db{index}" for index in range(databases)):
        if name not in fields:
            yield Point("db_keys", "gauge", 0, (("db", name),))
            yield Point("db_keys_expiring", "gauge", 0, (("db", name),))


def _instance(fields: Mapping[str, str]) -> Point:
    labels = [(name, fields.get(name, "")) for name in _INSTANCE]
    labels += [(name, fields[name]) for name in _ONLY_VALKEY if name in fields]
    return Point("instance_info", "gauge", 1, tuple(labels))
