"""What a cache node holds, how often keys were found, and who follows it: figures of INFO, a table each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from observe.observation import Observation, Row, Rows
from observe.redis.fragmentation import FRAGMENTATION
from observe.redis.info import INFO, number


def _merged(rows: Rows) -> dict[str, object]:
    """Several sections of INFO as one."""
    return {key: value for row in rows for key, value in row.items()}


def memory(rows: Rows) -> Rows:
    """INFO memory: what is data, and what clients, replicas and bookkeeping take."""
    (info,) = rows
    return (
        {
            "used_bytes": number(info, "used_memory"),
            "max_bytes": number(info, "maxmemory") or None,
            "policy": info.get("maxmemory_policy"),
            "data_bytes": number(info, "used_memory_dataset"),
            "clients_bytes": number(info, "mem_clients_normal"),
            "replicas_bytes": number(info, "mem_total_replication_buffers") or number(info, "mem_clients_slaves"),
            "resident_bytes": number(info, "used_memory_rss"),
        },
    )


def databases(rows: Rows) -> Rows:
    """INFO keyspace, a row for each database that holds keys."""
    return tuple(
        {
            "database": int(name.removeprefix("db")),
            "keys": int(number(counts, "keys")),
            "without_ttl": int(number(counts, "keys") - number(counts, "expires")),
            # Milliseconds, of a sample of keys with a TTL; 0 while none has been drawn.
            "mean_ttl_seconds": number(counts, "avg_ttl") / 1000 or None,
        }
        for name, counts in _merged(rows).items()
        if isinstance(counts, Mapping)
    )


def lookups(rows: Rows) -> Rows:
    """INFO stats: reads that found their key, and keys that went."""
    (info,) = rows
    hits, misses = number(info, "keyspace_hits"), number(info, "keyspace_misses")
    return (
        {
            "commands_per_second": number(info, "instantaneous_ops_per_sec"),
            "hits": int(hits),
            "misses": int(misses),
            "hit_percent": 100 * hits / (hits + misses) if hits + misses else None,
            "expired": int(number(info, "expired_keys")),
            "evicted": int(number(info, "evicted_keys")),
        },
    )


def turned_away(rows: Rows) -> Rows:
    """INFO clients and stats: who is connected, who came, and what was refused; None where a version does not count."""
    info = _merged(rows)

    def counted(key: str) -> int | None:
        return int(number(info, key)) if key in info else None

    return (
        {
            "connected": counted("connected_clients"),
            "limit": counted("maxclients"),
            "blocked": counted("blocked_clients"),
            "received": counted("total_connections_received"),
            "rejected": counted("rejected_connections"),
            "denied_login": counted("acl_access_denied_auth"),
            "denied_command": counted("acl_access_denied_cmd"),
            "denied_key": counted("acl_access_denied_key"),
            "denied_channel": counted("acl_access_denied_channel"),
        },
    )


def links(rows: Rows) -> Rows:
    """INFO replication and persistence: the replicas of a primary, or the primary of a replica."""
    return tuple(_links(_merged(rows)))


def _links(info: Mapping[str, object]) -> Iterator[Row]:
    offset, saving = number(info, "master_repl_offset"), bool(number(info, "rdb_bgsave_in_progress"))
    if info.get("role") == "slave":
        yield {
            "role": "replica",
            "other": f"{info.get('master_host')}:{info.get('master_port')}",
            "state": "loading" if number(info, "master_sync_in_progress") else str(info.get("master_link_status")),
            "heard_seconds": number(info, "master_last_io_seconds_ago"),
            "behind_bytes": None,
            "saving": saving,
        }
        return
    # redis-py reads `slave0:ip=...,port=...,state=online,offset=...,lag=0` as a mapping.
    replicas = [each for key, each in info.items() if key[:5] == "slave" and key[5:].isdecimal()]
    for each in replicas:
        if isinstance(each, Mapping):
            yield {
                "role": "primary",
                "other": f"{each['ip']}:{each['port']}",
                "state": str(each["state"]),
                "heard_seconds": number(each, "lag"),
                "behind_bytes": max(offset - number(each, "offset"), 0),
                "saving": saving,
            }
    if not replicas:
        yield {
            "role": "primary",
            "other": None,
            "state": None,
            "heard_seconds": None,
            "behind_bytes": None,
            "saving": saving,
        }


DATABASES = Observation(
    id="cache-databases",
    engine="redis",
    question="How many keys are in each database, and how many of them without a TTL?",
    read=("INFO keyspace",),
    arrange=databases,
    judge=lambda _: (),
    columns=("database", "keys", "without_ttl", "mean_ttl_seconds"),
    needs=(INFO,),
)
LOOKUPS = Observation(
    id="lookups",
    engine="redis",
    question="How often was a key found since its start, and how many expired or were thrown out?",
    read=("INFO stats",),
    arrange=lookups,
    judge=lambda _: (),
    columns=("commands_per_second", "hits", "misses", "hit_percent", "expired", "evicted"),
    needs=(INFO,),
)
TURNED_AWAY = Observation(
    id="turned-away",
    engine="redis",
    question="How many are connected, how many came since its start, and what was refused?",
    read=("INFO clients", "INFO stats"),
    arrange=turned_away,
    judge=lambda _: (),
    columns=(
        "connected",
        "limit",
        "blocked",
        "received",
        "rejected",
        "denied_login",
        "denied_command",
        "denied_key",
        "denied_channel",
    ),
    needs=(INFO,),
)
LINKS = Observation(
    id="links",
    engine="redis",
    question="Who replicates from whom, how far behind, and is a snapshot being written?",
    read=("INFO replication", "INFO persistence"),
    arrange=links,
    judge=lambda _: (),
    columns=("role", "other", "state", "heard_seconds", "behind_bytes", "saving"),
    needs=(INFO,),
)
USAGE = Observation(
    id="usage",
    engine="redis",
    question="What does each node of a cache hold, and what takes its memory?",
    read=("INFO memory",),
    arrange=memory,
    judge=lambda _: (),
    columns=("used_bytes", "max_bytes", "policy", "data_bytes", "clients_bytes", "replicas_bytes", "resident_bytes"),
    also=(FRAGMENTATION, DATABASES, LOOKUPS, LINKS),
    needs=(INFO,),
)
