"""What a node is: its engine and version, and the end of that version's support."""

from __future__ import annotations

from datetime import UTC, datetime

from knowledge.support import Product
from knowledge.thresholds.nodes import SUPPORT
from observe.observation import Finding, Observation, Row, Rows
from observe.redis.info import AT, INFO, number
from observe.support import supported


def version(info: Row) -> tuple[Product, str]:
    """Which product it is, in which version, by INFO server.

    Valkey says 7.2.4 as `redis_version`, for clients that look at no other field. ElastiCache is known by `os`.
    """
    own = info.get("valkey_version")
    hosted = "ElastiCache" in str(info.get("os"))
    if own or info.get("server_name") == "valkey":
        return ("elasticache-valkey" if hosted else "valkey"), str(own or info["redis_version"])
    return ("elasticache-redis" if hosted else "redis"), str(info["redis_version"])


def _judge(rows: Rows) -> tuple[Finding, ...]:
    (info,) = rows
    return (supported(*version(info), datetime.fromtimestamp(number(info, AT), UTC).date()),)


SERVER = Observation(
    id="server",
    engine="redis",
    question="Which engine and version is it, and how long is that supported?",
    read=("INFO server",),
    judge=_judge,
    thresholds=(SUPPORT,),
    needs=(INFO,),
)
