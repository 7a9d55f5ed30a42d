"""Every observation, by engine. Commands, metrics, dashboards, rules and documents are views of these."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.bloat import BLOAT
from observe.postgres.blocked import BLOCKED
from observe.postgres.cache_hit import CACHE_HIT_DATABASES
from observe.postgres.connections import CONNECTIONS
from observe.postgres.indexes import INDEXES
from observe.postgres.lag import LAG
from observe.postgres.locks import LOCKS
from observe.postgres.migration import MIGRATION
from observe.postgres.sequences import SEQUENCES
from observe.postgres.server import SERVER
from observe.postgres.sessions import SESSIONS
from observe.postgres.sizes import SIZES
from observe.postgres.slots import SLOTS
from observe.postgres.statements import SLOW
from observe.postgres.transaction_ids import TRANSACTION_IDS
from observe.postgres.transactions import LONG
from observe.postgres.vacuum import VACUUM
from observe.postgres.wraparound import WRAPAROUND
from observe.redis.clients import CLIENTS
from observe.redis.memory import MEMORY
from observe.redis.replication import REPLICATION
from observe.redis.server import SERVER as CACHE_SERVER
from observe.redis.traffic import EVICTIONS, TRAFFIC

NODE: tuple[Observation, ...] = (LAG, SERVER, CONNECTIONS, TRANSACTION_IDS, SLOTS, MIGRATION)
"""Of a PostgreSQL server as a whole: what `datatier health` looks at."""
POSTGRES: tuple[Observation, ...] = (
    *NODE,
    SESSIONS,
    LONG,
    BLOCKED,
    LOCKS,
    SLOW,
    SIZES,
    INDEXES,
    BLOAT,
    VACUUM,
    WRAPAROUND,
    SEQUENCES,
    CACHE_HIT_DATABASES,
)
REDIS: tuple[Observation, ...] = (CACHE_SERVER, REPLICATION, MEMORY, CLIENTS, TRAFFIC, EVICTIONS)


def queries(observations: tuple[Observation, ...] = POSTGRES) -> tuple[Observation, ...]:
    """Those that are a command of `datatier queries`."""
    parts = {each.id for observation in observations for each in observation.also}
    return tuple(each for each in observations if each.columns and each.id not in parts)
