"""ElastiCache: replication groups, their groups and users."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    CACHE,
    CACHE_PARAMETER_GROUP,
    CACHE_SUBNETS,
    CACHE_USER,
    CACHE_USER_GROUP,
)

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
            "port",
            "replicationGroupId",
            "snapshotArns",
            "snapshotName",
            "subnetGroupName",
        },
        defaults={"automaticFailoverEnabled": False, "multiAzEnabled": False},
        downgrades={"engineVersion"},
        follows={"memberClusters": {"numCacheClusters", "numNodeGroups", "replicasPerNodeGroup"}},
    ),
    CACHE_USER: Kind(
        source="elasticache/user.go",
        id="{name}",
        arn="elasticache:user:{name}",
        named="userId",
        autonamed=False,
        replaces={"userId", "userName"},
        defaults={"noPasswordRequired": False},
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
