"""Clients against maxclients."""

from __future__ import annotations

from knowledge.thresholds.redis import CLIENTS as THRESHOLD
from observe.observation import Finding, Observation, Rows, judged
from observe.redis.info import INFO, number


def _judge(rows: Rows) -> tuple[Finding, ...]:
    (info,) = rows
    # Redis before 6.2 does not say maxclients.
    used, most = number(info, "connected_clients"), number(info, "maxclients")
    if not most:
        return ()
    message = f"{used:.0f} of {most:.0f} clients connected"
    return (judged(THRESHOLD, 100 * used / most, message, mend="datatier queries clients"),)


CLIENTS = Observation(
    id="clients",
    engine="redis",
    question="How many clients are connected, of how many that may?",
    read=("INFO clients",),
    judge=_judge,
    thresholds=(THRESHOLD,),
    needs=(INFO,),
)
