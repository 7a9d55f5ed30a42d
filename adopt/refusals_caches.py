"""Caches that cannot be taken over, each with why and the way. Pure.

The ways are those of the ElastiCache User Guide: in-transit-encryption-enable, auth, Clusters.RBAC,
Replication.CreatingReplGroup.ExistingCluster, Redis-Global-Datastores, VersionManagement.HowTo.
"""

from __future__ import annotations

from collections.abc import Iterator

from adopt import cache_facts as facts
from adopt.estate import Described, Estate, RunningCache
from adopt.instance_facts import vpc
from adopt.refusal import Refusal
from knowledge import classes
from knowledge.commands import in_region
from knowledge.names import LONGEST_CACHE, cache_problem, server
from knowledge.redis.abilities import has_tls_mode
from knowledge.redis.catalogue import REDIS_VERSIONS
from knowledge.versions import numbers

_QUIET = ("available", "snapshotting")
"""States in which what is described is what is."""


def cache_refusals(estate: Estate) -> Iterator[Refusal]:
    """Everything that keeps a cache out of the stack; none of it keeps the others out."""
    for name, cache in estate.caches.items():
        for why, way in _of(cache, estate):
            yield Refusal(what=cache.identifier, why=why, way=in_region(way, cache.region), server=("cache", name))


def misnamed(estate: Estate, prefix: str) -> Iterator[Refusal]:
    """Caches whose name in the stack is too long: secrets, logs and snapshots are named `prefix` and it."""
    for name, cache in estate.caches.items():
        if problem := cache_problem(server(prefix, name)):
            yield Refusal(
                what=cache.identifier,
                why=f"what the stack makes for it is named after it, and {problem}",
                way=f"call it something shorter in the stack: `--cache NAME={cache.identifier}`",
                server=("cache", name),
            )


Reason = tuple[str, str]
"""Why and the way."""


def _of(cache: RunningCache, estate: Estate) -> Iterator[Reason]:
    if facts.is_serverless(cache):
        yield _serverless(str(cache.serverless["ServerlessCacheName"]))
    elif facts.engine(cache) == "memcached":
        yield (
            "it is Memcached, and the caches of a stack are Valkey or Redis",
            "leave it outside the stack; what it holds can be made again, so a cache of the stack can take its place",
        )
    elif not cache.nodes:
        yield (
            "its nodes could not be read, which have its version, its networks and its parameter group",
            "allow elasticache:DescribeCacheClusters, then adopt it again",
        )
    else:
        group = cache.identifier
        if not facts.is_grouped(cache):
            group = f"{cache.identifier[: LONGEST_CACHE - len('-group')].rstrip('-')}-group"
            yield _single(cache.identifier, group)
        yield from _state(cache)
        yield from _global(cache)
        yield from _place(cache, estate)
        yield from _known(cache, group)
        yield from _shards(cache)
        yield from _logins(cache, group)


def _serverless(name: str) -> Reason:
    return (
        "it is a serverless cache, and the caches of a stack have nodes",
        "leave it outside the stack, or fill a cache of the stack from it: `aws elasticache "
        f"create-serverless-cache-snapshot --serverless-cache-name {name} --serverless-cache-snapshot-name "
        f"{name}-adopt`, `aws elasticache export-serverless-cache-snapshot --serverless-cache-snapshot-name "
        f"{name}-adopt --s3-bucket-name BUCKET`, and a new group with `--snapshot-arns` of that file",
    )


def _single(name: str, group: str) -> Reason:
    return (
        "it is a single node without a replication group, and a stack declares groups",
        "make it the primary of one, which takes it as it is, without a pause: `aws elasticache "
        f"create-replication-group --replication-group-id {group} --replication-group-description {group} "
        f"--primary-cluster-id {name}`; then adopt {group}",
    )


def _state(cache: RunningCache) -> Iterator[Reason]:
    again = "wait until it is done, then adopt it again"
    states = {str(cache.described.get("Status", "available"))} | {
        str(each.get("CacheClusterStatus", "available")) for each in cache.nodes
    }
    if busy := sorted(states - set(_QUIET)):
        yield f"it is under way (`{', '.join(busy)}`): what is read of it now is not what it will be", again
    waiting = {**_changes(cache.described), **_changes(facts.node(cache))}
    if waiting and not busy:
        # Of a version that comes later a stack's file would be the older one, for which the provider replaces it.
        said = ", ".join(sorted(waiting))
        yield f"changes of it wait for the maintenance window ({said})", f"have them made now, or {again}"


def _changes(described: Described) -> Described:
    return {key: value for key, value in (described.get("PendingModifiedValues") or {}).items() if value}


def _global(cache: RunningCache) -> Iterator[Reason]:
    found = cache.described.get("GlobalReplicationGroupInfo") or {}
    if not (name := found.get("GlobalReplicationGroupId")):
        return
    role = str(found.get("GlobalReplicationGroupMemberRole", "")).lower()
    out = (
        "remove its other members, then `aws elasticache delete-global-replication-group --global-replication-group-id "
        f"{name} --retain-primary-replication-group`, which leaves the primary as it is"
        if role == "primary"
        else f"`aws elasticache disassociate-global-replication-group --global-replication-group-id {name} "
        f"--replication-group-id {cache.identifier} --replication-group-region {cache.region}`"
    )
    yield (
        f"it is the {role} of the global datastore {name}, which has engine, class and shards for all its members",
        out,
    )


def _place(cache: RunningCache, estate: Estate) -> Iterator[Reason]:
    beside = "leave it outside the stack, or in a stack of its own"
    if cache.region != estate.region:
        yield (
            f"it is in {cache.region}, and the database in {estate.region}: a stack has its caches in one region",
            beside,
        )
        return
    network = vpc(estate.primary.described)
    subnets = facts.node(cache).get("CacheSubnetGroupName")
    own = next((e.get("VpcId") for e in estate.around.subnet_groups if e.get("CacheSubnetGroupName") == subnets), None)
    if own and network and own != network:
        yield f"it is in {own}, and the database in {network}: a stack has one network", beside


def _known(cache: RunningCache, group: str) -> Iterator[Reason]:
    engine, version = facts.engine(cache), facts.version(cache)
    known = REDIS_VERSIONS.get(engine, {})
    if known and version not in known:
        last = max(known, key=numbers)
        if numbers(version) > numbers(last):
            way = "a newer release of this project may; until then leave it outside the stack"
        else:
            way = (
                f"`aws elasticache modify-replication-group --replication-group-id {group} --engine-version {last} "
                f"--cache-parameter-group-name {_default_group(cache, known[last])} --apply-immediately` upgrades it "
                "in place (with a parameter group of its own: one of the new family); writes pause for seconds"
            )
        yield f"{facts.engine_words(cache)} is not among the versions that a stack can have", way
    kind = str(cache.described.get("CacheNodeType") or facts.node(cache).get("CacheNodeType", ""))
    if kind not in classes.CACHE_CLASSES:
        near = classes.nearest_cache_class(kind)
        yield (
            f"{kind} is not among the node types that a stack can have",
            f"`aws elasticache modify-replication-group --replication-group-id {group} --cache-node-type {near} "
            "--apply-immediately` changes it in place; look at its memory and its price first",
        )


def _default_group(cache: RunningCache, family: str) -> str:
    return f"default.{family}.cluster.on" if facts.shards(cache) else f"default.{family}"


def _shards(cache: RunningCache) -> Iterator[Reason]:
    found = facts.replicas(cache)
    if len(set(found)) > 1:
        yield (
            f"its shards have different numbers of replicas ({', '.join(map(str, found))})",
            f"`aws elasticache increase-replica-count --replication-group-id {cache.identifier} --new-replica-count "
            f"{max(found)} --apply-immediately` gives each the same",
        )


def _logins(cache: RunningCache, group: str) -> Iterator[Reason]:
    modify = f"`aws elasticache modify-replication-group --replication-group-id {group}"
    tls = (
        f"{modify} --transit-encryption-enabled --transit-encryption-mode preferred --apply-immediately` takes "
        "both, with TLS and without, and nobody is cut off; adopted so it stays so (`tls: preferred`)"
    )
    if not facts.has_tls(cache):
        if not has_tls_mode(facts.engine(cache), facts.version(cache)):
            last = max(REDIS_VERSIONS["redis"], key=numbers)
            tls = (
                f"before Redis 7.0.5 TLS is chosen when a cache is made: upgrade it to {last} first, then {tls}. Or "
                f"`aws elasticache create-snapshot --replication-group-id {group} --snapshot-name {group}-adopt` and a "
                "new group from it (`--snapshot-name`) with `--transit-encryption-enabled`, to which the clients move"
            )
        yield "clients reach it without TLS, and nobody's password may cross the network in the clear", tls
    if not facts.has_token(cache) and facts.user_group(cache) is None:
        first = "with TLS, " if not facts.has_tls(cache) else ""
        yield (
            "it has neither users nor a token: whoever reaches it may do anything",
            f"{first}{modify} --auth-token file://token.txt --auth-token-update-strategy ROTATE --apply-immediately` "
            "(a file of 16 to 128 characters without a line end) lets clients in with the token and still without; "
            "adopt it then, and end the time without by the strategy SET once every client has the token",
        )
