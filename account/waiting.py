"""Changes that AWS has taken and does in the maintenance window; until then `pulumi up` proposes them again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from account.finding import AccountFinding, Waiting
from account.place import CACHE, INSTANCE, fits
from account.reader import Reader
from graph.resource import Resource

# PendingModifiedValues of DescribeDBInstances (RDS API Reference) -> the provider's input (rds/instance.go).
_INSTANCE = {
    "AllocatedStorage": "allocatedStorage",
    "BackupRetentionPeriod": "backupRetentionPeriod",
    "CACertificateIdentifier": "caCertIdentifier",
    "DBInstanceClass": "instanceClass",
    "DBInstanceIdentifier": "identifier",
    "DBSubnetGroupName": "dbSubnetGroupName",
    "DedicatedLogVolume": "dedicatedLogVolume",
    "EngineVersion": "engineVersion",
    "IAMDatabaseAuthenticationEnabled": "iamDatabaseAuthenticationEnabled",
    "Iops": "iops",
    "MultiAZ": "multiAz",
    "Port": "port",
    "StorageThroughput": "storageThroughput",
    "StorageType": "storageType",
}
# Of a replication group, and of its nodes: class and version wait at the nodes (ElastiCache API Reference,
# ReplicationGroupPendingModifiedValues and PendingModifiedValues; elasticache/replication_group.go).
_CACHE = {
    "AutomaticFailoverStatus": "automaticFailoverEnabled",
    "CacheNodeType": "nodeType",
    "ClusterMode": "clusterMode",
    "EngineVersion": "engineVersion",
    "TransitEncryptionEnabled": "transitEncryptionEnabled",
    "TransitEncryptionMode": "transitEncryptionMode",
}
# What is an enabled or disabled in the answer, and true or false in the program.
_SWITCHES = frozenset({"AutomaticFailoverStatus"})


def waiting(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """What waits for the window, of the stack's instances and caches; each is asked for by its name."""
    for each in wanted:
        if each.type == INSTANCE:
            yield from _instance(reader, each)
        elif each.type == CACHE:
            yield from _cache(reader, each)


def _instance(reader: Reader, wanted: Resource) -> Iterator[AccountFinding]:
    name, region = str(wanted.inputs["identifier"]), wanted.inputs.get("region")
    for each in reader.named("rds", "describe_db_instances", "DBInstances", region, DBInstanceIdentifier=name):
        values = pending(each.get("PendingModifiedValues"))
        if each["DBInstanceIdentifier"] == name and values:
            window = str(each.get("PreferredMaintenanceWindow") or "")
            modify = f"rds modify-db-instance --db-instance-identifier {name}"
            yield _waits(region or reader.region, name, wanted, values, _INSTANCE, window, modify)


def _cache(reader: Reader, wanted: Resource) -> Iterator[AccountFinding]:
    name = str(wanted.inputs["replicationGroupId"])
    found = reader.named("elasticache", "describe_replication_groups", "ReplicationGroups", ReplicationGroupId=name)
    for group in found:
        if group["ReplicationGroupId"] != name:
            continue
        values = pending(group.get("PendingModifiedValues"))
        window = str(wanted.inputs.get("maintenanceWindow") or "")
        for member in group.get("MemberClusters", ()):
            nodes = reader.named("elasticache", "describe_cache_clusters", "CacheClusters", CacheClusterId=member)
            for node in nodes:
                values |= pending(node.get("PendingModifiedValues"))
                window = str(node.get("PreferredMaintenanceWindow") or window)
        if values:
            modify = f"elasticache modify-replication-group --replication-group-id {name}"
            yield _waits(reader.region, name, wanted, values, _CACHE, window, modify)


def pending(values: Mapping[str, object] | None) -> dict[str, Any]:
    """What waits; a password, whose value AWS shows as stars, is left out."""
    return {key: value for key, value in (values or {}).items() if "Password" not in key and value not in ({}, [])}


def _waits(
    where: str,
    name: str,
    declared: Resource,
    values: Mapping[str, object],
    names: Mapping[str, str],
    window: str,
    modify: str,
) -> AccountFinding:
    changes = ", ".join(f"{key} {value}" for key, value in sorted(values.items()))
    known = {key: value for key, value in values.items() if key in names}
    inputs = {names[key]: value == "enabled" if key in _SWITCHES else value for key, value in known.items()}
    # What the program leaves open, as a replica's version, is AWS's to choose.
    asked = {key: declared.inputs[key] for key in inputs if declared.inputs.get(key) is not None}
    undeclared = tuple(sorted(key for key, value in asked.items() if not _is_declared(value, inputs[key])))
    against = f" (the stack declares {', '.join(f'{key} {asked[key]}' for key in undeclared)})" if undeclared else ""
    return AccountFinding(
        check="pending",
        state="note",
        where=where,
        what=f"{name}: {changes}{against} waits for the maintenance window ({window or 'not known'}, UTC); until then "
        "`pulumi up` proposes it again",
        mend=f"wait, or `aws {modify} ... --apply-immediately` with the same change",
        waits=Waiting(type=declared.type, name=declared.name, window=window, inputs=inputs, undeclared=undeclared),
    )


def _is_declared(declared: object, pending: object) -> bool:
    """Whether the program asks for it, too; a version is declared by its beginning."""
    return fits(pending, str(declared)) if isinstance(pending, str) else pending == declared
