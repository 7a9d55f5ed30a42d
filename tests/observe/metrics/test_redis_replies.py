"""Answers of servers to points, without a server."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from observe.metrics.redis import of_info
from observe.metrics.redis.asked import ASKED, points_of
from observe.metrics.redis.families import families
from observe.metrics.redis.fields import FIELDS
from observe.metrics.redis.info import parse
from observe.metrics.redis.points import Point, label_number

Shown = tuple[str, str, dict[str, str], float]


def shown(points: Iterable[Point]) -> list[Shown]:
    return [(each.metric + each.suffix, each.type, dict(each.labels), each.value) for each in points]


def of(text: str, *, databases: int = 0) -> list[Shown]:
    """Points of an INFO without what every one has."""
    lines = "\r\n".join(line.strip() for line in text.strip().splitlines())
    points = of_info.points(parse(lines), databases, now=1_000_000.7)
    return [each for each in shown(points) if each[0] != "instance_info"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "# Stats\nevicted_keys:7\nlatest_fork_usec:250\nunheard_of:9\nused_memory_human:1.04M",
            [("evicted_keys_total", "counter", {}, 7), ("latest_fork_seconds", "gauge", {}, 0.00025)],
            id="counters, gauges, a unit, what has no metric",
        ),
        pytest.param(
            "# Persistence\nrdb_last_bgsave_status:ok\naof_last_write_status:err\nrdb_saves:maybe",
            [("rdb_last_bgsave_status", "gauge", {}, 1), ("aof_last_write_status", "gauge", {}, 0)],
            id="words, and one that nobody knows",
        ),
        pytest.param(
            "# Server\nuptime_in_seconds:60\nhz:10\nconfigured_hz:50",
            [
                ("uptime_in_seconds", "gauge", {}, 60),
                ("configured_hz", "gauge", {}, 50),
                ("hz", "gauge", {}, 10),
                ("start_time_seconds", "gauge", {}, 999_940),
            ],
            id="start",
        ),
        pytest.param(
            "# CPU\nused_active_time_io_thread_3:1.5",
            [("active_time_io_thread_seconds_total", "counter", {"thread": "3"}, 1.5)],
            id="I/O threads",
        ),
        pytest.param(
            "# Cluster\ncluster_enabled:1\ncluster_new_field:5",
            [("cluster_enabled", "gauge", {}, 1), ("cluster_new_field", "gauge", {}, 5)],
            id="whatever is of the cluster",
        ),
        pytest.param(
            "# Errorstats\nerrorstat_NOPERM:count=4\nerrorstat_ERR:many",
            [("errors_total", "counter", {"err": "NOPERM"}, 4)],
            id="errors",
        ),
        pytest.param(
            "# Commandstats\ncmdstat_config|get:calls=3,usec=1500000,usec_per_call=5,rejected_calls=1,failed_calls=2",
            [
                ("commands_total", "counter", {"cmd": "config|get"}, 3),
                ("commands_duration_seconds_total", "counter", {"cmd": "config|get"}, 1.5),
                ("commands_rejected_calls_total", "counter", {"cmd": "config|get"}, 1),
                ("commands_failed_calls_total", "counter", {"cmd": "config|get"}, 2),
            ],
            id="commands",
        ),
        pytest.param(
            "# Commandstats\ncmdstat_get:calls=3,usec=9,usec_per_call=3.00",
            [
                ("commands_total", "counter", {"cmd": "get"}, 3),
                ("commands_duration_seconds_total", "counter", {"cmd": "get"}, 9e-6),
            ],
            id="commands before Redis 6.2",
        ),
        pytest.param(
            """# Commandstats
            cmdstat_get:calls=3,usec=9,usec_per_call=3.00
            # Latencystats
            latency_percentiles_usec_get:p50=1.003,p99.9=4.015
            latency_percentiles_usec_gone:p50=1""",
            [
                ("commands_total", "counter", {"cmd": "get"}, 3),
                ("commands_duration_seconds_total", "counter", {"cmd": "get"}, 9e-6),
                ("latency_percentiles_usec", "summary", {"cmd": "get", "quantile": "50"}, 1.003),
                ("latency_percentiles_usec", "summary", {"cmd": "get", "quantile": "99.9"}, 4.015),
                ("latency_percentiles_usec_sum", "summary", {"cmd": "get"}, 9),
                ("latency_percentiles_usec_count", "summary", {"cmd": "get"}, 3),
            ],
            id="percentiles",
        ),
        pytest.param(
            """# Replication
            role:master
            slave0:ip=10.0.0.7,port=6379,state=online,offset=120,lag=2,type=replica
            slave1:ip=::1,port=6380,state=wait_bgsave,offset=none,lag=0
            slave_priority:100""",
            [
                ("slave_priority", "gauge", {}, 100),
                (
                    "connected_slave_offset_bytes",
                    "gauge",
                    {"slave_ip": "10.0.0.7", "slave_port": "6379", "slave_state": "online"},
                    120,
                ),
                (
                    "connected_slave_lag_seconds",
                    "gauge",
                    {"slave_ip": "10.0.0.7", "slave_port": "6379", "slave_state": "online"},
                    2,
                ),
                (
                    "connected_slave_lag_seconds",
                    "gauge",
                    {"slave_ip": "::1", "slave_port": "6380", "slave_state": "wait_bgsave"},
                    0,
                ),
            ],
            id="a primary's replicas",
        ),
        pytest.param(
            """# Replication
            role:slave
            master_host:10.0.0.6
            master_port:6379
            master_link_status:down
            master_last_io_seconds_ago:-1
            master_sync_in_progress:1
            slave_repl_offset:44
            slave_read_only:1""",
            [
                ("master_link_up", "gauge", {"master_host": "10.0.0.6", "master_port": "6379"}, 0),
                ("master_last_io_seconds_ago", "gauge", {"master_host": "10.0.0.6", "master_port": "6379"}, -1),
                ("master_sync_in_progress", "gauge", {"master_host": "10.0.0.6", "master_port": "6379"}, 1),
                ("slave_repl_offset", "gauge", {"master_host": "10.0.0.6", "master_port": "6379"}, 44),
                ("slave_info", "gauge", {"master_host": "10.0.0.6", "master_port": "6379", "read_only": "1"}, 1),
            ],
            id="a replica whose primary is gone",
        ),
    ],
)
def test_info(text: str, expected: list[Shown]) -> None:
    assert of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# Keyspace\ndb1:keys=9,expires=4,avg_ttl=1500,keys_with_volatile_items=2",
            [
                ("db_keys", {"db": "db1"}, 9),
                ("db_keys_expiring", {"db": "db1"}, 4),
                ("db_avg_ttl_seconds", {"db": "db1"}, 1.5),
                ("db_keys_cached", {"db": "db1"}, 2),
                ("db_keys", {"db": "db0"}, 0),
                ("db_keys_expiring", {"db": "db0"}, 0),
            ],
        ),
        (
            "# Keyspace\ndb0:keys=9,expires=4\ndb1:keys=1,expires=0",
            [
                ("db_keys", {"db": "db0"}, 9),
                ("db_keys_expiring", {"db": "db0"}, 4),
                ("db_keys", {"db": "db1"}, 1),
                ("db_keys_expiring", {"db": "db1"}, 0),
            ],
        ),
    ],
)
def test_databases(text: str, expected: list[tuple[str, dict[str, str], float]]) -> None:
    assert of(text, databases=2) == [(name, "gauge", labels, value) for name, labels, value in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\ntcp_port:6379",
            {"redis_version": "7.0.15", "redis_mode": "standalone", "tcp_port": "6379"},
        ),
        (
            "# Server\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\nvalkey_release_stage:ga\r\nos:Linux x",
            {"redis_version": "7.2.4", "os": "Linux x", "valkey_version": "9.1.2", "valkey_release_stage": "ga"},
        ),
    ],
)
def test_what_an_instance_is(text: str, expected: dict[str, str]) -> None:
    (found,) = (each for each in of_info.points(parse(text), 0, 0) if each.metric == "instance_info")
    assert (found.type, found.value) == ("gauge", 1)
    every = ("role", "redis_version", "redis_build_id", "redis_mode", "os", "maxmemory_policy", "tcp_port", "run_id")
    every += ("process_id", "master_replid")
    assert dict(found.labels) == dict.fromkeys(every, "") | expected


OVERCOME = "config_client_output_buffer_limit_overcome_seconds"
CONFIG = [b"databases", b"4", b"maxmemory", b"1048576", b"client-output-buffer-limit", b"normal 0 0 0 slave 256 64 60"]
INFO = "# Server\r\nredis_version:7.2.4\r\n# Commandstats\r\ncmdstat_get:calls=3,usec=7\r\ncmdstat_config|get:calls=1,"
INFO += "usec=5\r\ncmdstat_config|set:calls=1,usec=6\r\n"


@pytest.mark.parametrize(
    ("right", "replies", "expected"),
    [
        (
            "config|get",
            [CONFIG],
            [
                ("config_maxmemory", "gauge", {}, 1048576),
                ("config_client_output_buffer_limit_bytes", "gauge", {"class": "normal", "limit": "hard"}, 0),
                ("config_client_output_buffer_limit_bytes", "gauge", {"class": "normal", "limit": "soft"}, 0),
                (
                    "config_client_output_buffer_limit_overcome_seconds",
                    "gauge",
                    {"class": "normal", "limit": "soft"},
                    0,
                ),
                ("config_client_output_buffer_limit_bytes", "gauge", {"class": "slave", "limit": "hard"}, 256),
                ("config_client_output_buffer_limit_bytes", "gauge", {"class": "slave", "limit": "soft"}, 64),
                (
                    "config_client_output_buffer_limit_overcome_seconds",
                    "gauge",
                    {"class": "slave", "limit": "soft"},
                    60,
                ),
            ],
        ),
        (
            "cluster|info",
            [b"cluster_state:fail\r\ncluster_slots_ok:5\r\ncluster_stats_messages_sent:9\r\n"],
            [
                ("cluster_state", "gauge", {}, 0),
                ("cluster_slots_ok", "gauge", {}, 5),
                ("cluster_messages_sent_total", "gauge", {}, 9),
            ],
        ),
        (
            "latency|latest",
            [[[b"command", 1_700_000_000, 250, 900, 3]]],
            [
                ("latency_spike_last", "gauge", {"event_name": "command"}, 1_700_000_000),
                ("latency_spike_duration_seconds", "gauge", {"event_name": "command"}, 0.25),
            ],
        ),
        (
            "latency|histogram",
            [
                [
                    b"config",
                    [b"calls", 2, b"histogram_usec", [1, 1, 1048576, 2]],
                    b"get",
                    [b"calls", 3, b"histogram_usec", []],
                ]
            ],
            [
                ("commands_latencies_usec_bucket", "histogram", {"cmd": "config", "le": "1"}, 1),
                ("commands_latencies_usec_bucket", "histogram", {"cmd": "config", "le": "1.048576e+06"}, 2),
                ("commands_latencies_usec_bucket", "histogram", {"cmd": "config", "le": "+Inf"}, 2),
                ("commands_latencies_usec_sum", "histogram", {"cmd": "config"}, 11),
                ("commands_latencies_usec_count", "histogram", {"cmd": "config"}, 2),
                ("commands_latencies_usec_bucket", "histogram", {"cmd": "get", "le": "+Inf"}, 3),
                ("commands_latencies_usec_sum", "histogram", {"cmd": "get"}, 7),
                ("commands_latencies_usec_count", "histogram", {"cmd": "get"}, 3),
            ],
        ),
        (
            "slowlog|get",
            [[[14, 1_700_000_000, 15_000, [b"GET", b"\xff\x00"], b"127.0.0.1:9", b""]]],
            [
                ("slowlog_last_id", "gauge", {}, 14),
                ("last_slow_execution_duration_seconds", "gauge", {}, 0.015),
            ],
        ),
        (
            "slowlog|get",
            [[]],
            [("slowlog_last_id", "gauge", {}, 0), ("last_slow_execution_duration_seconds", "gauge", {}, 0)],
        ),
        ("slowlog|len", [5], [("slowlog_length", "gauge", {}, 5)]),
        (
            "commandlog|len",
            [1, 2, 3],
            [
                ("commandlog_slow_length", "gauge", {}, 1),
                ("commandlog_large_request_length", "gauge", {}, 2),
                ("commandlog_large_reply_length", "gauge", {}, 3),
            ],
        ),
    ],
)
def test_replies(right: str, replies: list[object], expected: list[Shown]) -> None:
    asked = next(each for each in ASKED if each.right == right)
    assert shown(asked.points(replies, parse(INFO))) == expected


@pytest.mark.parametrize(
    ("config", "cluster", "databases"),
    [([CONFIG], False, 4), ([CONFIG], True, 1), ([], True, 1), ([], False, 16), ([[b"databases", b"?"]], False, 16)],
)
def test_how_many_databases_are_shown(config: list[object], cluster: bool, databases: int) -> None:
    info = parse("# Cluster\r\ncluster_enabled:1" if cluster else "")
    answers = {next(each for each in ASKED if each.right == "config|get"): config} if config else {}
    found = [each for each in points_of(info, answers, 0) if each.metric == "db_keys"]
    assert [dict(each.labels)["db"] for each in found] == [f"db{index}" for index in range(databases)]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (99.9, "99.9"),
        (100000.0, "100000"),
        (1000000.0, "1e+06"),
        (1048576.0, "1.048576e+06"),
        (1e21, "1e+21"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-2097152.0, "-2.097152e+06"),
    ],
)
def test_numbers_in_labels_are_as_go_prints_them(number: float, text: str) -> None:
    assert label_number(number) == text


def test_samples_of_a_name_are_one_family_that_says_what_it_is() -> None:
    found = families([Point("up", "gauge", 1), Point("db_keys", "gauge", 3, (("db", "db0"),)), Point("up", "gauge", 0)])
    assert [(each.name, each.kind, len(each.samples)) for each in found] == [
        ("redis_up", "gauge", 2),
        ("redis_db_keys", "gauge", 1),
    ]
    assert all(each.help for each in found)
    assert families([Point(FIELDS["evicted_keys"].metric, "counter", 1)])[0].help == "`evicted_keys` of INFO."
