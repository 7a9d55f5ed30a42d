"""Redis and Valkey: load, memory, keys, clients, replication."""

from __future__ import annotations

from boards.expression import NODE, Aggregate, Binary, Compare, Metric, Rate, Top
from boards.panels.panel import Board, Line, Panel
from boards.rules.recorded import CLIENTS, MAIN_THREAD

COMMAND = (NODE, "cmd")


def _rate(name: str) -> Rate:
    return Rate(Metric(name))


PANELS = (
    Panel(
        id="redis-cpu",
        title="Main thread",
        says="Share of a processor that runs commands. At 100 % they queue up.",
        unit="percentunit",
        lines=(Line(MAIN_THREAD),),
        alarms=("redis/engine-cpu-high",),
    ),
    Panel(
        id="redis-latency",
        title="Time of a command",
        says="Mean time in the server, the slowest commands.",
        unit="s",
        lines=(
            Line(
                Top(
                    10,
                    Binary(
                        _rate("redis_commands_duration_seconds_total"),
                        "/",
                        Compare(_rate("redis_commands_total"), ">", 0),
                        on=COMMAND,
                    ),
                ),
                "{{instance}} {{cmd}}",
            ),
        ),
        form="bars",
    ),
    Panel(
        id="redis-top",
        title="Busiest commands",
        says="Seconds of the main thread in a second.",
        unit="percentunit",
        lines=(Line(Top(10, _rate("redis_commands_duration_seconds_total")), "{{instance}} {{cmd}}"),),
        form="bars",
    ),
    Panel(
        id="redis-memory",
        title="Memory",
        says="Used for data, taken from the system, and the maximum.",
        unit="bytes",
        lines=(
            Line(Metric("redis_memory_used_bytes"), "{{instance}} used"),
            Line(Metric("redis_memory_used_rss_bytes"), "{{instance}} of the system"),
            Line(Compare(Metric("redis_memory_max_bytes"), ">", 0), "{{instance}} maximum"),
        ),
    ),
    Panel(
        id="redis-fragmentation",
        title="Fragmentation",
        says="Memory of the system for each byte in use. Below 1 a part is swapped out.",
        unit="none",
        lines=(Line(Metric("redis_mem_fragmentation_ratio")),),
    ),
    Panel(
        id="redis-keys",
        title="Keys",
        says="All, and those with a TTL.",
        unit="short",
        lines=(
            Line(Aggregate("sum", Metric("redis_db_keys")), "{{instance}} all"),
            Line(Aggregate("sum", Metric("redis_db_keys_expiring")), "{{instance}} with a TTL"),
        ),
    ),
    Panel(
        id="redis-gone",
        title="Keys that expire or are evicted",
        says="Evicted ones are thrown out before their time because memory is full.",
        unit="ops",
        lines=(
            Line(_rate("redis_expired_keys_total"), "{{instance}} expired"),
            Line(_rate("redis_evicted_keys_total"), "{{instance}} evicted"),
        ),
        alarms=("redis/evictions",),
    ),
    Panel(
        id="redis-clients",
        title="Clients of maxclients",
        says="Beyond the last one clients are rejected.",
        unit="percentunit",
        lines=(Line(CLIENTS),),
        alarms=("redis/connections-high",),
    ),
    Panel(
        id="redis-blocked",
        title="Clients that wait",
        says="In BLPOP and the like, and how many connections were rejected.",
        unit="short",
        lines=(
            Line(Metric("redis_blocked_clients"), "{{instance}} blocked"),
            Line(_rate("redis_rejected_connections_total"), "{{instance}} rejected a second"),
        ),
    ),
    Panel(
        id="redis-network",
        title="Network",
        says="Bytes read and written by clients.",
        unit="Bps",
        lines=(
            Line(_rate("redis_net_input_bytes_total"), "{{instance}} in"),
            Line(_rate("redis_net_output_bytes_total"), "{{instance}} out"),
        ),
    ),
    Panel(
        id="redis-denied",
        title="Denied by ACL",
        says="Wrong logins, commands, keys and channels: a client without its access declaration, or misuse.",
        unit="ops",
        lines=tuple(
            Line(_rate(f"redis_acl_access_denied_{what}_total"), f"{{{{instance}}}} {name}")
            for what, name in (("auth", "login"), ("cmd", "command"), ("key", "key"), ("channel", "channel"))
        ),
    ),
    Panel(
        id="redis-slow",
        title="Slow log",
        says="How many commands it holds. `redis-cli SLOWLOG GET` shows them.",
        unit="short",
        lines=(Line(Metric("redis_slowlog_length")),),
    ),
    Panel(
        id="redis-lag",
        title="Lag of replicas",
        says="Seconds since a replica acknowledged; the primary reports it.",
        unit="s",
        lines=(Line(Metric("redis_connected_slave_lag_seconds"), "{{instance}} {{slave_ip}}:{{slave_port}}"),),
        alarms=("redis/replication-lag",),
        empty="no node has a replica",
    ),
    Panel(
        id="redis-spaces",
        title="Key spaces",
        says="Keys of each declared space, as `datatier keys` last counted them.",
        unit="short",
        lines=(Line(Metric("datatier_keyspace_keys"), "{{instance}} {{space}}"),),
        empty="no space has been counted yet: `datatier keys CACHE` counts them",
    ),
)
REDIS = Board(id="redis", title="Redis and Valkey", panels=PANELS)
