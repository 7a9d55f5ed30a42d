"""Thresholds of what PostgreSQL stores: indexes, bloat, vacuum, sequences, the cache."""

from __future__ import annotations

from knowledge.alarms.facts import FACTS
from knowledge.alarms.postgres_thresholds import TRANSACTION_IDS_CRITICAL, TRANSACTION_IDS_HIGH
from knowledge.thresholds.threshold import Threshold, of_alarms

MB = 10**6
UNUSED_BYTES = 10 * MB
"""Smaller indexes cost next to nothing (PGHero, unused indexes)."""
UNUSED_DAYS = 35
"""Younger statistics have not seen a month's end (pganalyze, unused indexes)."""
FOREIGN_KEY_ROWS = 10_000
"""Smaller tables are read whole as quickly (PGHero, missing indexes)."""
BLOAT_FROM_BYTES = 10 * MB
"""Smaller relations are not measured: nothing is to be gained."""
BLOAT_BYTES = 100 * MB
"""What must be wasted besides the share (PGHero, index bloat)."""
VACUUM_FROM_ROWS = 10_000
"""Fewer dead, inserted or changed rows are nobody's trouble (awesome-prometheus-alerts, dead tuples)."""
CACHE_READS = 100_000
"""Blocks that must have been asked for before a ratio of theirs means anything: 800 MB of pages."""

STOPS_AT = 2**31 - 3_000_000
"""Age of the oldest transaction id at which no more are given: three million before they wrap around (PostgreSQL,
Preventing Transaction ID Wraparound Failures)."""

_STORAGE = "docs/runbooks/postgres-storage.md"
_IDS = "docs/runbooks/postgres-transaction-ids.md"

UNUSED_INDEX = Threshold(
    id="unused-index",
    warn=UNUSED_BYTES,
    critical=None,
    unit="bytes",
    source=f"PGHero: no scan and 10 MB or more; pganalyze: none within {UNUSED_DAYS} days. Summed over the replicas",
    meaning="No query uses the index, but every write keeps it up to date and it takes space.",
    first_steps=(
        "Ask whether a yearly report or a constraint's check needs it.",
        "Drop it in a migration with DROP INDEX CONCURRENTLY as its only statement.",
    ),
    runbook=_STORAGE,
)
DUPLICATE_INDEX = Threshold(
    id="duplicate-index",
    warn=0,
    critical=None,
    unit="bytes",
    source="PGHero, duplicate indexes: any",
    meaning="Another index of the table serves every query that this one does.",
    first_steps=("Drop it in a migration with DROP INDEX CONCURRENTLY as its only statement.",),
    runbook=_STORAGE,
)
COVERED_INDEX = Threshold(
    id="covered-index",
    warn=UNUSED_BYTES,
    critical=None,
    unit="bytes",
    source="PGHero, duplicate indexes: any whose columns another one begins with; here from the size of its unused "
    "ones on, as a shorter index has its use",
    meaning="A longer index begins with the same columns and can serve the same queries, a little slower.",
    first_steps=(
        "Compare the scans of both: `datatier queries indexes`.",
        "Drop the shorter one in a migration with DROP INDEX CONCURRENTLY as its only statement.",
    ),
    runbook=_STORAGE,
)
INVALID_INDEX = of_alarms(
    "invalid-index",
    FACTS,
    unit="bytes",
    warn=("index-invalid", 0),
    source="PGHero and pganalyze, invalid indexes: any",
)
FOREIGN_KEY_INDEX = Threshold(
    id="foreign-key-index",
    warn=FOREIGN_KEY_ROWS,
    critical=None,
    unit="rows",
    source="PGHero leaves out tables of fewer than 10,000 rows among missing indexes",
    meaning="Each DELETE of a referenced row, and each UPDATE of its key, reads the whole referencing table.",
    first_steps=("Create the index in a migration with CREATE INDEX CONCURRENTLY as its only statement.",),
    runbook="docs/runbooks/postgres-load.md",
)
BLOAT = Threshold(
    id="bloat",
    warn=20,
    critical=None,
    unit="%",
    source="pganalyze: 20 % of growth; PGHero: 100 MB wasted. Both must be passed",
    meaning="Pages hold dead rows and free space that reads go through and that no other table can use.",
    first_steps=(
        "See whether vacuum gets through: `datatier queries vacuum`.",
        "Rebuild an index with REINDEX INDEX CONCURRENTLY; a table at a quiet hour, as that locks it.",
    ),
    runbook=_STORAGE,
)
DEAD_ROWS = of_alarms(
    "dead-rows",
    FACTS,
    unit="%",
    warn=("vacuum-behind", 200),
    source="twice the dead rows at which autovacuum comes (PostgreSQL, Automatic Vacuuming)",
)
NEVER_VACUUMED = Threshold(
    id="never-vacuumed",
    warn=200,
    critical=None,
    unit="%",
    source="twice the inserts at which autovacuum comes (PostgreSQL, Automatic Vacuuming)",
    meaning="Without vacuum index-only scans read the table too, and one day every row has to be frozen at once.",
    first_steps=DEAD_ROWS.first_steps,
    runbook=_STORAGE,
)
NEVER_ANALYZED = Threshold(
    id="never-analyzed",
    warn=BLOAT_FROM_BYTES,
    critical=None,
    unit="bytes",
    source="from the size on from which bloat is looked for; pg_class.reltuples is -1 where a table was neither "
    "vacuumed nor analyzed, as all are after pg_upgrade before 18 (PostgreSQL, pg_class and pg_upgrade)",
    meaning="The planner knows neither how many rows the table has nor what is in its columns: plans may be bad.",
    first_steps=("Analyze the table by hand: it reads a sample and locks nobody out.",),
    runbook="docs/runbooks/postgres-load.md",
)
STALE_STATISTICS = Threshold(
    id="stale-statistics",
    warn=200,
    critical=None,
    unit="%",
    source="twice the changes at which autovacuum analyzes (PostgreSQL, Automatic Vacuuming)",
    meaning="The planner's statistics are of a table that has changed since: plans may be bad.",
    first_steps=("Analyze the table by hand: it reads a sample and locks nobody out.",),
    runbook="docs/runbooks/postgres-load.md",
)
AUTOVACUUM_OFF = Threshold(
    id="autovacuum-off",
    warn=100,
    critical=None,
    unit="%",
    source="the dead rows at which autovacuum would come (PostgreSQL, Automatic Vacuuming)",
    meaning="autovacuum is switched off, and there are as many dead rows as would have called it.",
    first_steps=("Switch it on again, or vacuum by a schedule.",),
    runbook=_STORAGE,
)
VACUUM_HELD_SECONDS = Threshold(
    id="vacuum-held",
    warn=86_400,
    critical=None,
    unit="s",
    source="pganalyze, xmin horizon: 24 h",
    meaning="What is open for so long may still see every row that died since, so vacuum removes none of them.",
    first_steps=("End the transaction, finish the prepared one, or drop the slot.", "Then vacuum."),
    runbook=_IDS,
)
VACUUM_HELD_TRANSACTIONS = Threshold(
    id="vacuum-held-transactions",
    warn=50_000_000,
    critical=200_000_000,
    unit="transactions",
    source="vacuum_freeze_min_age (50 million by default) is the age from which vacuum freezes, "
    "autovacuum_freeze_max_age (200 million) the one at which it is forced to (PostgreSQL, Routine Vacuuming)",
    meaning="Vacuum can freeze nothing that is younger than this holder, however often it runs.",
    first_steps=("End the transaction, finish the prepared one, or drop the slot.", "Then vacuum the oldest tables."),
    runbook=_IDS,
)
MULTIXACT_IDS = Threshold(
    id="multixact-ids",
    warn=TRANSACTION_IDS_HIGH,
    critical=TRANSACTION_IDS_CRITICAL,
    unit="multixacts",
    source="the shares of 2^31 at which the alarms of transaction ids ring: multixact ids wrap around in the same way "
    "(PostgreSQL, Multixacts and Wraparound)",
    meaning="Ids of row locks that several transactions share run out; at their end PostgreSQL stops giving any.",
    first_steps=("See what holds vacuum back: `datatier queries vacuum`.", "Vacuum the oldest tables."),
    runbook=_IDS,
)
SEQUENCE = of_alarms(
    "sequence",
    FACTS,
    unit="%",
    warn=("sequence-used", 90),
    critical=("sequence-used", 99),
    source="PGHero, sequences: 90 %; at 99 % an int4 has 21 million numbers left",
)
CACHE_HIT = Threshold(
    id="cache-hit",
    warn=99,
    critical=None,
    unit="%",
    below=True,
    source="PGHero and Heroku: 99 % of a database's reads",
    meaning="The data in use do not fit into shared_buffers; what the kernel caches is not counted.",
    first_steps=("See which tables and indexes read most.", "See whether a statement scans: `datatier queries slow`."),
    runbook="docs/runbooks/postgres-memory.md",
)
RELATION_CACHE_HIT = Threshold(
    id="cache-hit-relation",
    warn=98.5,
    critical=None,
    unit="%",
    below=True,
    source="ruby-pg-extras, table_cache_hit and index_cache_hit: 98.5 %",
    meaning=CACHE_HIT.meaning,
    first_steps=CACHE_HIT.first_steps,
    runbook=CACHE_HIT.runbook,
)
