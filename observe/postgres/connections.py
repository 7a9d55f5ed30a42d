"""Connections against every limit: the server's, each database's and each login's."""

from __future__ import annotations

from bootstrap.postgres.pressure import CONNECTIONS_IN_USE
from knowledge.thresholds.postgres import CONNECTIONS as THRESHOLD
from observe.observation import PG_MONITOR, Finding, Observation, Rows, judged
from observe.postgres.login_roles import LOGIN_ROLES
from observe.postgres.memory_settings import MEMORY_SETTINGS


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return tuple(
        judged(
            THRESHOLD,
            100 * used / limit,
            f"{whose} uses {used} of {limit} connections",
            object=str(whose),
            mend="datatier queries sessions",
        )
        for whose, used, limit in ((row["whose"], int(str(row["used"])), int(str(row["limit"]))) for row in rows)
    )


CONNECTIONS = Observation(
    id="connections",
    engine="postgres",
    question="How many connections are in use, of which limit?",
    read=lambda _: CONNECTIONS_IN_USE,
    judge=_judge,
    thresholds=(THRESHOLD,),
    columns=("whose", "used", "limit"),
    also=(LOGIN_ROLES, MEMORY_SETTINGS),
    needs=(PG_MONITOR,),
)
