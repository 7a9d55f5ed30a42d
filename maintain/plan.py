"""From what was observed and declared to what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from maintain.action import Action, MaintenancePlan, Skipped
from maintain.facts import CacheFacts, DatabaseFacts
from maintain.postgres import expiry, invalid, left_over, partitions, reindex, statistics, vacuum
from maintain.redis import defragment, purge
from maintain.unseen import unseen
from observe.observation import Observation
from observe.postgres.bloat import BLOAT
from observe.postgres.indexes import BROKEN_INDEXES
from observe.postgres.statements_reset import STATEMENTS_RESET
from observe.postgres.tables import TABLES
from observe.postgres.vacuum import VACUUM
from observe.postgres.vacuum_horizon import VACUUM_HORIZON
from observe.postgres.vacuum_running import VACUUM_RUNNING
from observe.postgres.wraparound import WRAPAROUND_TABLES

OBSERVATIONS: tuple[Observation, ...] = (
    TABLES,
    BROKEN_INDEXES,
    # Before the tables: a holder then counts as a little younger than it is, and a vacuum is rather planned in vain.
    VACUUM_HORIZON,
    VACUUM,
    VACUUM_RUNNING,
    WRAPAROUND_TABLES,
    BLOAT,
)
"""What has to be asked of the primary."""
IF_ASKED: tuple[Observation, ...] = (STATEMENTS_RESET,)
"""What has to be asked where statistics are to be reset."""
_POSTGRES: tuple[Callable[[DatabaseFacts], Iterator[Action | Skipped]], ...] = (
    left_over.actions,
    invalid.actions,
    partitions.actions,
    expiry.actions,
    vacuum.actions,
    reindex.actions,
    statistics.actions,
)
"""In the order in which they are done: first what frees something, last what takes longest."""
_REDIS: tuple[Callable[[CacheFacts], Iterator[Action | Skipped]], ...] = (purge.actions, defragment.actions)


def plan(
    databases: Iterable[DatabaseFacts] = (), caches: Iterable[CacheFacts] = (), skipped: Iterable[Skipped] = ()
) -> MaintenancePlan:
    """All that is to be done, and what is not and why.

    :param skipped: what is known already not to be done: servers that did not answer.
    """
    found: list[Action | Skipped] = []
    for facts in databases:
        found += (each for planner in _POSTGRES for each in planner(facts))
        found += unseen(facts.observed.values())
    for cache in caches:
        found += (each for planner in _REDIS for each in planner(cache))
    return MaintenancePlan(
        actions=tuple(each for each in found if isinstance(each, Action)),
        skipped=(*(each for each in found if isinstance(each, Skipped)), *skipped),
    )
