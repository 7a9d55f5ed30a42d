"""Both engines on one page: what is up, what is wrong, what is nearly used up."""

from __future__ import annotations

from boards.expression import Aggregate, Compare, Metric, Rate
from boards.panels.panel import Board, Line, Panel
from boards.rules.recorded import CONNECTIONS, HITS, MEMORY, TRANSACTIONS

UP = Panel(
    id="up",
    title="Up",
    says="1 where the server answers and takes the login, 0 where not.",
    unit="none",
    lines=(Line(Metric("datatier_up")),),
    form="bars",
)
RESPONSE = Panel(
    id="response",
    title="Response time",
    says="From the question to the answer of the simplest question; more than usual: processor, disk or network.",
    unit="s",
    lines=(Line(Metric("datatier_response_seconds")),),
)
CHECKS = Panel(
    id="checks",
    title="Checks beyond their threshold",
    says="1 should be looked at within the working day, 2 now. `datatier health` says what mends each.",
    unit="none",
    lines=(Line(Compare(Metric("datatier_check_status"), ">", 0), "{{instance}} {{check}} {{object}}"),),
    form="list",
    empty="nothing is beyond its threshold",
)
REFUSED = Panel(
    id="refused",
    title="What may not be read",
    says="How many metrics are missing, why, and what ends it.",
    unit="none",
    lines=(Line(Aggregate("count", Metric("datatier_metric_refused"), ("reason", "grant")), "{{reason}}. {{grant}}"),),
    form="list",
    empty="nothing is refused",
)
CONNECTIONS_USED = Panel(
    id="connections",
    title="PostgreSQL: connections of max_connections",
    says="A pool that leaks climbs and never falls. At 100 % new logins fail.",
    unit="percentunit",
    lines=(Line(CONNECTIONS),),
    alarms=("postgres/connections-high", "postgres/connections-critical"),
    empty="no client is connected",
)
LAG = Panel(
    id="replica-lag",
    title="PostgreSQL: replica lag",
    says="Age of the last transaction that the replica has replayed; 0 while there is nothing to replay.",
    unit="s",
    lines=(Line(Metric("pg_replication_lag_seconds")),),
    alarms=("postgres/replica-lag",),
)
RATE = Panel(
    id="transactions",
    title="PostgreSQL: transactions",
    says="Committed and rolled back, a second. A sudden fall is a fault before PostgreSQL or in it.",
    unit="ops",
    lines=(Line(TRANSACTIONS),),
)
MEMORY_USED = Panel(
    id="memory",
    title="Redis: memory of maxmemory",
    says="A cache that may evict any key is full by design; any other fails writes or loses keys at 100 %.",
    unit="percentunit",
    lines=(Line(MEMORY),),
    alarms=("redis/memory-high", "redis/memory-critical"),
    empty="no node has a maxmemory",
)
COMMANDS = Panel(
    id="commands",
    title="Redis: commands",
    says="Commands a second.",
    unit="ops",
    lines=(Line(Rate(Metric("redis_commands_processed_total"))),),
)
HIT_RATIO = Panel(
    id="hit-ratio",
    title="Redis: hit ratio",
    says="Keys that were there, of all that were asked for. Below 0.8 a cache is too small, or its TTLs too short.",
    unit="percentunit",
    lines=(Line(HITS),),
    empty="nobody has asked for a key in the last five minutes",
)
AGES = Panel(
    id="ages",
    title="Age of what is read less often",
    says="Sizes, indexes and proofs are read at their own interval; this is how old they are.",
    unit="s",
    lines=(
        Line(Aggregate("max", Metric("datatier_group_age_seconds"), ("instance", "group")), "{{instance}} {{group}}"),
    ),
)

OVERVIEW = Board(
    id="overview",
    title="Overview",
    panels=(
        UP,
        CHECKS,
        RESPONSE,
        CONNECTIONS_USED,
        MEMORY_USED,
        LAG,
        RATE,
        COMMANDS,
        HIT_RATIO,
        REFUSED,
        AGES,
    ),
)
