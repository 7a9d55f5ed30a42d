"""Every rule of the preflight by a transition: what was, what is wanted, what it does."""

from typing import Any

import pytest

from graph.resource import Resource
from preview.diff import changes
from preview.impact.effect import Effect, Impact
from preview.impact.judge import RULES, judge

INSTANCE, GROUP = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
CACHE_PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
USER, USER_GROUP = "aws:elasticache/user:User", "aws:elasticache/userGroup:UserGroup"
KEY, SECRET = "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"
GROUP_OF_RULES = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
TOPIC, SUBSCRIPTION = "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription"
ALARM, LOGS, BUCKET = (
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:s3/bucket:Bucket",
)
VAULT, VAULT_POLICY = "aws:backup/vault:Vault", "aws:backup/vaultPolicy:VaultPolicy"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
PLAN, SELECTION = "aws:backup/plan:Plan", "aws:backup/selection:Selection"
TOLD = "aws:backup/vaultNotifications:VaultNotifications"
TEST = "aws:backup/restoreTestingPlan:RestoreTestingPlan"
TESTED = "aws:backup/restoreTestingSelection:RestoreTestingSelection"
ELSEWHERE = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
PROXY, TARGET = "aws:rds/proxy:Proxy", "aws:rds/proxyTarget:ProxyTarget"
TARGETS = "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
CLOSED, BUCKET_POLICY = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_KEY = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
COMPOSITE, FILTER, DASHBOARD = (
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:cloudwatch/dashboard:Dashboard",
)
INVOCATION, PASSWORD = "aws:lambda/invocation:Invocation", "random:index/randomPassword:RandomPassword"

I, R, F, D, N, L, B = Effect  # noqa: E741 the columns of the tables stay narrow
REPLICA = Resource(type=INSTANCE, name="standby", parent="", inputs={"replicateSourceDb": "clinic-prod"})
Inputs = dict[str, Any]


def impacts(type_: str, was: Inputs | None, now: Inputs | None, *beside: Resource, **marks: Any) -> tuple[Impact, ...]:
    def one(inputs: Inputs | None) -> list[Resource]:
        made = [] if inputs is None else [Resource(type=type_, name="it", parent="", inputs=inputs, **marks)]
        return [*made, *beside]

    return judge(changes(one(was), one(now)))


def parameters(method: str = "immediate", **values: str) -> Inputs:
    return {
        "parameters": [{"name": n.replace("__", "."), "value": v, "applyMethod": method} for n, v in values.items()]
    }


def replicated(**inputs: Any) -> Inputs:
    return {"numCacheClusters": 3, **inputs}


def planned(keep: int, **more: Any) -> Inputs:
    return {"rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": keep}, **more}]}


def expiring(days: int, **more: Any) -> Inputs:
    return {"rules": [{"id": "r", "status": "Enabled", "expiration": {"days": days}, **more}]}


# type, inputs before, inputs after (None: deleted), effect, rule
TRANSITIONS: list[tuple[str, Inputs, Inputs | None, Effect, str]] = [
    (INSTANCE, {"deletionProtection": True}, None, B, "rds-delete-guarded"),
    (INSTANCE, {"replicateSourceDb": "a"}, None, D, "rds-delete-replica"),
    (INSTANCE, {"skipFinalSnapshot": True}, None, L, "rds-delete-no-snapshot"),
    (INSTANCE, {}, None, L, "rds-delete"),
    (INSTANCE, {"replicateSourceDb": "a"}, {}, L, "rds-promote"),
    (INSTANCE, {"replicateSourceDb": "a"}, {"replicateSourceDb": "b"}, B, "rds-resource-replica"),
    (INSTANCE, {"engineVersion": "17"}, {"engineVersion": "16"}, B, "rds-major-down"),
    (INSTANCE, {"engineVersion": "17"}, {"engineVersion": "18"}, B, "rds-major-unsaid"),
    (INSTANCE, {"engineVersion": "17.9"}, {"engineVersion": "18.4", "allowMajorVersionUpgrade": True}, D, "rds-major"),
    (INSTANCE, {"engineVersion": "17.9"}, {"engineVersion": "17.7"}, B, "rds-minor-down"),
    (INSTANCE, {"engineVersion": "17.9"}, {"engineVersion": "17.10"}, D, "rds-minor"),
    (INSTANCE, {"engine": "postgres"}, {"engine": "mysql"}, L, "rds-engine"),
    (INSTANCE, {"instanceClass": "a", "multiAz": True},
     {"instanceClass": "b", "multiAz": True}, F, "rds-class-failover"),
    (INSTANCE, {"instanceClass": "a"}, {"instanceClass": "b"}, D, "rds-class"),
    (INSTANCE, {"allocatedStorage": 200}, {"allocatedStorage": 100}, B, "rds-storage-shrink"),
    (INSTANCE, {"allocatedStorage": 100}, {"allocatedStorage": 200}, I, "rds-storage-grow"),
    (INSTANCE, {"allocatedStorage": 100}, {"allocatedStorage": 109}, B, "rds-storage-small-step"),
    (INSTANCE, {"allocatedStorage": 100}, {"allocatedStorage": 400}, B, "rds-storage-step"),
    (INSTANCE, {"allocatedStorage": 100, "maxAllocatedStorage": 200},
     {"allocatedStorage": 50, "maxAllocatedStorage": 90}, B, "rds-autoscaling-below"),
    (INSTANCE, {"maxAllocatedStorage": 200}, {}, L, "rds-autoscaling-off"),
    (INSTANCE, {"maxAllocatedStorage": 200}, {"maxAllocatedStorage": 400}, I, "rds-autoscaling"),
    (INSTANCE, {"storageType": "standard"}, {"storageType": "gp3"}, D, "rds-storage-magnetic"),
    (INSTANCE, {"storageType": "gp2"}, {"storageType": "gp3"}, I, "rds-storage-type"),
    (INSTANCE, {"allocatedStorage": 100, "storageType": "io1", "iops": 3000},
     {"allocatedStorage": 100, "storageType": "gp3", "iops": 3000}, I, "rds-storage-type"),
    (INSTANCE, {"allocatedStorage": 100, "storageType": "io1", "iops": 4000},
     {"allocatedStorage": 100, "storageType": "gp3", "iops": 4000}, D, "rds-storage-slower"),
    (INSTANCE, {"vpcSecurityGroupIds": ["sg-1"]}, {"vpcSecurityGroupIds": ["sg-2", "sg-1"]}, I, "rds-group-added"),
    (INSTANCE, {"vpcSecurityGroupIds": ["sg-1", "sg-2"]}, {"vpcSecurityGroupIds": ["sg-2", "sg-3"]}, D,
     "rds-group-taken"),
    (INSTANCE, {"optionGroupName": "default:postgres-16"}, {"optionGroupName": "audit"}, I, "rds-option-group"),
    (INSTANCE, {"allocatedStorage": 100}, {"allocatedStorage": 100, "iops": 12000}, B, "rds-iops-fixed"),
    (INSTANCE, {"allocatedStorage": 500}, {"allocatedStorage": 500, "iops": 16000}, I, "rds-iops"),
    (INSTANCE, {"allocatedStorage": 100},
     {"allocatedStorage": 100, "storageThroughput": 500}, B, "rds-throughput-fixed"),
    (INSTANCE, {"allocatedStorage": 400}, {"allocatedStorage": 400, "storageThroughput": 600}, I, "rds-throughput"),
    (INSTANCE, {}, {"dedicatedLogVolume": True}, D, "rds-log-volume"),
    (INSTANCE, {"kmsKeyId": "a", "replicateSourceDb": "p"},
     {"kmsKeyId": "b", "replicateSourceDb": "p"}, N, "rds-replica-key"),
    (INSTANCE, {"kmsKeyId": "a"}, {"kmsKeyId": "b"}, L, "rds-key"),
    (INSTANCE, {"storageEncrypted": False}, {"storageEncrypted": True}, L, "rds-encryption"),
    (INSTANCE, {"performanceInsightsKmsKeyId": "a"}, {"performanceInsightsKmsKeyId": "b"}, B, "rds-insights-key"),
    (INSTANCE, {"availabilityZone": "a", "replicateSourceDb": "p"},
     {"availabilityZone": "b", "replicateSourceDb": "p"}, N,
     "rds-replica-zone"),
    (INSTANCE, {"availabilityZone": "a"}, {"availabilityZone": "b"}, L, "rds-zone"),
    (INSTANCE, {"dbName": "a"}, {"dbName": "b"}, L, "rds-database"),
    (INSTANCE, {"username": "a"}, {"username": "b"}, L, "rds-username"),
    (INSTANCE, {}, {"snapshotIdentifier": "s"}, L, "rds-snapshot"),
    (INSTANCE, {"identifier": "a"}, {"identifier": "b"}, D, "rds-identifier"),
    (INSTANCE, {"port": 5432}, {"port": 5433}, D, "rds-port"),
    (INSTANCE, {"dbSubnetGroupName": "a"}, {"dbSubnetGroupName": "b"}, D, "rds-subnets"),
    (INSTANCE, {"networkType": "IPV4"}, {"networkType": "DUAL"}, D, "rds-network-type"),
    (INSTANCE, {"publiclyAccessible": False}, {"publiclyAccessible": True}, L, "rds-public"),
    (INSTANCE, {"publiclyAccessible": True}, {"publiclyAccessible": False}, D, "rds-private"),
    (INSTANCE, {"multiAz": False}, {"multiAz": True}, I, "rds-multi-az-on"),
    (INSTANCE, {"multiAz": True}, {"multiAz": False}, D, "rds-multi-az-off"),
    (INSTANCE, {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 0}, L, "rds-backup-off"),
    (INSTANCE, {"backupRetentionPeriod": 0}, {"backupRetentionPeriod": 7}, D, "rds-backup-on"),
    (INSTANCE, {"backupRetentionPeriod": 30}, {"backupRetentionPeriod": 7}, L, "rds-backup-shorter"),
    (INSTANCE, {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 30}, I, "rds-backup"),
    (INSTANCE, {"deletionProtection": True}, {"deletionProtection": False}, I, "rds-unguarded"),
    (INSTANCE, {"skipFinalSnapshot": False}, {"skipFinalSnapshot": True}, I, "rds-skip-snapshot"),
    (INSTANCE, {"skipFinalSnapshot": True}, {"skipFinalSnapshot": False}, I, "rds-final-snapshot"),
    (INSTANCE, {}, {"finalSnapshotIdentifier": "a"}, I, "rds-final-snapshot-name"),
    (GROUP, {}, {"finalSnapshotIdentifier": "a"}, I, "cache-final-snapshot"),
    (GROUP, {"finalSnapshotIdentifier": "a"}, {}, I, "cache-no-final-snapshot"),
    (INSTANCE, {}, {"iamDatabaseAuthenticationEnabled": True}, I, "rds-iam"),
    (INSTANCE, {"iamDatabaseAuthenticationEnabled": True}, {}, D, "rds-iam-off"),
    (INSTANCE, {"enabledCloudwatchLogsExports": ["postgresql"]},
     {"enabledCloudwatchLogsExports": ["postgresql", "upgrade"]}, I, "rds-logs-added"),
    (INSTANCE, {"enabledCloudwatchLogsExports": ["postgresql"]}, {}, I, "rds-logs-fewer"),
    (INSTANCE, {}, {"copyTagsToSnapshot": True}, I, "rds-snapshot-tags"),
    (INSTANCE, {"monitoringRoleArn": "a"}, {"monitoringRoleArn": "b"}, I, "rds-monitoring-role"),
    (GROUP, {"snapshotWindow": "03:00-04:00"}, {"snapshotWindow": "04:00-05:00"}, I, "cache-snapshot-window"),
    (INSTANCE, {"parameterGroupName": "a"}, {"parameterGroupName": "b"}, R, "rds-parameter-group"),
    (INSTANCE, {"caCertIdentifier": "rds-ca-rsa2048-g1"}, {"caCertIdentifier": "rds-ca-ecc384-g1"}, D, "rds-ca"),
    (INSTANCE, {"maintenanceWindow": "sun:04:00-sun:05:00"},
     {"maintenanceWindow": "mon:04:00-mon:05:00"}, I, "rds-window"),
    (PARAMETERS, {"family": "postgres17"}, {"family": "postgres18"}, N, "rds-family"),
    (PARAMETERS, parameters("pending-reboot", shared_buffers="1"), parameters("pending-reboot", shared_buffers="2"), R,
     "rds-parameters-static"),
    (PARAMETERS, parameters(rds__force_ssl="0"), parameters(rds__force_ssl="1"), D, "rds-parameters-ssl"),
    (PARAMETERS, parameters(work_mem="1"), parameters(work_mem="2"), I, "rds-parameters"),
    (GROUP, {}, None, L, "cache-delete"),
    (GROUP, replicated(engine="valkey"), replicated(engine="redis"), L, "cache-engine-back"),
    (GROUP, replicated(engine="redis"), replicated(engine="valkey"), F, "cache-engine"),
    (GROUP, {"engine": "redis"}, {"engine": "valkey"}, L, "cache-engine-alone"),
    (GROUP, replicated(engineVersion="8.1"), replicated(engineVersion="8.0"), L, "cache-version-back"),
    (GROUP, replicated(engineVersion="9.1"), replicated(engineVersion="8.2"), L, "cache-version-back"),
    (GROUP, replicated(engineVersion="7.0"), replicated(engineVersion="6.x"), L, "cache-version-back"),
    (GROUP, replicated(engineVersion="6.x"), replicated(engineVersion="7.1"), F, "cache-version"),
    (GROUP, {"engineVersion": "8.0"}, {"engineVersion": "8.1"}, L, "cache-version-alone"),
    (GROUP, replicated(engineVersion="8.0"), replicated(engineVersion="8.1"), F, "cache-version"),
    (GROUP, {"nodeType": "a"}, {"nodeType": "b"}, D, "cache-node-alone"),
    (GROUP, {"numNodeGroups": 2, "replicasPerNodeGroup": 1, "nodeType": "a"},
     {"numNodeGroups": 2, "replicasPerNodeGroup": 1, "nodeType": "b"}, F, "cache-node"),
    (GROUP, replicated(automaticFailoverEnabled=True), {"numCacheClusters": 1, "automaticFailoverEnabled": True}, B,
     "cache-last-replica"),
    (GROUP, replicated(), {"numCacheClusters": 1}, L, "cache-unreplicated"),
    (GROUP, replicated(), {"numCacheClusters": 2}, D, "cache-fewer-replicas"),
    (GROUP, replicated(), {"numCacheClusters": 4}, I, "cache-replicas"),
    (GROUP, {"replicasPerNodeGroup": 1}, {"replicasPerNodeGroup": 0}, L, "cache-shard-unreplicated"),
    (GROUP, {"replicasPerNodeGroup": 2}, {"replicasPerNodeGroup": 1}, D, "cache-shard-fewer-replicas"),
    (GROUP, {"replicasPerNodeGroup": 1}, {"replicasPerNodeGroup": 2}, I, "cache-shard-replicas"),
    (GROUP, {"numNodeGroups": 3}, {"numNodeGroups": 2}, I, "cache-fewer-shards"),
    (GROUP, {"numNodeGroups": 2}, {"numNodeGroups": 3}, I, "cache-shards"),
    (GROUP, {}, {"clusterMode": "enabled"}, B, "cache-cluster-mode-jump"),
    (GROUP, {"clusterMode": "compatible"}, {"clusterMode": "enabled"}, D, "cache-cluster-mode"),
    (GROUP, {"automaticFailoverEnabled": True}, {}, D, "cache-failover-off"),
    (GROUP, {}, {"automaticFailoverEnabled": True}, I, "cache-failover-on"),
    (GROUP, {"multiAzEnabled": True}, {}, D, "cache-one-zone"),
    (GROUP, {}, {"multiAzEnabled": True}, I, "cache-zones"),
    (GROUP, {}, {"transitEncryptionMode": "required"}, B, "cache-tls-jump"),
    (GROUP, {"transitEncryptionMode": "preferred"}, {"transitEncryptionMode": "required"}, D, "cache-tls-required"),
    (GROUP, {"transitEncryptionMode": "required"}, {"transitEncryptionMode": "preferred"}, I, "cache-tls-preferred"),
    (
        GROUP,
        {"engineVersion": "6.2"},
        {"engineVersion": "6.2", "transitEncryptionEnabled": True},
        L,
        "cache-tls-at-creation",
    ),
    (GROUP, {}, {"transitEncryptionEnabled": True}, B, "cache-tls-on-jump"),
    (GROUP, {"transitEncryptionMode": "preferred"},
     {"transitEncryptionMode": "preferred", "transitEncryptionEnabled": True}, I, "cache-tls-on"),
    (GROUP, {"transitEncryptionEnabled": True}, {"transitEncryptionEnabled": False}, D, "cache-tls-off"),
    (GROUP, {}, {"atRestEncryptionEnabled": True}, L, "cache-encryption"),
    (GROUP, {"kmsKeyId": "a"}, {"kmsKeyId": "b"}, L, "cache-key"),
    (GROUP, {"subnetGroupName": "a"}, {"subnetGroupName": "b"}, L, "cache-subnets"),
    (GROUP, {"networkType": "ipv4"}, {"networkType": "dual_stack"}, L, "cache-network-type"),
    (GROUP, {"port": 6379}, {"port": 6380}, L, "cache-port"),
    (GROUP, {"replicationGroupId": "a"}, {"replicationGroupId": "b"}, L, "cache-name"),
    (GROUP, {"securityGroupIds": ["sg-a", "sg-b"]}, {"securityGroupIds": ["sg-b", "sg-c"]}, D, "cache-clients-out"),
    (GROUP, {"securityGroupIds": ["sg-a"]}, {"securityGroupIds": ["sg-a", "sg-c"]}, I, "cache-clients-in"),
    (GROUP, {}, {"logDeliveryConfigurations": [{"logType": "slow-log"}]}, I, "cache-logs"),
    (GROUP, {"notificationTopicArn": "a"}, {"notificationTopicArn": "b"}, I, "cache-events-elsewhere"),
    (GROUP, {}, {"notificationTopicArn": "b"}, I, "cache-events"),
    (GROUP, {"autoMinorVersionUpgrade": True}, {"autoMinorVersionUpgrade": False}, I, "cache-minors"),
    (GROUP, {"durability": "sync"}, {"durability": "disabled"}, L, "cache-durability"),
    (GROUP, {"durability": "async"}, {"durability": "sync"}, I, "cache-durability-mode"),
    (GROUP, {"authToken": "[secret]"}, {"authToken": "[secret]", "userGroupIds": ["g"]}, D, "cache-token-to-users"),
    (GROUP, {}, {"userGroupIds": ["g"]}, D, "cache-users-first"),
    (GROUP, {"userGroupIds": ["g"]}, {}, D, "cache-users-off"),
    (GROUP, {"userGroupIds": ["g"]}, {"userGroupIds": ["h"]}, D, "cache-users"),
    (GROUP, {"authTokenUpdateStrategy": "SET"},
     {"authToken": "x", "authTokenUpdateStrategy": "SET"}, D, "cache-token-set"),
    (GROUP, {}, {"authToken": "x"}, I, "cache-token"),
    (GROUP, {"parameterGroupName": "a"}, {"parameterGroupName": "b"}, I, "cache-parameter-group"),
    (GROUP, {"snapshotRetentionLimit": 7}, {"snapshotRetentionLimit": 0}, L, "cache-snapshots-off"),
    (GROUP, {"snapshotRetentionLimit": 7}, {"snapshotRetentionLimit": 3}, L, "cache-snapshots-fewer"),
    (GROUP, {"snapshotRetentionLimit": 3}, {"snapshotRetentionLimit": 7}, I, "cache-snapshots"),
    (CACHE_PARAMETERS, {"family": "valkey7"}, {"family": "valkey8"}, N, "cache-family"),
    (CACHE_PARAMETERS, {"parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]},
     {"parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]}, L, "cache-eviction"),
    (CACHE_PARAMETERS, {"parameters": []},
     {"parameters": [{"name": "timeout", "value": "300"}]}, I, "cache-parameters"),
    (USER, {}, None, D, "cache-user-delete"),
    (USER, {"userName": "a"}, {"userName": "b"}, N, "cache-user-name"),
    (USER, {"userId": "a"}, {"userId": "b"}, N, "cache-user-id"),
    (USER_GROUP, {}, None, D, "cache-user-group-delete"),
    (USER_GROUP, {"userGroupId": "a"}, {"userGroupId": "b"}, N, "cache-user-group-name"),
    (KEY, {}, None, L, "key-delete"),
    (KEY, {"enableKeyRotation": True}, {"enableKeyRotation": False}, I, "key-rotation-off"),
    (KEY, {"policy": "{}"}, {"policy": "{ }"}, D, "key-policy"),
    (SECRET, {}, None, D, "secret-delete"),
    (SECRET, {"name": "a"}, {"name": "b"}, L, "secret-name"),
    (SECRET, {"kmsKeyId": "a"}, {"kmsKeyId": "b"}, I, "secret-key"),
    (SECRET, {"recoveryWindowInDays": 30}, {"recoveryWindowInDays": 0}, I, "secret-recovery"),
    (PASSWORD, {}, None, I, "password-replaced"),
    (GROUP_OF_RULES, {}, None, D, "group-delete"),
    (GROUP_OF_RULES, {"vpcId": "a"}, {"vpcId": "b"}, N, "group-move"),
    (GROUP_OF_RULES, {"description": "a"}, {"description": "b"}, N, "group-text"),
    (INGRESS, {}, None, D, "ingress-delete"),
    (INGRESS, {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "0.0.0.0/0"}, L, "ingress-open-v4"),
    (INGRESS, {}, {"cidrIpv6": "::/0"}, L, "ingress-open-v6"),
    (INGRESS, {"referencedSecurityGroupId": "a"}, {"referencedSecurityGroupId": "b"}, D, "ingress-client"),
    (INGRESS, {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "10.1.0.0/16"}, D, "ingress-cidr"),
    (VPC, {}, None, B, "vpc-delete"),
    (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, L, "vpc-range"),
    (SUBNET, {}, None, B, "subnet-delete"),
    (SUBNET, {"cidrBlock": "10.0.0.0/24"}, {"cidrBlock": "10.0.1.0/24"}, B, "subnet-range"),
    (SUBNET, {"availabilityZone": "a"}, {"availabilityZone": "b"}, B, "subnet-zone"),
    (TOPIC, {}, None, D, "topic-delete"),
    (TOPIC, {"kmsMasterKeyId": "k"}, {"kmsMasterKeyId": "alias/aws/sns"}, D, "topic-plain"),
    (TOPIC, {"kmsMasterKeyId": "k"}, {"kmsMasterKeyId": "l"}, I, "topic-key"),
    (SUBSCRIPTION, {}, None, I, "subscription-delete"),
    (SUBSCRIPTION, {"endpoint": "a@example.org"}, {"endpoint": "b@example.org"}, N, "subscription-endpoint"),
    (ALARM, {}, None, I, "alarm-delete"),
    (COMPOSITE, {}, None, I, "page-delete"),
    (COMPOSITE, {}, {"actionsSuppressor": {"alarm": "down"}}, I, "page-silenced"),
    (FILTER, {}, None, I, "filter-delete"),
    (FILTER, {"pattern": "a"}, {"pattern": "b"}, I, "filter-pattern"),
    (DASHBOARD, {"dashboardBody": "a"}, {"dashboardBody": "b"}, I, "dashboard-body"),
    (LOGS, {}, None, L, "logs-delete"),
    (LOGS, {"retentionInDays": 365}, {"retentionInDays": 30}, L, "logs-shorter"),
    (LOGS, {"name": "a"}, {"name": "a", "retentionInDays": 3653}, L, "logs-shorter"),
    (LOGS, {"retentionInDays": 60}, {"retentionInDays": 90}, I, "logs-longer"),
    (LOGS, {}, {"kmsKeyId": "k"}, I, "logs-key"),
    (LOGS, {"name": "a"}, {"name": "b"}, N, "logs-name"),
    (BUCKET, {}, None, B, "bucket-delete"),
    (BUCKET, {"forceDestroy": True}, None, L, "bucket-destroy"),
    (BUCKET, {"bucket": "a"}, {"bucket": "b"}, L, "bucket-name"),
    (VAULT, {"forceDestroy": True}, None, L, "vault-destroy"),
    (VAULT, {}, None, B, "vault-delete"),
    (VAULT, {"name": "a"}, {"name": "b"}, L, "vault-name"),
    (VAULT, {"kmsKeyArn": "a"}, {"kmsKeyArn": "b"}, L, "vault-key"),
    (VAULT_POLICY, {}, None, I, "vault-policy-delete"),
    (VAULT_POLICY, {"policy": "{}"}, {"policy": "{ }"}, I, "vault-policy"),
    (LOCK, {"changeableForDays": 3}, None, B, "lock-final-delete"),
    (LOCK, {"minRetentionDays": 7}, None, L, "lock-delete"),
    (LOCK, {}, {"changeableForDays": 3}, N, "lock-final"),
    (LOCK, {"changeableForDays": 3}, {"changeableForDays": 30}, B, "lock-grace"),
    (LOCK, {"maxRetentionDays": 90}, {"maxRetentionDays": 30}, N, "lock-longest"),
    (LOCK, {"minRetentionDays": 1}, {"minRetentionDays": 7}, N, "lock-shortest"),
    (PLAN, planned(7), None, L, "plan-delete"),
    (PLAN, planned(30, enableContinuousBackup=True), planned(7, enableContinuousBackup=True), L, "plan-logs-shorter"),
    (PLAN, planned(30, enableContinuousBackup=True), planned(30), L, "plan-logs-off"),
    (PLAN, planned(30), planned(30, enableContinuousBackup=True), I, "plan-logs-on"),
    (PLAN, planned(30), {"rules": []}, L, "plan-fewer"),
    (PLAN, planned(30), planned(7), I, "plan-shorter"),
    (PLAN, planned(30, copyActions=[{"destinationVaultArn": "v"}]), planned(30), L, "plan-uncopied"),
    (PLAN, planned(7), planned(30), I, "plan"),
    (SELECTION, {}, None, L, "selection-delete"),
    (SELECTION, {"resources": ["a"]}, {"resources": ["b"]}, N, "selection-resources"),
    (TOLD, {}, None, I, "vault-unheard"),
    (TEST, {}, None, I, "restore-test-delete"),
    (TESTED, {"restoreMetadataOverrides": {"port": "5432"}}, {"restoreMetadataOverrides": {"port": "5433"}}, I,
     "restore-test-metadata"),
    (ELSEWHERE, {}, None, L, "elsewhere-delete"),
    (ELSEWHERE, {"retentionPeriod": 7}, {"retentionPeriod": 3}, L, "elsewhere-shorter"),
    (ELSEWHERE, {"retentionPeriod": 3}, {"retentionPeriod": 7}, N, "elsewhere-longer"),
    (VERSIONING, {"versioningConfiguration": {"status": "Enabled"}},
     {"versioningConfiguration": {"status": "Suspended"}}, L, "bucket-versions-off"),
    (VERSIONING, {}, None, L, "bucket-versions-delete"),
    (LIFECYCLE, expiring(30), expiring(7), L, "bucket-expires-earlier"),
    (LIFECYCLE, expiring(7), expiring(30), I, "bucket-lifecycle"),
    (LIFECYCLE, expiring(7), None, I, "bucket-lifecycle-delete"),
    (CLOSED, {"blockPublicAcls": True}, {"blockPublicAcls": False}, L, "bucket-open-blockpublicacls"),
    (CLOSED, {"blockPublicPolicy": True}, {}, L, "bucket-open-blockpublicpolicy"),
    (CLOSED, {"ignorePublicAcls": True}, {}, L, "bucket-open-ignorepublicacls"),
    (CLOSED, {"restrictPublicBuckets": True}, {}, L, "bucket-open-restrictpublicbuckets"),
    (CLOSED, {}, None, L, "bucket-open"),
    (BUCKET_POLICY, {"policy": "{}"}, {"policy": "{ }"}, D, "bucket-policy"),
    (BUCKET_KEY, {"rules": [{"a": 1}]}, {"rules": [{"a": 2}]}, I, "bucket-key"),
    (PROXY, {}, None, D, "proxy-delete"),
    (PROXY, {"name": "a"}, {"name": "b"}, D, "proxy-name"),
    (PROXY, {"vpcSubnetIds": ["a"]}, {"vpcSubnetIds": ["b"]}, N, "proxy-subnets"),
    (PROXY, {"engineFamily": "POSTGRESQL"}, {"engineFamily": "MYSQL"}, N, "proxy-family"),
    (PROXY, {"requireTls": True}, {"requireTls": False}, L, "proxy-plain"),
    (PROXY, {"requireTls": False}, {"requireTls": True}, D, "proxy-tls"),
    (PROXY, {"auths": [{"secretArn": "a"}]}, {"auths": [{"secretArn": "b"}]}, D, "proxy-identities"),
    (PROXY, {"roleArn": "a"}, {"roleArn": "b"}, D, "proxy-role"),
    (PROXY, {"vpcSecurityGroupIds": ["a"]}, {"vpcSecurityGroupIds": ["b"]}, D, "proxy-groups"),
    (PROXY, {"idleClientTimeout": 1800}, {"idleClientTimeout": 60}, I, "proxy-patience"),
    (TARGETS, {"connectionPoolConfig": {"maxConnectionsPercent": 80}},
     {"connectionPoolConfig": {"maxConnectionsPercent": 40}}, D, "proxy-share-less"),
    (TARGETS, {"connectionPoolConfig": {"maxConnectionsPercent": 40}},
     {"connectionPoolConfig": {"maxConnectionsPercent": 80}}, I, "proxy-share"),
    (TARGETS, {}, None, I, "proxy-targets-delete"),
    (TARGET, {}, None, D, "proxy-target-delete"),
    (TARGET, {"dbInstanceIdentifier": "a"}, {"dbInstanceIdentifier": "b"}, N, "proxy-target"),
    (INVOCATION, {"triggers": {"a": "1"}}, {"triggers": {"a": "2"}}, N, "bootstrap-runs"),
    (INVOCATION, {"input": "1"}, {"input": "2"}, N, "bootstrap-input"),
]  # fmt: skip
# The same beside a replica, or under one of Pulumi's options.
BESIDE: list[tuple[str, Inputs, Inputs | None, Effect, str]] = [
    (INSTANCE, {"engineVersion": "17.9"}, {"engineVersion": "17.10"}, B, "rds-minor-before-replicas"),
    (INSTANCE, {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 0}, B, "rds-backup-off-replicas"),
    (PARAMETERS, parameters("pending-reboot", max_connections="100"),
     parameters("pending-reboot", max_connections="200"), R, "rds-parameters-replicas-first"),
    (PARAMETERS, parameters("pending-reboot", max_connections="200"),
     parameters("pending-reboot", max_connections="100"), R, "rds-parameters-primary-first"),
]  # fmt: skip
OPTIONS: list[tuple[str, dict[str, bool], Effect, str]] = [
    (INSTANCE, {"protect": True}, B, "rds-delete-protected"),
    (GROUP, {"protect": True}, B, "cache-delete-protected"),
    (KEY, {"protect": True}, B, "key-delete-protected"),
    (BUCKET, {"protect": True}, B, "bucket-delete-protected"),
    (VAULT, {"protect": True}, B, "vault-delete-protected"),
    (KEY, {"retain_on_delete": True}, I, "key-kept"),
    (LOGS, {"retain_on_delete": True}, I, "logs-kept"),
]


@pytest.mark.parametrize(("type_", "was", "now", "effect", "rule"), TRANSITIONS, ids=[t[4] for t in TRANSITIONS])
def test_a_transition(type_: str, was: Inputs, now: Inputs | None, effect: Effect, rule: str) -> None:
    assert (effect, rule) in [(i.effect, i.rule) for i in impacts(type_, was, now)]


@pytest.mark.parametrize(("type_", "was", "now", "effect", "rule"), BESIDE, ids=[t[4] for t in BESIDE])
def test_beside_a_replica(type_: str, was: Inputs, now: Inputs | None, effect: Effect, rule: str) -> None:
    assert [(i.effect, i.rule) for i in impacts(type_, was, now, REPLICA)] == [(effect, rule)]


@pytest.mark.parametrize(("type_", "marks", "effect", "rule"), OPTIONS, ids=[o[3] for o in OPTIONS])
def test_a_deletion_under_an_option(type_: str, marks: dict[str, bool], effect: Effect, rule: str) -> None:
    assert [(i.effect, i.rule) for i in impacts(type_, {}, None, **marks)] == [(effect, rule)]


def test_no_rule_is_without_its_transition() -> None:
    tried = {t[4] for t in (*TRANSITIONS, *BESIDE)} | {option[3] for option in OPTIONS}
    assert {rule.id for rules in RULES.values() for rule in rules} == tried


def test_every_rule_says_where_it_is_from_and_the_harmful_what_to_do_instead() -> None:
    rules = [rule for each in RULES.values() for rule in each]
    assert [rule.id for rule in rules if not rule.users.endswith(".")] == []
    assert len({rule.id for rule in rules}) == len(rules)
    # What cannot be helped: it is refused, gone, or made anew in any case.
    helpless = {"vpc-delete", "subnet-delete", "bucket-delete", "bucket-destroy", "cache-snapshots-fewer"}
    harmful = {Effect.BLOCKED, Effect.DATA_AT_RISK}
    assert {rule.id for rule in rules if rule.effect in harmful and not rule.way_round} <= helpless


def test_a_protected_resource_is_not_replaced() -> None:
    found = impacts(INSTANCE, {"kmsKeyId": "a"}, {"kmsKeyId": "b"}, protect=True)
    assert [(i.effect, i.rule) for i in found] == [(B, "protected"), (L, "rds-key")]


def waiting(name: str, prefix: str, value: str, now: Inputs) -> list[Resource]:
    """An instance with its parameter group, under any stack's names."""
    return [
        Resource(type=INSTANCE, name=name, parent="", inputs={**now, "parameterGroupName": f"{prefix}0a1b2c"}),
        Resource(type=PARAMETERS, name=f"{name}-parameters", parent="", inputs={"namePrefix": prefix}
                 | parameters(work_mem=value)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "value", "proposed", "first"),
    [
        ({"instanceClass": "b"}, "2", True, True),
        ({"instanceClass": "b"}, "1", True, False),
        ({"instanceClass": "b", "applyImmediately": True}, "2", False, False),
        ({"instanceClass": "b", "multiAz": True}, "2", True, True),
    ],
)
def test_what_waits_for_the_window_says_what_holds_meanwhile(
    now: Inputs, value: str, proposed: bool, first: bool
) -> None:
    was = {**now, "instanceClass": "a"}
    # Another instance's parameters change as well: they are none of this one's.
    before = waiting("db", "shop-live-postgres17-", "1", was) + waiting("far", "shop-live-far-postgres17-", "1", {})
    after = waiting("db", "shop-live-postgres17-", value, now) + waiting("far", "shop-live-far-postgres17-", "3", {})
    (impact,) = [i for i in judge(changes(before, after)) if (i.name, i.key) == ("db", "instanceClass")]
    assert ("every `pulumi up` proposes it again" in impact.users) is proposed
    assert ("come before it" in impact.users) is first


def test_a_cache_that_waits_says_so_too() -> None:
    (impact,) = impacts(GROUP, replicated(nodeType="a"), replicated(nodeType="b"))
    assert impact.takes_effect == "in the maintenance window"
    assert impact.users.endswith("Until then every `pulumi up` proposes it again.")


@pytest.mark.parametrize(
    ("key", "inputs", "said"),
    [
        ("instanceClass", {}, "in the maintenance window"),
        ("instanceClass", {"applyImmediately": True}, "at once"),
        ("port", {}, "at once"),
        ("parameterGroupName", {}, "at the next restart"),
        ("allocatedStorage", {}, "at once"),
    ],
)
def test_when_it_takes_effect(key: str, inputs: Inputs, said: str) -> None:
    found = impacts(INSTANCE, {key: 1, **inputs}, {key: 2, **inputs})
    assert [i.takes_effect for i in found if i.key == key] == [said]


def test_what_is_made_and_what_nobody_reads_is_silent() -> None:
    assert impacts(INSTANCE, None, {"engine": "postgres"}) == ()
    assert [(i.effect, i.rule) for i in impacts(INSTANCE, {}, {"tags": {"a": "b"}})] == [(I, "silent")]
    fewer = impacts(INSTANCE, {"tags": {"team": "a", "own": "b"}}, {"tags": {"own": "b"}})
    assert [(i.effect, i.rule, "selects by team" in i.users) for i in fewer] == [(I, "tags-removed", True)]


@pytest.mark.parametrize(("protect", "told"), [(False, [(N, "replaced")]), (True, [(B, "protected"), (N, "replaced")])])
def test_what_the_provider_replaces_is_told_where_no_rule_says_more(
    protect: bool, told: list[tuple[Effect, str]]
) -> None:
    found = impacts(SUBNET, {"vpcId": "vpc-1"}, {"vpcId": "vpc-2"}, protect=protect)
    assert [(each.effect, each.rule) for each in found] == told
