"""Active defragmentation, where values lie scattered: a parameter of the cache, which maintenance only names."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.redis import SCATTERED
from maintain.action import Action, Skipped
from maintain.facts import CacheFacts
from observe.redis.fragmentation import FRAGMENTATION


def actions(facts: CacheFacts) -> Iterator[Action | Skipped]:
    """At most one, which is a line of the stack's file: ElastiCache has no CONFIG SET."""
    for finding in FRAGMENTATION.judge((facts.row,)):
        if finding.check != SCATTERED.id:
            continue
        if facts.row["defragmenting"]:
            yield Skipped(object=facts.node, why=f"{finding.message}; it is being defragmented now")
        elif facts.hosted:
            line = f'data-tier:redis: {{{facts.cache}: {{parameters: {{activedefrag: "yes"}}}}}} in the stack\'s file'
            yield Skipped(object=facts.node, why=f"{finding.message}; active defragmentation is off or idle", mend=line)
        else:
            # Servers that are built otherwise refuse it (config.c, isValidActiveDefrag).
            why = f"{finding.message}; active defragmentation is off or idle, or the server was built without it"
            yield Skipped(object=facts.node, why=why, mend="CONFIG SET activedefrag yes")
