"""Every observation, by engine. Commands, metrics, dashboards, rules and documents are views of these."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.connections import CONNECTIONS
from observe.postgres.sessions import SESSIONS
from observe.postgres.transactions import LONG
from observe.redis.memory import MEMORY

POSTGRES: tuple[Observation, ...] = (CONNECTIONS, SESSIONS, LONG)
REDIS: tuple[Observation, ...] = (MEMORY,)


def queries(observations: tuple[Observation, ...] = POSTGRES) -> tuple[Observation, ...]:
    """Those that are a command of `datatier queries`."""
    return tuple(each for each in observations if each.columns)
