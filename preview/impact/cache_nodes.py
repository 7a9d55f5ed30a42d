"""ElastiCache groups that go, change engine or version, grow or shrink."""

from __future__ import annotations

from preview.impact.conditions import less
from preview.impact.effect import Edit, Effect, Rule, replaced

_UPGRADE = "ElastiCache User Guide, VersionManagement"
_SCALING = "ElastiCache User Guide, Scaling"
_FAILOVER = "ElastiCache User Guide, AutoFailover"
_NEW_BESIDE = (
    "Make a cache beside it, fill it (from a snapshot, or by the application), switch over, delete the old one."
)


def _alone(edit: Edit) -> bool:
    """Whether no replica could take over."""
    was = edit.change.was or {}
    if was.get("numNodeGroups"):
        return not was.get("replicasPerNodeGroup")
    return int(was.get("numCacheClusters") or 1) < 2


NODES: tuple[Rule, ...] = (
    Rule(
        id="cache-delete-protected",
        key="*",
        effect=Effect.BLOCKED,
        when=lambda e: e.change.protect,
        users="Pulumi refuses: the cache is protected.",
        source="Pulumi, resource option `protect`",
        way_round="If it shall really go: `pulumi state unprotect URN`. ElastiCache itself has no such guard.",
    ),
    Rule(
        id="cache-delete",
        key="*",
        effect=Effect.DATA_AT_RISK,
        users="The cache and what it holds are gone, but for a final snapshot where one is named.",
        source="ElastiCache User Guide, Replication.DeletingRepGroup",
        way_round="Name a final snapshot, and drain queues first.",
    ),
    Rule(
        id="cache-engine-back",
        key="engine",
        effect=Effect.DATA_AT_RISK,
        when=replaced,
        users="Valkey cannot go back to Redis OSS in place: the cache would be replaced by an empty one.",
        way_round=_NEW_BESIDE,
    ),
    Rule(
        id="cache-engine",
        key="engine",
        effect=Effect.FAILOVER,
        when=lambda e: not _alone(e),
        users="Upgraded in place, replicas first, then a failover of seconds.",
        source="ElastiCache User Guide, VersionManagement.HowTo.cross-engine-upgrade",
        way_round="Give the parameter group of the new family in the same change.",
    ),
    Rule(
        id="cache-engine-alone",
        key="engine",
        effect=Effect.DATA_AT_RISK,
        users="A single node restarts empty.",
        source="ElastiCache User Guide, VersionManagement.HowTo.cross-engine-upgrade",
        way_round="Add a replica first.",
    ),
    Rule(
        id="cache-version-back",
        key="engineVersion",
        effect=Effect.DATA_AT_RISK,
        when=replaced,
        users="An older engine cannot be had in place: the cache would be replaced by an empty one.",
        way_round="Declare the version that runs. " + _NEW_BESIDE,
    ),
    Rule(
        id="cache-version-alone",
        key="engineVersion",
        effect=Effect.DATA_AT_RISK,
        when=_alone,
        users="A single node restarts empty on the new version.",
        source=_UPGRADE,
        way_round="Add a replica first.",
    ),
    Rule(
        id="cache-version",
        key="engineVersion",
        effect=Effect.FAILOVER,
        users="Replicas first, then a failover: writes stop for seconds.",
        source=_UPGRADE,
        way_round="A new major takes a parameter group of its family in the same change.",
    ),
    Rule(
        id="cache-node-alone",
        key="nodeType",
        effect=Effect.DOWNTIME,
        when=_alone,
        users="A single node is replaced by one that is filled from it; reads and writes pause.",
        source=_SCALING,
        way_round="Add a replica first.",
    ),
    Rule(
        id="cache-node",
        key="nodeType",
        effect=Effect.FAILOVER,
        users="Nodes are added, filled and swapped: clients reconnect, writes pause for seconds. Memory must suffice.",
        source=_SCALING,
        way_round="At a quiet time; look at DatabaseMemoryUsagePercentage before going smaller.",
    ),
    Rule(
        id="cache-last-replica",
        key="numCacheClusters",
        effect=Effect.BLOCKED,
        when=lambda e: (e.after or 1) < 2 and bool((e.change.now or {}).get("automaticFailoverEnabled")),
        users="Automatic failover needs a replica.",
        source=_FAILOVER,
        way_round="Keep a replica, or turn failover and Multi-AZ off in the same change.",
    ),
    Rule(
        id="cache-unreplicated",
        key="numCacheClusters",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: (e.after or 1) < 2,
        users="Without a replica a lost node loses what it holds.",
        source=_FAILOVER,
        way_round="Keep one replica.",
    ),
    Rule(
        id="cache-fewer-replicas",
        key="numCacheClusters",
        effect=Effect.DOWNTIME,
        when=less,
        users="Readers on the removed nodes are cut.",
        source=_SCALING,
        way_round="Readers use the reader endpoint, which follows.",
    ),
    Rule(
        id="cache-replicas",
        key="numCacheClusters",
        effect=Effect.IN_PLACE,
        users="New replicas are filled from the primary, which is busier meanwhile.",
        source=_SCALING,
    ),
    Rule(
        id="cache-shard-unreplicated",
        key="replicasPerNodeGroup",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: not e.after,
        users="Without replicas a lost node loses its shard.",
        source=_FAILOVER,
        way_round="Keep one replica a shard.",
    ),
    Rule(
        id="cache-shard-fewer-replicas",
        key="replicasPerNodeGroup",
        effect=Effect.DOWNTIME,
        when=less,
        users="Readers on the removed nodes are cut.",
        source=_SCALING,
    ),
    Rule(
        id="cache-shard-replicas",
        key="replicasPerNodeGroup",
        effect=Effect.IN_PLACE,
        users="New replicas are filled from their primaries.",
        source=_SCALING,
    ),
    Rule(
        id="cache-fewer-shards",
        key="numNodeGroups",
        effect=Effect.IN_PLACE,
        when=less,
        users="Slots move online; commands over many keys may fail meanwhile. It is refused when the memory of what "
        "stays does not suffice.",
        source="ElastiCache User Guide, scaling-redis-cluster-mode-enabled",
        way_round="At a quiet time; look at the memory first.",
    ),
    Rule(
        id="cache-shards",
        key="numNodeGroups",
        effect=Effect.IN_PLACE,
        users="Slots move online; latency is higher meanwhile.",
        source="ElastiCache User Guide, scaling-redis-cluster-mode-enabled",
        way_round="At a quiet time.",
    ),
)
