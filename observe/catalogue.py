"""Every observation, by engine. Commands, metrics, dashboards, rules and documents are views of these."""

from __future__ import annotations

from observe.health.observed import POSTGRES as NODE_POSTGRES
from observe.health.observed import REDIS as NODE_REDIS
from observe.observation import Observation
from observe.postgres.bloat import BLOAT
from observe.postgres.blocked import BLOCKED
from observe.postgres.cache_hit import CACHE_HIT_DATABASES
from observe.postgres.faults import FAULTS
from observe.postgres.indexes import INDEXES
from observe.postgres.locks import LOCKS
from observe.postgres.replication import REPLICATION
from observe.postgres.sequences import SEQUENCES
from observe.postgres.sessions import SESSIONS
from observe.postgres.sizes import SIZES
from observe.postgres.statements import SLOW
from observe.postgres.transactions import LONG
from observe.postgres.vacuum import VACUUM
from observe.postgres.wraparound import WRAPAROUND
from observe.redis.client_list import CLIENT_LIST
from observe.redis.slow_log import SLOW_LOG
from observe.redis.usage import USAGE

POSTGRES: tuple[Observation, ...] = (
    *NODE_POSTGRES,
    SESSIONS,
    LONG,
    BLOCKED,
    LOCKS,
    SLOW,
    REPLICATION,
    FAULTS,
    SIZES,
    INDEXES,
    BLOAT,
    VACUUM,
    WRAPAROUND,
    SEQUENCES,
    CACHE_HIT_DATABASES,
)
REDIS: tuple[Observation, ...] = NODE_REDIS
"""Of a cache's node as a whole: each a row of INFO, all read in one round trip."""
REDIS_LISTS: dict[str, Observation] = {"usage": USAGE, "clients": CLIENT_LIST, "slowlog": SLOW_LOG}
"""What a cache's node has for people to read, by the name of its command."""


def queries(observations: tuple[Observation, ...] = POSTGRES) -> tuple[Observation, ...]:
    """Those that are a command of `datatier queries`."""
    parts = {each.id for observation in observations for each in observation.also}
    return tuple(each for each in observations if each.columns and each.id not in parts)
