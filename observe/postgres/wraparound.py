"""How old the oldest transaction and multixact ids are: of each database, and of the tables of this one."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.postgres import TRANSACTION_IDS
from knowledge.thresholds.postgres_storage import MULTIXACT_IDS
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged

_DATABASES = """
SELECT d.datname::text AS database, age(d.datfrozenxid) AS transactions, mxid_age(d.datminmxid) AS multixacts,
       100 * age(d.datfrozenxid) / 2147483647.0::float8 AS used_percent,
       100 * mxid_age(d.datminmxid) / 2147483647.0::float8 AS multixact_percent,
       d.datname = current_database() AS current, d.datallowconn AS open
FROM pg_database d ORDER BY greatest(age(d.datfrozenxid), mxid_age(d.datminmxid)) DESC, 1
"""
# TOAST is vacuumed with its table, and the catalogs by the same statement. A partitioned table has no ids.
_TABLES = """
SELECT c.oid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS "table",
       greatest(age(c.relfrozenxid), age(t.relfrozenxid)) AS transactions,
       greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid)) AS multixacts,
       (greatest(c.relpages, 0) + greatest(t.relpages, 0))::bigint * current_setting('block_size')::int AS size_bytes,
       extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS vacuumed_seconds,
       current_setting('vacuum_failsafe_age')::bigint AS failsafe
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
ORDER BY greatest(age(c.relfrozenxid), age(t.relfrozenxid), mxid_age(c.relminmxid), mxid_age(t.relminmxid)) DESC, 2
"""


def of_databases(
    rows: Rows, transactions: Threshold = TRANSACTION_IDS, multixacts: Threshold = MULTIXACT_IDS
) -> tuple[Finding, ...]:
    """Every database, so that a good one is said to be."""
    return tuple(_worse(row, f"database {row['database']}", _mend(row), transactions, multixacts) for row in rows)


def of_tables(
    rows: Rows, transactions: Threshold = TRANSACTION_IDS, multixacts: Threshold = MULTIXACT_IDS
) -> tuple[Finding, ...]:
    """Only the tables that are too old."""
    return tuple(_old_tables(rows, transactions, multixacts))


def _old_tables(rows: Rows, transactions: Threshold, multixacts: Threshold) -> Iterator[Finding]:
    for row in rows:
        # What vacuum itself leaves out when it is late: the indexes can wait (PostgreSQL, vacuum_failsafe_age).
        late = int(str(row["transactions"])) > int(str(row["failsafe"]))
        options = "FREEZE, INDEX_CLEANUP off, TRUNCATE off" if late else "FREEZE"
        found = _worse(row, str(row["table"]), f"VACUUM ({options}) {row['table']}", transactions, multixacts)
        if found.status is not Status.OK:
            yield found


def _worse(row: Row, name: str, mend: str, transactions: Threshold, multixacts: Threshold) -> Finding:
    ages = int(str(row["transactions"])), int(str(row["multixacts"]))
    message = f"the oldest ids of {name} are {ages[0]:,} transactions and {ages[1]:,} multixacts old"
    by = [
        judged(threshold, age, message, object=name, mend=mend)
        for threshold, age in zip((transactions, multixacts), ages, strict=True)
    ]
    order = (Status.OK, Status.WARN, Status.CRITICAL)
    return max(by, key=lambda each: order.index(each.status))


def _mend(row: Row) -> str:
    if row["current"]:
        return "VACUUM (FREEZE)"
    # Nobody may connect to a template that is closed: autovacuum freezes it.
    return f"datatier queries wraparound --database {row['database']}" if row["open"] else "datatier queries vacuum"


WRAPAROUND_TABLES = Observation(
    id="wraparound-tables",
    engine="postgres",
    question="Which tables of this database have the oldest ids?",
    read=lambda _: _TABLES,
    judge=of_tables,
    thresholds=(TRANSACTION_IDS, MULTIXACT_IDS),
    columns=("table", "transactions", "multixacts", "size_bytes", "vacuumed_seconds"),
    every=300,
    on_replica=False,
)
WRAPAROUND = Observation(
    id="wraparound",
    engine="postgres",
    question="How far are the databases from running out of transaction ids and multixact ids?",
    read=lambda _: _DATABASES,
    judge=of_databases,
    thresholds=(TRANSACTION_IDS, MULTIXACT_IDS),
    columns=("database", "transactions", "used_percent", "multixacts", "multixact_percent"),
    on_replica=False,
    also=(WRAPAROUND_TABLES,),
)
