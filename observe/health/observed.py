"""What a look at every server reads of each, in the order in which it is shown."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.connections import CONNECTIONS
from observe.postgres.lag import LAG
from observe.postgres.migration import MIGRATION
from observe.postgres.server import SERVER
from observe.postgres.slots import SLOTS
from observe.postgres.transaction_ids import TRANSACTION_IDS
from observe.redis.clients import CLIENTS
from observe.redis.memory import MEMORY
from observe.redis.replication import REPLICATION
from observe.redis.server import SERVER as CACHE_SERVER
from observe.redis.traffic import EVICTIONS, TRAFFIC

POSTGRES: tuple[Observation, ...] = (LAG, SERVER, CONNECTIONS, TRANSACTION_IDS, SLOTS, MIGRATION)
REDIS: tuple[Observation, ...] = (CACHE_SERVER, REPLICATION, MEMORY, CLIENTS, TRAFFIC, EVICTIONS)
