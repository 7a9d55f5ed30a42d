"""From what was observed and declared to what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from maintain.action import Action, MaintenancePlan, Skipped
from maintain.facts import DatabaseFacts
from maintain.postgres import expiry, partitions, vacuum
from observe.observation import Observation
from observe.postgres.vacuum import VACUUM

OBSERVATIONS: tuple[Observation, ...] = (VACUUM,)
"""What has to be asked of the primary."""
_POSTGRES: tuple[Callable[[DatabaseFacts], Iterator[Action | Skipped]], ...] = (
    partitions.actions,
    expiry.actions,
    vacuum.actions,
)
"""In the order in which they are done."""


def plan(databases: Iterable[DatabaseFacts]) -> MaintenancePlan:
    """All that is to be done, and what is not and why."""
    found = [each for facts in databases for planner in _POSTGRES for each in planner(facts)]
    return MaintenancePlan(
        actions=tuple(each for each in found if isinstance(each, Action)),
        skipped=tuple(each for each in found if isinstance(each, Skipped)),
    )
