"""PostgreSQL: load, sessions, memory, writes, tables."""

from __future__ import annotations

from boards.expression import NODE, Aggregate, Binary, Compare, Matcher, Metric, Rate, Top
from boards.panels.panel import Board, Line, Panel
from boards.rules.recorded import CACHE_HITS, SESSIONS, WAL

TABLE = (NODE, "datname", "schemaname", "relname")
_NAMED = "{{instance}} {{relname}}"


def _sum(name: str) -> Aggregate:
    return Aggregate("sum", Rate(Metric(name)))


def _sessions(*matchers: Matcher, by: tuple[str, ...] = (NODE,)) -> Aggregate:
    return Aggregate("sum", Metric("pg_stat_activity_count", matchers), by)


PANELS = (
    Panel(
        id="pg-sessions",
        title="Sessions by state",
        says="`active` beyond the processors wait for them; `idle in transaction` hold locks and keep vacuum away.",
        unit="short",
        empty="no client is connected",
        lines=(
            Line(
                Compare(_sessions(("backend_type", "=", "client backend"), by=(NODE, "state")), ">", 0),
                "{{instance}} {{state}}",
            ),
        ),
    ),
    Panel(
        id="pg-logins",
        title="Sessions by login",
        says="Which login uses how many connections.",
        unit="short",
        empty="no client is connected",
        lines=(
            Line(
                Compare(_sessions(("backend_type", "=", "client backend"), by=(NODE, "usename")), ">", 0),
                "{{instance}} {{usename}}",
            ),
        ),
    ),
    Panel(
        id="pg-connections",
        title="Connections and their maximum",
        says="Client connections, and max_connections.",
        unit="short",
        lines=(
            Line(SESSIONS, "{{instance}} used"),
            Line(Metric("pg_settings_max_connections"), "{{instance}} maximum"),
        ),
    ),
    Panel(
        id="pg-waiting",
        title="Sessions that wait for a lock",
        says="More than three for minutes: one session holds up the others. `datatier queries blocked` shows which.",
        unit="short",
        lines=(Line(_sessions(("wait_event_type", "=", "Lock"))),),
        alarms=("postgres/sessions-blocked",),
        empty="no session waits for a lock",
    ),
    Panel(
        id="pg-longest",
        title="Longest transaction",
        says="By state. One of hours keeps vacuum from its work on every table.",
        unit="s",
        lines=(
            Line(
                Compare(
                    Aggregate(
                        "max", Metric("pg_stat_activity_max_tx_duration", (("state", "!=", ""),)), (NODE, "state")
                    ),
                    ">",
                    0,
                ),
                "{{instance}} {{state}}",
            ),
        ),
        empty="no transaction is open",
    ),
    Panel(
        id="pg-commits",
        title="Transactions",
        says="Rolled back ones are errors or decisions of the application.",
        unit="ops",
        lines=(
            Line(_sum("pg_stat_database_xact_commit"), "{{instance}} committed"),
            Line(_sum("pg_stat_database_xact_rollback"), "{{instance}} rolled back"),
        ),
    ),
    Panel(
        id="pg-rows",
        title="Rows written",
        says="Inserted, updated and deleted.",
        unit="ops",
        lines=(
            Line(_sum("pg_stat_database_tup_inserted"), "{{instance}} inserted"),
            Line(_sum("pg_stat_database_tup_updated"), "{{instance}} updated"),
            Line(_sum("pg_stat_database_tup_deleted"), "{{instance}} deleted"),
        ),
    ),
    Panel(
        id="pg-read",
        title="Rows read",
        says="`returned` are read by scans, `fetched` by indexes. Many more returned than fetched: sequential scans.",
        unit="ops",
        lines=(
            Line(_sum("pg_stat_database_tup_returned"), "{{instance}} returned"),
            Line(_sum("pg_stat_database_tup_fetched"), "{{instance}} fetched"),
        ),
    ),
    Panel(
        id="pg-cache-hit",
        title="Blocks found in shared_buffers",
        says="Low after a restart and in reports; what hurts is what the disk then takes.",
        unit="percentunit",
        lines=(Line(CACHE_HITS),),
    ),
    Panel(
        id="pg-temporary",
        title="Temporary files",
        says="What sorts and hashes write that do not fit into work_mem.",
        unit="Bps",
        lines=(Line(_sum("pg_stat_database_temp_bytes")),),
    ),
    Panel(
        id="pg-deadlocks",
        title="Deadlocks and cancelled queries",
        says="Deadlocks, and on replicas queries that replay had to cancel.",
        unit="ops",
        lines=(
            Line(_sum("pg_stat_database_deadlocks"), "{{instance}} deadlocks"),
            Line(_sum("pg_stat_database_conflicts"), "{{instance}} cancelled"),
        ),
    ),
    Panel(
        id="pg-locks",
        title="Locks",
        says="By mode. ACCESS EXCLUSIVE ones stop readers too.",
        unit="short",
        lines=(
            Line(Compare(Aggregate("sum", Metric("pg_locks_count"), (NODE, "mode")), ">", 0), "{{instance}} {{mode}}"),
        ),
    ),
    Panel(
        id="pg-wal",
        title="WAL of max_wal_size",
        says="More than twice: a slot holds it back, or a bulk load is running.",
        unit="percentunit",
        lines=(Line(WAL),),
        alarms=("postgres/wal-disk-usage",),
    ),
    Panel(
        id="pg-size",
        title="Database size",
        says="On disk, with indexes.",
        unit="bytes",
        lines=(Line(Metric("pg_database_size_bytes"), "{{instance}} {{datname}}"),),
    ),
    Panel(
        id="pg-tables",
        title="Largest tables",
        says="Tables and their indexes.",
        unit="bytes",
        lines=(
            Line(
                Top(
                    10,
                    Binary(
                        Metric("pg_stat_user_tables_table_size_bytes"),
                        "+",
                        Metric("pg_stat_user_tables_index_size_bytes"),
                        on=TABLE,
                    ),
                ),
                _NAMED,
            ),
        ),
        form="bars",
    ),
    Panel(
        id="pg-dead",
        title="Dead rows",
        says="What vacuum has to remove. Growing without end: something holds it back.",
        unit="short",
        lines=(Line(Top(10, Metric("pg_stat_user_tables_n_dead_tup")), _NAMED),),
        form="bars",
    ),
    Panel(
        id="pg-scans",
        title="Rows read by sequential scans",
        says="The tables that a missing index would show in.",
        unit="ops",
        lines=(Line(Top(10, Rate(Metric("pg_stat_user_tables_seq_tup_read"))), _NAMED),),
        form="bars",
    ),
)
POSTGRES = Board(id="postgres", title="PostgreSQL", panels=PANELS)
