"""What rules and dashboards share: recorded once, under `level:metric:operations`.

https://prometheus.io/docs/practices/rules/
"""

from __future__ import annotations

from boards.expression import Aggregate, Binary, Compare, Metric, Rate, Recorded

SESSIONS = Aggregate("sum", Metric("pg_stat_activity_count", (("backend_type", "=", "client backend"),)))
CONNECTIONS = Recorded(
    "instance:pg_connections:ratio",
    Binary(SESSIONS, "/", Metric("pg_settings_max_connections")),
    "Client connections of max_connections.",
)
CACHE_HITS = Recorded(
    "instance:pg_blocks_hit:ratio_rate5m",
    Binary(
        Aggregate("sum", Rate(Metric("pg_stat_database_blks_hit"), 300)),
        "/",
        Compare(
            Binary(
                Aggregate("sum", Rate(Metric("pg_stat_database_blks_hit"), 300)),
                "+",
                Aggregate("sum", Rate(Metric("pg_stat_database_blks_read"), 300)),
            ),
            ">",
            0,
        ),
    ),
    "Blocks that shared_buffers had, of all that were asked for.",
)
TRANSACTIONS = Recorded(
    "instance:pg_transactions:rate5m",
    Binary(
        Aggregate("sum", Rate(Metric("pg_stat_database_xact_commit"), 300)),
        "+",
        Aggregate("sum", Rate(Metric("pg_stat_database_xact_rollback"), 300)),
    ),
    "Transactions a second, rolled back or not.",
)
WAL = Recorded(
    "instance:pg_wal_of_max:ratio",
    Binary(Metric("pg_wal_size_bytes"), "/", Metric("pg_settings_max_wal_size_bytes")),
    "WAL on disk, of the max_wal_size that checkpoints keep to.",
)
MEMORY = Recorded(
    "instance:redis_memory:ratio",
    Binary(Metric("redis_memory_used_bytes"), "/", Compare(Metric("redis_memory_max_bytes"), ">", 0)),
    "Memory in use, of maxmemory.",
)
CLIENTS = Recorded(
    "instance:redis_clients:ratio",
    Binary(Metric("redis_connected_clients"), "/", Metric("redis_max_clients")),
    "Clients, of maxclients.",
)
HITS = Recorded(
    "instance:redis_keyspace_hits:ratio_rate5m",
    Binary(
        Rate(Metric("redis_keyspace_hits_total"), 300),
        "/",
        Compare(
            Binary(
                Rate(Metric("redis_keyspace_hits_total"), 300), "+", Rate(Metric("redis_keyspace_misses_total"), 300)
            ),
            ">",
            0,
        ),
    ),
    "Keys that were there, of all that were asked for.",
)
MAIN_THREAD = Recorded(
    "instance:redis_main_thread:rate1m",
    Binary(
        Rate(Metric("redis_cpu_sys_main_thread_seconds_total"), 60),
        "+",
        Rate(Metric("redis_cpu_user_main_thread_seconds_total"), 60),
    ),
    "Share of a processor that the thread takes which runs the commands.",
)

RECORDED: tuple[Recorded, ...] = (CONNECTIONS, CACHE_HITS, TRANSACTIONS, WAL, MEMORY, CLIENTS, HITS, MAIN_THREAD)
