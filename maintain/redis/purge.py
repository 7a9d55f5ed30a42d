"""MEMORY PURGE, where the allocator keeps pages that hold nothing and can give them back."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.redis import FREED_KEPT
from knowledge.thresholds.threshold import Status
from maintain.action import Action, Skipped
from maintain.facts import CacheFacts
from observe.redis.fragmentation import FRAGMENTATION, jemalloc

NEEDS = "memory|purge"
"""The right, as an access string has it."""


def actions(facts: CacheFacts) -> Iterator[Action | Skipped]:
    """At most one."""
    if not jemalloc(facts.row):
        yield Skipped(
            object=facts.node,
            why=f"its allocator, {facts.row['allocator']}, has neither purge nor defragmentation: MEMORY PURGE would "
            "be answered with OK and do nothing",
            mend="a restart or a failover, should it ever take too much",
        )
        return
    for finding in FRAGMENTATION.judge((facts.row,)):
        if finding.check != FREED_KEPT.id or finding.status is Status.OK:
            continue
        if facts.purger is None:
            why = f"{finding.message}; no identity may send MEMORY PURGE, for which everybody waits"
            yield Skipped(object=facts.node, why=why, mend="a failover to a replica, which begins with fresh memory")
            return
        yield Action(
            kind="purge",
            node=facts.node,
            object=facts.cache,
            statements=(finding.mend,),
            why=f"{finding.message}; the node answers nobody while it gives them back",
            lock="",
            needs=f"+{NEEDS}",
            role=facts.purger,
            bytes=int(float(str(facts.row["kept_bytes"]))),
        )
