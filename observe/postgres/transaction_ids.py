"""How old the oldest transaction id of the server is, of the two billion after which it takes no more writes."""

from __future__ import annotations

from knowledge.thresholds.postgres import TRANSACTION_IDS as THRESHOLD
from observe.observation import Finding, Observation, Rows, judged

_READ = """
SELECT datname::text AS database, age(datfrozenxid) AS ids,
       current_setting('autovacuum_freeze_max_age')::bigint AS freeze_max_age
FROM pg_database ORDER BY 2 DESC, 1 LIMIT 1
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    ((database, ids),) = ((str(row["database"]), int(str(row["ids"]))) for row in rows)
    message = f"the oldest transaction id, in {database}, is {ids:,} transactions old"
    return (judged(THRESHOLD, ids, message, mend="datatier queries wraparound"),)


TRANSACTION_IDS = Observation(
    id="transaction-ids",
    engine="postgres",
    question="How far is the server from running out of transaction ids?",
    read=lambda _: _READ,
    judge=_judge,
    thresholds=(THRESHOLD,),
    on_replica=False,
)
