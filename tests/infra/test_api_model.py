"""Every input of every stack is held against AWS's own API model (botocore): names, enums, patterns, lengths, ranges.

Pulumi's input names are the API's with another capitalisation; where they differ, `RENAMED` says so, and what the API
does not take in that request at all is in `NOT_IN_API` with the reason.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.model
import pytest
from clinic_project import CLINIC
from recorded_program import recorded

from graph.resource import Resource
from infra.settings.stackfile import read_stack
from local.handlers.monitoring import metric_query, transformation

ROOT = Path(__file__).parents[2]

# Type -> service and operation that makes it.
OPERATIONS: dict[str, tuple[str, str]] = {
    "aws:backup/plan:Plan": ("backup", "CreateBackupPlan"),
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": ("backup", "CreateRestoreTestingPlan"),
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": ("backup", "CreateRestoreTestingSelection"),
    "aws:backup/selection:Selection": ("backup", "CreateBackupSelection"),
    "aws:backup/vault:Vault": ("backup", "CreateBackupVault"),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": ("backup", "PutBackupVaultLockConfiguration"),
    "aws:backup/vaultNotifications:VaultNotifications": ("backup", "PutBackupVaultNotifications"),
    "aws:backup/vaultPolicy:VaultPolicy": ("backup", "PutBackupVaultAccessPolicy"),
    "aws:cloudwatch/eventRule:EventRule": ("events", "PutRule"),
    "aws:cloudwatch/eventTarget:EventTarget": ("events", "PutTargets"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("cloudwatch", "PutCompositeAlarm"),
    "aws:cloudwatch/dashboard:Dashboard": ("cloudwatch", "PutDashboard"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "CreateLogGroup"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ("logs", "PutMetricFilter"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", "PutMetricAlarm"),
    "aws:ec2/flowLog:FlowLog": ("ec2", "CreateFlowLogs"),
    "aws:ec2/routeTable:RouteTable": ("ec2", "CreateRouteTable"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("ec2", "AssociateRouteTable"),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2", "CreateSecurityGroup"),
    "aws:ec2/subnet:Subnet": ("ec2", "CreateSubnet"),
    "aws:ec2/vpc:Vpc": ("ec2", "CreateVpc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2", "CreateVpcEndpoint"),
    "aws:ecs/cluster:Cluster": ("ecs", "CreateCluster"),
    "aws:ecs/service:Service": ("ecs", "CreateService"),
    "aws:ecs/taskDefinition:TaskDefinition": ("ecs", "RegisterTaskDefinition"),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": ("servicediscovery", "CreatePrivateDnsNamespace"),
    "aws:servicediscovery/service:Service": ("servicediscovery", "CreateService"),
    "aws:elasticache/parameterGroup:ParameterGroup": ("elasticache", "CreateCacheParameterGroup"),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("elasticache", "CreateReplicationGroup"),
    "aws:elasticache/subnetGroup:SubnetGroup": ("elasticache", "CreateCacheSubnetGroup"),
    "aws:elasticache/user:User": ("elasticache", "CreateUser"),
    "aws:elasticache/userGroup:UserGroup": ("elasticache", "CreateUserGroup"),
    "aws:iam/role:Role": ("iam", "CreateRole"),
    "aws:iam/rolePolicy:RolePolicy": ("iam", "PutRolePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam", "AttachRolePolicy"),
    "aws:kms/alias:Alias": ("kms", "CreateAlias"),
    "aws:kms/key:Key": ("kms", "CreateKey"),
    "aws:lambda/alias:Alias": ("lambda", "CreateAlias"),
    "aws:lambda/function:Function": ("lambda", "CreateFunction"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ("lambda", "PutFunctionEventInvokeConfig"),
    "aws:lambda/permission:Permission": ("lambda", "AddPermission"),
    "aws:lambda/invocation:Invocation": ("lambda", "Invoke"),
    "aws:rds/eventSubscription:EventSubscription": ("rds", "CreateEventSubscription"),
    "aws:rds/instance:Instance": ("rds", "CreateDBInstance"),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": (
        "rds",
        "StartDBInstanceAutomatedBackupsReplication",
    ),
    "aws:rds/proxy:Proxy": ("rds", "CreateDBProxy"),
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": ("rds", "ModifyDBProxyTargetGroup"),
    "aws:rds/proxyTarget:ProxyTarget": ("rds", "RegisterDBProxyTargets"),
    "aws:rds/parameterGroup:ParameterGroup": ("rds", "CreateDBParameterGroup"),
    "aws:rds/subnetGroup:SubnetGroup": ("rds", "CreateDBSubnetGroup"),
    "aws:s3/bucket:Bucket": ("s3", "CreateBucket"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("s3", "PutBucketLifecycleConfiguration"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ("s3", "PutBucketOwnershipControls"),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3", "PutBucketPolicy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("s3", "PutPublicAccessBlock"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3",
        "PutBucketEncryption",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3", "PutBucketVersioning"),
    "aws:secretsmanager/secret:Secret": ("secretsmanager", "CreateSecret"),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretsmanager", "PutSecretValue"),
    "aws:sns/topic:Topic": ("sns", "CreateTopic"),
    "aws:sns/topicPolicy:TopicPolicy": ("sns", "SetTopicAttributes"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("ec2", "AuthorizeSecurityGroupEgress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("ec2", "AuthorizeSecurityGroupIngress"),
}
REPLICA = ("rds", "CreateDBInstanceReadReplica")
# Type's last name -> member of the request that holds what Pulumi writes at the top, beside the request's own members.
WRAPPED = {
    "Plan": "BackupPlan",
    "Selection": "BackupSelection",
    "RestoreTestingPlan": "RestoreTestingPlan",
    "RestoreTestingSelection": "RestoreTestingSelection",
    "EventTarget": "Targets",
    "Service": "deploymentConfiguration",
    "BucketLifecycleConfiguration": "LifecycleConfiguration",
    "BucketOwnershipControls": "OwnershipControls",
    "BucketPublicAccessBlock": "PublicAccessBlockConfiguration",
    "BucketServerSideEncryptionConfiguration": "ServerSideEncryptionConfiguration",
}
# (Shape, key within it) -> member, where the names differ in more than capitals.
INNER: dict[tuple[str, str], str] = {
    ("BackupRuleInput", "schedule"): "ScheduleExpression",
    ("BackupRuleInput", "startWindow"): "StartWindowMinutes",
    ("BackupRuleInput", "completionWindow"): "CompletionWindowMinutes",
    ("BackupRuleInput", "targetVaultName"): "TargetBackupVaultName",
    ("CopyAction", "destinationVaultArn"): "DestinationBackupVaultArn",
    ("Lifecycle", "deleteAfter"): "DeleteAfterDays",
    ("ServerSideEncryptionByDefault", "kmsMasterKeyId"): "KMSMasterKeyID",
}

# (Type's last name, input) -> member of the API's shape, where the names differ in more than capitals.
RENAMED: dict[tuple[str, str], str] = {
    ("Plan", "name"): "BackupPlanName",
    ("RestoreTestingPlan", "name"): "RestoreTestingPlanName",
    ("RestoreTestingSelection", "name"): "RestoreTestingSelectionName",
    ("Selection", "name"): "SelectionName",
    ("Selection", "planId"): "BackupPlanId",
    ("Vault", "name"): "BackupVaultName",
    ("Vault", "kmsKeyArn"): "EncryptionKeyArn",
    ("Permission", "function"): "FunctionName",
    ("BucketOwnershipControls", "rule"): "Rules",
    ("InstanceAutomatedBackupsReplication", "retentionPeriod"): "BackupRetentionPeriod",
    ("Proxy", "name"): "DBProxyName",
    ("Proxy", "auths"): "Auth",
    ("ProxyTarget", "dbInstanceIdentifier"): "DBInstanceIdentifiers",
    ("FlowLog", "iamRoleArn"): "DeliverLogsPermissionArn",
    ("FlowLog", "vpcId"): "ResourceIds",
    ("Function", "name"): "FunctionName",
    ("Function", "code"): "Code",
    ("Instance", "identifier"): "DBInstanceIdentifier",
    ("Instance", "instanceClass"): "DBInstanceClass",
    ("Instance", "username"): "MasterUsername",
    ("Instance", "password"): "MasterUserPassword",
    ("Instance", "parameterGroupName"): "DBParameterGroupName",
    ("Instance", "maintenanceWindow"): "PreferredMaintenanceWindow",
    ("Instance", "backupWindow"): "PreferredBackupWindow",
    ("Instance", "enabledCloudwatchLogsExports"): "EnableCloudwatchLogsExports",
    ("Instance", "iamDatabaseAuthenticationEnabled"): "EnableIAMDatabaseAuthentication",
    ("Instance", "caCertIdentifier"): "CACertificateIdentifier",
    ("Instance", "performanceInsightsEnabled"): "EnablePerformanceInsights",
    ("Instance", "performanceInsightsKmsKeyId"): "PerformanceInsightsKMSKeyId",
    ("Instance", "replicateSourceDb"): "SourceDBInstanceIdentifier",
    ("Invocation", "input"): "Payload",
    ("Key", "deletionWindowInDays"): "",
    ("LogGroup", "name"): "logGroupName",
    ("LogMetricFilter", "metricTransformation"): "metricTransformations",
    ("LogMetricFilter", "name"): "filterName",
    ("LogMetricFilter", "pattern"): "filterPattern",
    ("MetricAlarm", "name"): "AlarmName",
    ("MetricAlarm", "metricQueries"): "Metrics",
    ("MetricAlarm", "extendedStatistic"): "ExtendedStatistic",
    ("ParameterGroup", "name"): "CacheParameterGroupName",
    ("ParameterGroup", "family"): "DBParameterGroupFamily|CacheParameterGroupFamily",
    ("SubnetGroup", "name"): "DBSubnetGroupName|CacheSubnetGroupName",
    ("SubnetGroup", "description"): "DBSubnetGroupDescription|CacheSubnetGroupDescription",
    ("Role", "assumeRolePolicy"): "AssumeRolePolicyDocument",
    ("VpcEndpoint", "policy"): "PolicyDocument",
    ("ParameterGroup", "namePrefix"): "DBParameterGroupName",
    ("ReplicationGroup", "description"): "ReplicationGroupDescription",
    ("ReplicationGroup", "maintenanceWindow"): "PreferredMaintenanceWindow",
    ("ReplicationGroup", "nodeType"): "CacheNodeType",
    ("ReplicationGroup", "parameterGroupName"): "CacheParameterGroupName",
    ("ReplicationGroup", "subnetGroupName"): "CacheSubnetGroupName",
    ("ReplicationGroup", "atRestEncryptionEnabled"): "AtRestEncryptionEnabled",
    ("Role", "name"): "RoleName",
    ("RolePolicy", "role"): "RoleName",
    ("RolePolicy", "policy"): "PolicyDocument",
    ("RolePolicyAttachment", "role"): "RoleName",
    ("Cluster", "name"): "clusterName",
    # ECS's, and Cloud Map's own.
    ("Service", "name"): "serviceName|Name",
    ("SecurityGroup", "name"): "GroupName",
    ("SecurityGroupEgressRule", "securityGroupId"): "GroupId",
    ("SecurityGroupIngressRule", "securityGroupId"): "GroupId",
    ("EventSubscription", "name"): "SubscriptionName",
    ("EventSubscription", "snsTopic"): "SnsTopicArn",
    ("Alias", "name"): "AliasName|Name",
    ("UserGroup", "userGroupId"): "UserGroupId",
    ("TopicPolicy", "arn"): "TopicArn",
    ("TopicPolicy", "policy"): "AttributeValue",
}
# Shapes that the provider makes of something of another form: a map, an archive, a flat list.
ANEW = {"Dimension", "FunctionCode", "NetworkConfiguration", "LogDeliveryConfigurationRequest"}
# (Type's last name or *, input) -> why the request that makes the resource does not take it.
NOT_IN_API: dict[tuple[str, str], str] = {
    ("*", "tags"): "each service has its own form of tags; the provider turns the map into it",
    ("*", "region"): "chooses the client, not a request's member",
    ("Vault", "forceDestroy"): "the provider's own: empty the vault at the end",
    ("Bucket", "forceDestroy"): "the provider's own: empty the bucket at the end",
    ("Vpc", "enableDnsSupport"): "ModifyVpcAttribute, after the VPC is made",
    ("Vpc", "enableDnsHostnames"): "ModifyVpcAttribute, after the VPC is made",
    ("Subnet", "mapPublicIpOnLaunch"): "ModifySubnetAttribute, after the subnet is made",
    ("Key", "deletionWindowInDays"): "ScheduleKeyDeletion, at the end",
    ("Key", "enableKeyRotation"): "EnableKeyRotation, after the key is made",
    ("LogGroup", "retentionInDays"): "PutRetentionPolicy, after the group is made",
    ("ParameterGroup", "parameters"): "ModifyDBParameterGroup; checked against the catalogue of knowledge",
    ("SecurityGroupIngressRule", "*"): "the provider wraps the rule into IpPermissions",
    ("SecurityGroupEgressRule", "*"): "the provider wraps the rule into IpPermissions",
    ("Secret", "recoveryWindowInDays"): "DeleteSecret, at the end",
    ("Topic", "kmsMasterKeyId"): "an attribute of the topic, by name",
    ("Service", "waitForSteadyState"): "the provider's own: wait until the deployment is over",
    ("Instance", "applyImmediately"): "ModifyDBInstance only",
    ("Instance", "skipFinalSnapshot"): "DeleteDBInstance, at the end",
    ("Instance", "finalSnapshotIdentifier"): "DeleteDBInstance, at the end",
    ("Instance", "deleteAutomatedBackups"): "DeleteDBInstance, at the end",
    ("Instance", "allowMajorVersionUpgrade"): "ModifyDBInstance only",
    ("ReplicationGroup", "applyImmediately"): "ModifyReplicationGroup only",
    ("ReplicationGroup", "finalSnapshotIdentifier"): "DeleteReplicationGroup, at the end",
    ("Invocation", "triggers"): "the provider's own: when to invoke again",
    ("Function", "vpcConfig"): "has ids that AWS draws; the shape is checked by the provider's own types",
}
# (Type's last name, input) -> its value in the API's form, as the local tier sends it.
SHAPED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("LogMetricFilter", "metricTransformation"): lambda said: [transformation(said)],
    ("MetricAlarm", "metricQueries"): lambda queries: [metric_query(query) for query in queries],
    ("CompositeAlarm", "actionsSuppressor"): lambda said: said["alarm"],
}
REPLICA_ONLY_LATER = {
    "maintenanceWindow": "ModifyDBInstance, after the replica is made",
    "storageEncrypted": "a replica is encrypted as its source is; the provider compares",
}


def shape_of(resource: Resource) -> botocore.model.StructureShape:
    replica = resource.type == "aws:rds/instance:Instance" and "replicateSourceDb" in resource.inputs
    return request(*(REPLICA if replica else OPERATIONS[resource.type]))


@functools.cache
def request(service: str, operation: str) -> botocore.model.StructureShape:
    """The shape of an operation's request."""
    data = botocore.loaders.Loader().load_service_model(service, "service-2")
    shape = botocore.model.ServiceModel(data, service).operation_model(operation).input_shape
    assert shape is not None
    return shape


def members(shape: botocore.model.StructureShape, kind: str) -> dict[str, botocore.model.Shape]:
    """What the request takes, with what it takes inside of the one member that holds the rest."""
    wrapped = shape.members.get(WRAPPED.get(kind, ""))
    inner = wrapped.member if isinstance(wrapped, botocore.model.ListShape) else wrapped
    return {**shape.members, **(inner.members if inner else {})}


def member(shape: botocore.model.StructureShape, kind: str, name: str) -> botocore.model.Shape | None:
    wanted = RENAMED.get((kind, name), name).lower().split("|")
    return next((value for key, value in members(shape, kind).items() if key.lower() in wanted), None)


def wrong(shape: botocore.model.Shape, value: Any, where: str, *, shaped: bool = False) -> Iterator[str]:
    """What the API's model says against a value; of a `shaped` one, also what is inside of its structures."""
    meta = shape.metadata
    if shape.type_name == "string":
        text = value if isinstance(value, str) else json.dumps(value)
        if "enum" in meta and text not in meta["enum"]:
            yield f"{where}: {text!r} is none of {meta['enum'][:12]}"
        if not meta.get("min", 0) <= len(text) <= meta.get("max", len(text)):
            yield f"{where}: {len(text)} characters, the API takes {meta.get('min', 0)} to {meta.get('max')}"
        if "pattern" in meta and not re.search(f"^(?:{java(meta['pattern'])})$", text, re.DOTALL):
            yield f"{where}: {text[:60]!r} does not match {meta['pattern']}"
    elif shape.type_name in ("integer", "long", "float", "double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{where}: {value!r} is no number"
        elif not meta.get("min", value) <= value <= meta.get("max", value):
            yield f"{where}: {value} is outside {meta.get('min')} to {meta.get('max')}"
    elif shape.type_name == "boolean":
        if not isinstance(value, bool):
            yield f"{where}: {value!r} is no boolean"
    elif isinstance(shape, botocore.model.StructureShape) and shaped:
        for name in shape.required_members:
            if name not in value:
                yield f"{where}: {name} is missing"
        for name, each in value.items():
            if name in shape.members:
                yield from wrong(shape.members[name], each, f"{where}.{name}", shaped=True)
            else:
                yield f"{where}: the API's {shape.name} has no {name}"
    elif isinstance(shape, botocore.model.ListShape):
        values = value if isinstance(value, list) else [value]
        if not meta.get("min", 0) <= len(values) <= meta.get("max", len(values)):
            yield f"{where}: {len(values)} entries, the API takes {meta.get('min', 0)} to {meta.get('max')}"
        for number, each in enumerate(values):
            yield from wrong(shape.member, each, f"{where}.{number}", shaped=shaped)

    elif isinstance(shape, botocore.model.StructureShape) and isinstance(value, dict) and shape.name not in ANEW:
        for key, each in value.items():
            name = INNER.get((shape.name, key), key).lower()
            found = next((inner for inner_name, inner in shape.members.items() if inner_name.lower() == name), None)
            if found is None:
                yield f"{where}: the API's {shape.name} has no {key}"
            else:
                yield from wrong(found, each, f"{where}.{key}")


def java(pattern: str) -> str:
    """Java's regular expressions in Python's: properties of Unicode that Python's `re` does not know."""
    return (
        pattern.replace("\\p{L}", "\\w").replace("\\p{Z}", " ").replace("\\p{N}", "\\d").replace("\\p{S}", "")
        .replace("\\p{P}", "").replace("\\p{M}", "")
    )  # fmt: skip


def problems(resource: Resource) -> Iterator[str]:
    kind = resource.type.rpartition(":")[2]
    replica = "replicateSourceDb" in resource.inputs
    for name, value in resource.inputs.items():
        excused = any(key in NOT_IN_API for key in (("*", name), (kind, name), (kind, "*")))
        if excused or (replica and name in REPLICA_ONLY_LATER):
            continue
        shape = member(shape_of(resource), kind, name)
        if shape is None:
            yield f"{resource.name}.{name}: the API's {shape_of(resource).name} has no such member"
        else:
            form = SHAPED.get((kind, name))
            yield from wrong(shape, form(value) if form else value, f"{resource.name}.{name}", shaped=form is not None)


# What no committed stack asks for.
EVERYTHING = {
    "data-tier:network": {"clients": ["sg-0a1b"]},
    "data-tier:backup": {
        "continuous": True,
        "lock": {"mode": "compliance", "min": 7, "max": 90},
        "second_region": {"region": "eu-central-1", "point_in_time": 7},
    },
    "data-tier:metrics": {
        "schedule": "5m",
        "service": {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2", "clients": ["sg-0a1b"]},
    },
    "data-tier:proxy": {},
    "data-tier:bucket": {"roles": ["arn:aws:iam::123456789012:role/backup"]},
}


@pytest.mark.parametrize(
    ("stack", "more"),
    [("dev", {}), ("staging", {}), ("prod", {}), ("local", {}), ("prod", EVERYTHING)],
    ids=["dev", "staging", "prod", "local", "everything"],
)
def test_every_input_is_one_that_the_api_takes(stack: str, more: dict[str, Any]) -> None:
    deployment = recorded(stack, read_stack(CLINIC, stack) | more)
    declared = [each for each in deployment.resources if each.type.startswith("aws:")]
    assert len(declared) > 80
    unknown = {each.type for each in declared} - set(OPERATIONS) - UNCHECKED
    assert not unknown
    found = [problem for each in declared if each.type in OPERATIONS for problem in problems(each)]
    assert not found, "\n".join(found)


def test_no_exception_outlives_its_use() -> None:
    """A renamed or excused input that no stack sets any more is to be taken out."""
    used: set[tuple[str, str]] = set()
    for stack, more in (("dev", {}), ("prod", EVERYTHING)):
        deployment = recorded(stack, read_stack(CLINIC, stack) | more)
        used |= {(each.type.rpartition(":")[2], name) for each in deployment.resources for name in each.inputs}
    names = {name for _, name in used}
    stale = {key for key in (*RENAMED, *NOT_IN_API) if key not in used and key[0] != "*" and key[1] != "*"}
    assert not stale | {key for key in NOT_IN_API if key[0] == "*" and key[1] not in names | {"region"}}


# Resources without a request of their own that makes them.
UNCHECKED = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",  # adopted: it comes with the VPC
}
