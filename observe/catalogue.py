"""Every observation, by engine. Commands, metrics, dashboards, rules and documents are views of these."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.blocked import BLOCKED
from observe.postgres.connections import CONNECTIONS
from observe.postgres.indexes import INDEXES
from observe.postgres.locks import LOCKS
from observe.postgres.replication import REPLICATION
from observe.postgres.sessions import SESSIONS
from observe.postgres.sizes import SIZES
from observe.postgres.statements import SLOW
from observe.postgres.transactions import LONG
from observe.postgres.vacuum import VACUUM
from observe.postgres.wraparound import WRAPAROUND
from observe.redis.client_list import CLIENTS_LISTED
from observe.redis.memory import MEMORY
from observe.redis.slow_log import SLOW_LOG

POSTGRES: tuple[Observation, ...] = (
    CONNECTIONS,
    SESSIONS,
    LONG,
    BLOCKED,
    LOCKS,
    SLOW,
    REPLICATION,
    SIZES,
    INDEXES,
    VACUUM,
    WRAPAROUND,
)
REDIS: tuple[Observation, ...] = (MEMORY, CLIENTS_LISTED, SLOW_LOG)


def queries(observations: tuple[Observation, ...] = POSTGRES) -> tuple[Observation, ...]:
    """Those that are a command of `datatier queries`."""
    parts = {each.id for observation in observations for each in observation.also}
    return tuple(each for each in observations if each.columns and each.id not in parts)
