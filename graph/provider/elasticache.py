"""ElastiCache: replication groups, their groups and users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.kind import Kind
from graph.types import (
    CACHE,
    CACHE_PARAMETER_GROUP,
    CACHE_SUBNETS,
    CACHE_USER,
    CACHE_USER_GROUP,
)
from knowledge.versions import cache_goes_back, numbers

_TLS_IN_PLACE = (7, 0)
Inputs = Mapping[str, Any]


def _engine(was: Inputs, now: Inputs) -> bool:
    """Only Redis OSS, the default, becomes Valkey in place (customizeDiffEngineForceNewOnDowngrade)."""
    before, after = (str(side.get("engine") or "redis").lower() for side in (was, now))
    return bool(now.get("engine")) and before != after and (before, after) != ("redis", "valkey")


def _version(was: Inputs, now: Inputs) -> bool:
    """Back to an older version (customizeDiffEngineVersionForceNewOnDowngrade)."""
    before, after = was.get("engineVersion"), now.get("engineVersion")
    return before is not None and after is not None and cache_goes_back(before, after)


def _tls(was: Inputs, _: Inputs) -> bool:
    """Before 7.0.5 TLS is chosen at creation (customdiff.ForceNewIf); 7.0 has been past that since 2023."""
    return was.get("engineVersion") is not None and numbers(was["engineVersion"]) < _TLS_IN_PLACE


KINDS = {
    CACHE_PARAMETER_GROUP: Kind(
        source="elasticache/parameter_group.go",
        id="{name}",
        arn="elasticache:parametergroup:{name}",
        replaces={"description", "family", "name"},
        defaults={"description": "Managed by Pulumi"},
    ),
    CACHE_SUBNETS: Kind(
        source="elasticache/subnet_group.go",
        id="{name}",
        arn="elasticache:subnetgroup:{name}",
        replaces={"name"},
        defaults={"description": "Managed by Pulumi"},
    ),
    CACHE: Kind(
        source="elasticache/replication_group.go",
        id="{name}",
        arn="elasticache:replicationgroup:{name}",
        named="replicationGroupId",
        autonamed=False,
        replaces={
            "atRestEncryptionEnabled",
            "dataTieringEnabled",
            "globalReplicationGroupId",
            "kmsKeyId",
            "networkType",
            "nodeGroupConfigurations",
            "port",
            "replicationGroupId",
            "securityGroupNames",
            "snapshotArns",
            "snapshotName",
            "subnetGroupName",
        },
        defaults={"automaticFailoverEnabled": False, "multiAzEnabled": False},
        replaces_if={"engine": _engine, "engineVersion": _version, "transitEncryptionEnabled": _tls},
        secret={"authToken", "authTokenWo"},
        # customdiff.ComputedIf
        follows={"memberClusters": {"numCacheClusters", "numNodeGroups", "replicasPerNodeGroup"}},
        kept={
            "applyImmediately",
            "atRestEncryptionEnabled",
            "autoMinorVersionUpgrade",
            "clusterMode",
            "dataTieringEnabled",
            "durability",
            "engine",
            "engineVersion",
            "globalReplicationGroupId",
            "ipDiscovery",
            "maintenanceWindow",
            "networkType",
            "nodeGroupConfigurations",
            "nodeType",
            "numCacheClusters",
            "numNodeGroups",
            "parameterGroupName",
            "replicasPerNodeGroup",
            "securityGroupIds",
            "securityGroupNames",
            "snapshotWindow",
            "subnetGroupName",
            "transitEncryptionEnabled",
            "transitEncryptionMode",
        },
        untold={
            "applyImmediately": None,
            "authToken": None,
            "authTokenUpdateStrategy": None,
            "authTokenWo": None,
            "authTokenWoVersion": None,
            "finalSnapshotIdentifier": None,
            "notificationTopicArn": None,
            "preferredCacheClusterAzs": None,
            "snapshotArns": None,
            "snapshotName": None,
        },
    ),
    CACHE_USER: Kind(
        source="elasticache/user.go",
        id="{name}",
        arn="elasticache:user:{name}",
        named="userId",
        autonamed=False,
        replaces={"userId", "userName"},
        secret={"passwords", "passwordsWo"},
        defaults={"noPasswordRequired": False},
        kept={"authenticationMode"},
        untold={"noPasswordRequired": None, "passwords": None, "passwordsWo": None, "passwordsWoVersion": None},
    ),
    CACHE_USER_GROUP: Kind(
        source="elasticache/user_group.go",
        id="{name}",
        arn="elasticache:usergroup:{name}",
        named="userGroupId",
        autonamed=False,
        replaces={"userGroupId"},
    ),
}
