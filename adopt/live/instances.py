"""DB instances and their parameter groups, as the provider reads them for an import. Pure.

Sources: terraform-provider-aws, internal/service/rds: instance.go (resourceInstanceRead, and what its importer sets),
parameter_group.go (resourceParameterGroupRead: without a configuration it reads what somebody has set, and nothing
else). Never read back are the password, the final snapshot and its name, `apply_immediately` and whether the automated
backups are deleted along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adopt import instance_facts as facts
from adopt.estate import Described, Estate, RunningInstance
from adopt.live.place import import_id, tags_of
from adopt.live.resource import LiveResource
from graph.types import INSTANCE, PARAMETER_GROUP


def instances(estate: Estate) -> Iterator[LiveResource]:
    """The primary and its replicas, each after its parameter group; a group that several have comes once."""
    seen: set[tuple[str, str]] = set()
    for each in (estate.primary, *estate.replicas.values()):
        group = (each.region, facts.parameter_group(each.described))
        if group not in seen:
            yield _parameter_group(estate, each)
        seen.add(group)
        yield _instance(estate, each)


def _instance(estate: Estate, it: RunningInstance) -> LiveResource:
    own = it.described
    endpoint = own.get("Endpoint") or {}
    return LiveResource(
        type=INSTANCE,
        id=import_id(str(own["DbiResourceId"]), it.region, estate),
        name=it.identifier,
        region=it.region,
        inputs={**_settings(own), **_storage(own), **_network(own), "tags": dict(it.tags)},
        outputs={
            "address": endpoint.get("Address"),
            "arn": own.get("DBInstanceArn"),
            "endpoint": f"{endpoint.get('Address')}:{endpoint.get('Port')}" if endpoint else None,
            "engineVersionActual": own.get("EngineVersion"),
            "hostedZoneId": endpoint.get("HostedZoneId"),
            "resourceId": own.get("DbiResourceId"),
            "status": own.get("DBInstanceStatus"),
        },
    )


def _settings(own: Described) -> dict[str, Any]:
    return {
        "autoMinorVersionUpgrade": own.get("AutoMinorVersionUpgrade"),
        "backupRetentionPeriod": own.get("BackupRetentionPeriod"),
        "backupTarget": own.get("BackupTarget"),
        "backupWindow": own.get("PreferredBackupWindow"),
        "caCertIdentifier": own.get("CACertificateIdentifier"),
        "characterSetName": own.get("CharacterSetName"),
        "copyTagsToSnapshot": own.get("CopyTagsToSnapshot"),
        "customIamInstanceProfile": own.get("CustomIamInstanceProfile"),
        "databaseInsightsMode": own.get("DatabaseInsightsMode"),
        "dbName": own.get("DBName"),
        "deletionProtection": own.get("DeletionProtection"),
        "enabledCloudwatchLogsExports": list(own.get("EnabledCloudwatchLogsExports") or ()),
        "engine": own.get("Engine"),
        "engineLifecycleSupport": own.get("EngineLifecycleSupport"),
        "engineVersion": own.get("EngineVersion"),
        "iamDatabaseAuthenticationEnabled": own.get("IAMDatabaseAuthenticationEnabled"),
        "identifier": own.get("DBInstanceIdentifier"),
        "instanceClass": own.get("DBInstanceClass"),
        "licenseModel": own.get("LicenseModel"),
        "maintenanceWindow": own.get("PreferredMaintenanceWindow"),
        "monitoringInterval": own.get("MonitoringInterval"),
        "monitoringRoleArn": own.get("MonitoringRoleArn"),
        "multiAz": own.get("MultiAZ"),
        "optionGroupName": facts.option_group(own) or None,
        "parameterGroupName": facts.parameter_group(own) or None,
        "performanceInsightsEnabled": own.get("PerformanceInsightsEnabled"),
        "performanceInsightsKmsKeyId": own.get("PerformanceInsightsKMSKeyId"),
        "performanceInsightsRetentionPeriod": own.get("PerformanceInsightsRetentionPeriod"),
        "replicaMode": own.get("ReplicaMode"),
        "replicateSourceDb": own.get("ReadReplicaSourceDBInstanceIdentifier"),
        "timezone": own.get("Timezone"),
        "username": own.get("MasterUsername"),
    }


def _storage(own: Described) -> dict[str, Any]:
    return {
        "allocatedStorage": own.get("AllocatedStorage"),
        "dedicatedLogVolume": own.get("DedicatedLogVolume"),
        "iops": own.get("Iops"),
        "kmsKeyId": own.get("KmsKeyId"),
        "maxAllocatedStorage": own.get("MaxAllocatedStorage"),
        "storageEncrypted": own.get("StorageEncrypted"),
        "storageThroughput": own.get("StorageThroughput"),
        "storageType": own.get("StorageType"),
    }


def _network(own: Described) -> dict[str, Any]:
    domain: Described = next(iter(own.get("DomainMemberships") or ()), {})
    return {
        "availabilityZone": own.get("AvailabilityZone"),
        "customerOwnedIpEnabled": own.get("CustomerOwnedIpEnabled"),
        "dbSubnetGroupName": facts.subnet_group(own) or None,
        "domain": domain.get("Domain"),
        "domainIamRoleName": domain.get("IAMRoleName"),
        "networkType": own.get("NetworkType"),
        "port": facts.port(own),
        "publiclyAccessible": own.get("PubliclyAccessible"),
        "vpcSecurityGroupIds": facts.security_groups(own),
    }


def _parameter_group(estate: Estate, it: RunningInstance) -> LiveResource:
    described, name = it.parameter_group.described, facts.parameter_group(it.described)
    arn = str(described.get("DBParameterGroupArn", ""))
    return LiveResource(
        type=PARAMETER_GROUP,
        id=import_id(name, it.region, estate),
        name=name,
        region=it.region,
        inputs={
            "description": described.get("Description"),
            "family": described.get("DBParameterGroupFamily"),
            "name": name,
            # Names and methods in lower case (flattenParameters in the same package).
            "parameters": [
                {
                    "applyMethod": str(each.get("ApplyMethod", "immediate")).lower(),
                    "name": str(each["ParameterName"]).lower(),
                    "value": str(each.get("ParameterValue", "")),
                }
                for each in it.parameter_group.parameters
                if each.get("Source") == "user"
            ],
            "tags": tags_of(arn, estate),
        },
        outputs={"arn": arn},
    )
