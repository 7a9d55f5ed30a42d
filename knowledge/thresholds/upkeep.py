"""How much the upkeep of tables does at once, so that nobody waits long for it."""

from __future__ import annotations

MB = 10**6
DRAIN_PER_SECOND = 25_000
"""Rows that move from a default partition to another one. Measured on PostgreSQL 15 and 18, rows of 200 bytes with two
indexes, on two cores that had other work for eleven: 100,000 rows in 2.1 to 4.3 s, 10,000 in 0.1 to 0.3 s."""
DRAIN_ROWS = 50_000
"""Rows of one period that move in one transaction: everybody who uses the table waits for it, some two seconds at most,
as long as a run waits for a lock (`LOCK_SECONDS`)."""
PAST_PERIODS = 100
"""Periods of the past that get a partition in one run; the others wait for the next one."""
BATCH_ROWS = 1_000
"""Rows that one deletion takes: it is over within milliseconds, and so is every lock on a row."""
UNINDEXED_BYTES = 10 * MB
"""A larger table is not read whole for each batch."""
SECOND_LOCK = "100ms"
"""How long what already holds a lock waits for the next one. All of them together stay below deadlock_timeout (1 s):
where others hold what it waits for and wait for what it holds, it is the upkeep that gives up, not they."""
