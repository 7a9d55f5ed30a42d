"""What a server says of itself, before its keys are copied or others are brought to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from keep.errors import KeepError

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True, kw_only=True)
class Server:
    """One node."""

    name: str
    """`redis` or `valkey`."""
    version: str
    clustered: bool
    databases: dict[int, int]
    """Database -> keys, of those that have some."""
    usage: str
    """What its eviction policy counts: `idletime`, `freq` or nothing."""
    maxmemory: int
    """Bytes; 0 where nothing limits it."""
    bare: int
    """Bytes of these that it takes without a key."""
    evicted: int
    """Keys that it has removed since its start for lack of memory."""
    dataset: int
    """Bytes that the keys take."""
    libraries: int
    """Of functions."""

    @property
    def title(self) -> str:
        """Such as `valkey 9.1.2`."""
        return f"{self.name} {self.version}"

    @property
    def keys(self) -> int:
        """How many there are."""
        return sum(self.databases.values())


def look(client: redis.Redis) -> Server:
    """Ask a node with INFO. Raise KeepError where it does not serve keys yet."""
    found: dict[str, Any] = {}
    for section in ("server", "memory", "cluster", "persistence", "stats"):
        found |= client.info(section)
    if found.get("loading"):
        raise KeepError("the server is loading its data: try again when it is done")
    databases = {int(name[2:]): int(each["keys"]) for name, each in client.info("keyspace").items()}
    policy = str(found.get("maxmemory_policy", ""))
    name = str(found.get("server_name") or ("valkey" if "valkey_version" in found else "redis"))
    return Server(
        name=name,
        version=str(found.get("valkey_version") or found["redis_version"]),
        clustered=found.get("cluster_enabled") == 1,
        databases=databases,
        usage="idletime" if policy.endswith("-lru") else "freq" if policy.endswith("-lfu") else "",
        maxmemory=int(found.get("maxmemory", 0)),
        bare=int(found.get("used_memory_startup", 0)),
        evicted=int(found.get("evicted_keys", 0)),
        dataset=int(found.get("used_memory_dataset", 0)),
        libraries=int(found.get("number_of_libraries", 0)),
    )


def clock(client: redis.Redis) -> datetime:
    """The server's clock."""
    answer = client.execute_command("TIME")  # type: ignore[no-untyped-call]
    seconds, micros = (int(each) for each in answer)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
