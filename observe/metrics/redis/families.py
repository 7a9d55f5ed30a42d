"""Points as families: grouped by name, with what each means."""

from __future__ import annotations

from collections.abc import Iterable

from observe.metrics.family import Family, Sample
from observe.metrics.redis.fields import FIELDS
from observe.metrics.redis.points import Point

_FIELD = {field.metric: f"`{name}` of INFO." for name, field in FIELDS.items()}
_HELP = {
    "active_time_io_thread_seconds_total": "Time that an I/O thread was at work.",
    "commandlog_execution_slower_than": "Commands that take longer (microseconds) enter the log of slow ones.",
    "commandlog_large_reply_length": "Entries in the log of large replies.",
    "commandlog_large_reply_max_len": "Most entries that the log of large replies keeps.",
    "commandlog_large_request_length": "Entries in the log of large requests.",
    "commandlog_large_request_max_len": "Most entries that the log of large requests keeps.",
    "commandlog_reply_larger_than": "Replies of more bytes enter the log of large ones.",
    "commandlog_request_larger_than": "Requests of more bytes enter the log of large ones.",
    "commandlog_slow_execution_max_len": "Most entries that the log of slow commands keeps.",
    "commandlog_slow_length": "Entries in the log of slow commands.",
    "commands_duration_seconds_total": "Time spent in a command.",
    "commands_failed_calls_total": "Calls of a command that failed while it ran.",
    "commands_latencies_usec": "How long calls of a command took, in microseconds.",
    "commands_rejected_calls_total": "Calls of a command that were rejected before it ran.",
    "commands_total": "Calls of a command.",
    "config_client_output_buffer_limit_bytes": "Size of the output buffer at which a client of a class is cut off.",
    "config_client_output_buffer_limit_overcome_seconds": "How long a client may stay above the soft limit.",
    "configured_hz": "`configured_hz` of INFO.",
    "connected_slave_lag_seconds": "Seconds since a replica was last heard of.",
    "connected_slave_offset_bytes": "How far a replica has acknowledged the stream of replication.",
    "db_avg_ttl_seconds": "Mean time to live of a database's keys that expire, estimated by the server.",
    "db_keys": "Keys of a database.",
    "db_keys_cached": "Fourth number of a database in INFO: keys with fields that expire (Valkey 9, Redis 7.4).",
    "db_keys_expiring": "Keys of a database that expire.",
    "errors_total": "Errors that were answered, by their first word.",
    "exporter_last_scrape_connect_time_seconds": "How long it took to log in when this connection was made.",
    "exporter_last_scrape_duration_seconds": "How long the last scrape took.",
    "exporter_last_scrape_error": "Whether the last scrape failed, and why.",
    "exporter_scrape_duration_seconds": "How long scrapes took.",
    "exporter_scrapes_total": "Scrapes of this node.",
    "hz": "`hz` of INFO.",
    "instance_info": "What the node is.",
    "last_key_groups_scrape_duration_milliseconds": "How long groups of keys took, which are not read here.",
    "last_slow_execution_duration_seconds": "Time of the last command in the slow log.",
    "latency_percentiles_usec": "Percentiles of the time of a command, in microseconds.",
    "latency_spike_duration_seconds": "Length of an event's last latency spike.",
    "latency_spike_last": "When an event's last latency spike was (Unix time).",
    "master_last_io_seconds_ago": "Seconds since the primary was last heard of.",
    "master_link_up": "Whether a replica is connected to its primary.",
    "master_sync_in_progress": "Whether a replica is loading all of its primary's data.",
    "slave_info": "Whose replica the node is, and whether it takes writes.",
    "slave_repl_offset": "How far a replica has applied the stream of replication.",
    "slowlog_last_id": "Number of the last entry of the slow log.",
    "slowlog_length": "Entries in the slow log.",
    "start_time_seconds": "When the node was started (Unix time).",
    "target_scrape_request_errors_total": "Requests to scrape a node that there is not.",
    "up": "Whether the node answered.",
}


def families(points: Iterable[Point]) -> list[Family]:
    """All points of one name are one family, in the order in which the names first come."""
    found: dict[str, Family] = {}
    samples: dict[str, list[Sample]] = {}
    for metric, kind, value, labels, suffix in points:
        if metric not in found:
            samples[metric] = []
            found[metric] = Family(f"redis_{metric}", kind, _help(metric), samples[metric])
        samples[metric].append(Sample(labels, value, suffix))
    return list(found.values())


def _help(metric: str) -> str:
    return _HELP.get(metric) or _FIELD.get(metric) or f"`{metric.removeprefix('config_')}` of the configuration."
