"""Redis and Valkey parameters of one ElastiCache replication group."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.parameters import DEFAULT, EVERY, ApplyMethod, Parameter, ParameterError, Value, plain
from knowledge.redis.catalogue import CATALOGUE, REDIS_VERSIONS, check

SMALL = 2 * 1024**3
CHANNELS, EVENTS, EVICTION = "acl-pubsub-default", "notify-keyspace-events", "maxmemory-policy"
USUAL_EVICTION = "volatile-lru"
"""What every version has of itself (ElastiCache User Guide, ParameterGroups.Engine)."""
USUAL_RESERVE = 25
"""Percent of a node's memory that every version reserves of itself (the same)."""
LAZYFREE = (
    "lazyfree-lazy-eviction",
    "lazyfree-lazy-expire",
    "lazyfree-lazy-server-del",
    "lazyfree-lazy-user-del",
)
"""Deleting in the background; from Valkey 8 on the engine always does."""


def redis_family(engine: str, version: str) -> str:
    """Name the parameter group family, e.g. `valkey8`; it is not the version with an x behind it."""
    versions = REDIS_VERSIONS.get(engine)
    if versions is None:
        raise ParameterError([f"engine {engine!r} is not offered; choose one of {', '.join(REDIS_VERSIONS)}"])
    if version not in versions:
        raise ParameterError([f"ElastiCache has no {engine} {version!r}; choose one of {', '.join(versions)}"])
    return versions[version]


def node_count(shards: int | None, replicas: int) -> int:
    """Nodes of a replication group: each shard has a primary and its replicas."""
    return (shards or 1) * (replicas + 1)


def nodes_problem(shards: int | None, replicas: int) -> str | None:
    """What is wrong with the number of nodes; None when nothing is (ElastiCache quota: nodes per cluster)."""
    nodes = node_count(shards, replicas)
    if nodes <= 500:
        return None
    return f"{shards} shards of {replicas + 1} nodes are {nodes} nodes; ElastiCache takes 500"


def multi_az_problem(multi_az: bool, replicas: int) -> str | None:
    """Why ElastiCache would not spread a cache over zones; None when it would (MultiAZEnabled)."""
    return "needs at least one replica to fail over to" if multi_az and not replicas else None


def redis_parameters(
    memory_bytes: int,
    engine: str,
    version: str,
    *,
    eviction: str,
    cluster_mode: bool,
    keyspace_events: str = "",
    overrides: Mapping[str, Value] | None = None,
    in_use: bool = False,
) -> tuple[Parameter, ...]:
    """Return the parameters of one cache, sorted by name.

    :param memory_bytes: the node's `maxmemory`.
    :param eviction: maxmemory-policy: what goes when memory is full; `noeviction` for queues.
    :param overrides: by name; `default` leaves a parameter to the engine, and `*` with it all that are not named.
    :param in_use: whether the group is one that a cache has already, in which `databases` cannot be set any more.

    Raise `ParameterError` with all problems: an unknown engine, version or parameter, one that ElastiCache keeps for
    itself, or a value that it would refuse or silently ignore.
    """
    family = redis_family(engine, version)
    wanted: dict[str, Value] = {
        EVICTION: eviction,
        # AWS keeps a quarter for copies during snapshots and failover; small nodes have less to spare beside it.
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/redis-memory-management.html
        "reserved-memory-percent": 30 if memory_bytes < SMALL else 25,
        "slowlog-log-slower-than": 10_000,
        "slowlog-max-len": 128,
        "tcp-keepalive": 300,
        "timeout": 300,
    }
    if CATALOGUE[CHANNELS].exists_in(family, version):
        # A user without channel rules gets no channel; the engine's default gives him all.
        wanted[CHANNELS] = "resetchannels"
    wanted |= {name: "yes" for name in LAZYFREE if CATALOGUE[name].exists_in(family, version)}
    if keyspace_events:
        wanted[EVENTS] = keyspace_events
    if not cluster_mode and not in_use:
        wanted["databases"] = 16
    named = dict(overrides or {})
    problems = []
    if named.pop(EVERY, DEFAULT) != DEFAULT:
        problems.append(f"{EVERY}: for every other parameter say {DEFAULT}")
    elif EVERY in (overrides or {}):
        wanted = {name: value for name, value in wanted.items() if _of_the_cache(name, value)}
    wanted |= named
    left = {name for name, value in wanted.items() if value == DEFAULT}

    values: dict[str, str] = {}
    for name, value in wanted.items():
        if name in left and name in CATALOGUE:
            continue
        values[name], problem = check(name, value, family, version)
        problems += [problem] if problem else []
    problems += _conflicts(values, family, cluster_mode)
    if problems:
        raise ParameterError(problems)
    if cluster_mode:
        values["cluster-enabled"] = "yes"
    # ElastiCache's API has no apply method; all but `databases`, which is set at creation, apply at once.
    return tuple(Parameter(name, plain(values[name]), ApplyMethod.IMMEDIATE) for name in sorted(values))


def _of_the_cache(name: str, value: Value) -> bool:
    """Whether a parameter follows from a key of the cache, and is not what the engine has of itself anyway."""
    return name == EVENTS or (name == EVICTION and value != USUAL_EVICTION)


def _conflicts(values: Mapping[str, str], family: str, cluster_mode: bool) -> list[str]:
    problems = []
    if cluster_mode and "databases" in values:
        more = "; use cluster-databases instead" if family == "valkey9" else ", or Valkey 9 with cluster-databases"
        problems.append(f"databases: in cluster mode there is database 0 only: leave it out{more}")
    if not cluster_mode and "cluster-databases" in values:
        problems.append("cluster-databases: it needs cluster mode; use databases instead")
    return problems
