"""RDS: instances, their groups, events and proxies."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    BACKUPS_REPLICATION,
    DATABASE_SUBNETS,
    EVENT_SUBSCRIPTION,
    INSTANCE,
    PARAMETER_GROUP,
    PROXY,
    PROXY_TARGET,
    PROXY_TARGET_GROUP,
)

KINDS = {
    # `identifier` was ForceNew once; now the instance is renamed, and its address with it
    INSTANCE: Kind(
        source="rds/instance.go",
        id="db-{HEX26}",
        arn="rds:db:{name}",
        named="identifier",
        autonamed=False,
        replaces={
            "availabilityZone",
            "backupTarget",
            "characterSetName",
            "customIamInstanceProfile",
            "dbName",
            "engine",
            "identifierPrefix",
            "kmsKeyId",
            "ncharCharacterSetName",
            "restoreToPointInTime",
            "snapshotIdentifier",
            "storageEncrypted",
            "timezone",
            "username",
        },
        defaults={
            "autoMinorVersionUpgrade": True,
            "copyTagsToSnapshot": False,
            "deleteAutomatedBackups": True,
            "monitoringInterval": 0,
            "performanceInsightsEnabled": False,
            "publiclyAccessible": False,
            "skipFinalSnapshot": False,
        },
        secret={"password", "passwordWo"},
        follows={
            "address": {"identifier"},
            "endpoint": {"identifier", "port"},
            "engineVersionActual": {"engineVersion"},
        },
        # its DiffSuppressFunc, and what RDS gives with the growth
        kept={"allocatedStorage", "iops", "storageThroughput"},
        grows={"allocatedStorage": "maxAllocatedStorage"},
    ),
    PARAMETER_GROUP: Kind(
        source="rds/parameter_group.go",
        id="{name}",
        arn="rds:pg:{name}",
        replaces={"description", "family", "name", "namePrefix"},
        defaults={"description": "Managed by Pulumi", "skipDestroy": False},
    ),
    DATABASE_SUBNETS: Kind(
        source="rds/subnet_group.go",
        id="{name}",
        arn="rds:subgrp:{name}",
        replaces={"name", "namePrefix"},
        defaults={"description": "Managed by Pulumi"},
    ),
    EVENT_SUBSCRIPTION: Kind(
        source="rds/event_subscription.go",
        id="{name}",
        arn="rds:es:{name}",
        replaces={"name", "namePrefix"},
        defaults={"enabled": True},
    ),
    BACKUPS_REPLICATION: Kind(
        source="rds/instance_automated_backups_replication.go",
        id="{arn}",
        arn="rds:auto-backup:ab-{hex32}",
        named="",
        replaces={"kmsKeyId", "preSignedUrl", "retentionPeriod", "sourceDbInstanceArn"},
        defaults={"retentionPeriod": 7},
    ),
    PROXY: Kind(
        source="rds/proxy.go",
        id="{name}",
        arn="rds:db-proxy:prx-0{hex16}",
        # the name is not ForceNew: ModifyDBProxy takes a new one
        replaces={"endpointNetworkType", "engineFamily", "targetConnectionNetworkType", "vpcSubnetIds"},
    ),
    PROXY_TARGET_GROUP: Kind(
        source="rds/proxy_default_target_group.go",
        id="{dbProxyName}",
        arn="rds:target-group:prx-tg-0{hex16}",
        named="",
        replaces={"dbProxyName"},
    ),
    PROXY_TARGET: Kind(
        source="rds/proxy_target.go",
        id="{dbProxyName}/{targetGroupName}/RDS_INSTANCE/{dbInstanceIdentifier}",
        named="",
        replaces={"dbClusterIdentifier", "dbInstanceIdentifier", "dbProxyName", "targetGroupName"},
    ),
}
