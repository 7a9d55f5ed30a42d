"""What the provider does with each type: which inputs replace it, what it fills in, what it keeps secret. Data.

Which inputs replace is `ForceNew` (`RequiresReplace` in newer files) in the schemas of terraform-provider-aws,
https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service, and of terraform-provider-random; what
is filled in is their `Default`. pulumi-aws passes both on. Only inputs that somebody could sensibly set are listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from local.cloud import CloudError

_MANAGED: Mapping[str, Any] = {"description": "Managed by Pulumi"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A resource type as its provider treats it."""

    replaces: frozenset[str]
    """Inputs whose change makes another resource."""
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What stands for inputs that the program leaves out."""
    named: str = "name"
    """The input that is the physical name."""
    autonamed: bool = True
    """Whether Pulumi makes a name up; some services do it themselves, or need one."""
    secret: frozenset[str] = frozenset()
    """Outputs that are secret though no input is."""
    forward: frozenset[str] = frozenset()
    """Versions that replace when they go back."""
    follows: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """Outputs that are not known in a preview when one of these inputs changes."""
    kept: frozenset[str] = frozenset()
    """Inputs that stay as they are when the program leaves them out (`Computed` beside `Optional`)."""
    grows: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Inputs that AWS raises by itself, up to another input: more than the program has is no change."""


def kind_of(token: str) -> Kind:
    """The type's entry. Raise `CloudError` where there is none: a guess would show a replacement as an update."""
    if token not in KINDS:
        raise CloudError(f"local/plugin/kinds.py does not say which inputs of {token} replace it: add an entry there")
    return KINDS[token]


def _kind(*replaces: str, **others: Any) -> Kind:
    return Kind(replaces=frozenset(replaces), **others)


_ANY_NAME = ("name", "namePrefix")
_CHARACTERS = ("lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric", "special", "upper")
_OF_BUCKET = ("bucket", "expectedBucketOwner")

KINDS: dict[str, Kind] = {
    # elasticache/replication_group.go: the two downgrades are customizeDiffEngineVersionForceNewOnDowngrade, and
    # memberClusters its customdiff.ComputedIf
    "aws:elasticache/replicationGroup:ReplicationGroup": _kind(
        *("atRestEncryptionEnabled", "dataTieringEnabled", "globalReplicationGroupId", "kmsKeyId", "networkType"),
        *("port", "replicationGroupId", "snapshotArns", "snapshotName", "subnetGroupName"),
        named="replicationGroupId",
        autonamed=False,
        defaults={"automaticFailoverEnabled": False, "multiAzEnabled": False},
        forward=frozenset({"engineVersion"}),
        follows={"memberClusters": frozenset({"numCacheClusters", "numNodeGroups", "replicasPerNodeGroup"})},
    ),
    # rds/instance.go: `identifier` was ForceNew once; now the instance is renamed, and its address with it
    "aws:rds/instance:Instance": _kind(
        *("availabilityZone", "backupTarget", "characterSetName", "customIamInstanceProfile", "dbName", "engine"),
        *("identifierPrefix", "kmsKeyId", "ncharCharacterSetName", "restoreToPointInTime", "snapshotIdentifier"),
        *("storageEncrypted", "timezone", "username"),
        named="identifier",
        autonamed=False,
        defaults={
            "autoMinorVersionUpgrade": True,
            "copyTagsToSnapshot": False,
            "deleteAutomatedBackups": True,
            "monitoringInterval": 0,
            "performanceInsightsEnabled": False,
            "publiclyAccessible": False,
            "skipFinalSnapshot": False,
        },
        follows={
            "address": frozenset({"identifier"}),
            "endpoint": frozenset({"identifier", "port"}),
            "engineVersionActual": frozenset({"engineVersion"}),
        },
        # its DiffSuppressFunc, and what RDS gives with the growth
        kept=frozenset({"allocatedStorage", "iops", "storageThroughput"}),
        grows={"allocatedStorage": "maxAllocatedStorage"},
    ),
    "aws:rds/parameterGroup:ParameterGroup": _kind(
        "description", "family", *_ANY_NAME, defaults={**_MANAGED, "skipDestroy": False}
    ),
    "aws:rds/subnetGroup:SubnetGroup": _kind(*_ANY_NAME, defaults=_MANAGED),
    "aws:rds/eventSubscription:EventSubscription": _kind(*_ANY_NAME, defaults={"enabled": True}),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": _kind(
        "kmsKeyId", "preSignedUrl", "retentionPeriod", "sourceDbInstanceArn", defaults={"retentionPeriod": 7}
    ),
    "aws:rds/proxy:Proxy": _kind("engineFamily", "name", "vpcSubnetIds"),
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": _kind("dbProxyName"),
    "aws:rds/proxyTarget:ProxyTarget": _kind(
        "dbClusterIdentifier", "dbInstanceIdentifier", "dbProxyName", "targetGroupName"
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _kind("description", "family", "name", defaults=_MANAGED),
    "aws:elasticache/subnetGroup:SubnetGroup": _kind("name", defaults=_MANAGED),
    "aws:elasticache/user:User": _kind(
        "userId", "userName", named="userId", autonamed=False, defaults={"noPasswordRequired": False}
    ),
    "aws:elasticache/userGroup:UserGroup": _kind("userGroupId", named="userGroupId", autonamed=False),
    "aws:backup/plan:Plan": _kind("name"),
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": _kind("name", autonamed=False),
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": _kind(
        "name", "protectedResourceType", "restoreTestingPlanName", autonamed=False
    ),
    "aws:backup/selection:Selection": _kind(
        "conditions", "iamRoleArn", "name", "notResources", "planId", "resources", "selectionTags"
    ),
    "aws:backup/vault:Vault": _kind("kmsKeyArn", "name", defaults={"forceDestroy": False}),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": _kind(
        "backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"
    ),
    "aws:backup/vaultNotifications:VaultNotifications": _kind("backupVaultEvents", "backupVaultName", "snsTopicArn"),
    "aws:backup/vaultPolicy:VaultPolicy": _kind("backupVaultName"),
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": _kind(
        named="configurationName",
        autonamed=False,
        defaults={"loggingLevel": "NONE", "userAuthorizationRequired": False},
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _kind(
        "actionsEnabled", "alarmName", named="alarmName", autonamed=False, defaults={"actionsEnabled": True}
    ),
    "aws:cloudwatch/dashboard:Dashboard": _kind("dashboardName", named="dashboardName", autonamed=False),
    "aws:cloudwatch/eventRule:EventRule": _kind("eventBusName", *_ANY_NAME, defaults={"eventBusName": "default"}),
    "aws:cloudwatch/eventTarget:EventTarget": _kind(
        "eventBusName", "rule", "targetId", defaults={"eventBusName": "default"}
    ),
    "aws:cloudwatch/logGroup:LogGroup": _kind("logGroupClass", *_ANY_NAME, defaults={"skipDestroy": False}),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _kind("logGroupName", "name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _kind(
        "name", autonamed=False, defaults={"actionsEnabled": True, "treatMissingData": "missing"}
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _kind("vpcId", defaults={"revokeRulesOnDelete": False}),
    "aws:ec2/flowLog:FlowLog": _kind(
        *("deliverCrossAccountRole", "destinationOptions", "eniId", "iamRoleArn", "logDestination"),
        *("logDestinationType", "logFormat", "maxAggregationInterval", "subnetId", "trafficType", "vpcId"),
        defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    ),
    "aws:ec2/routeTable:RouteTable": _kind("vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _kind("gatewayId", "subnetId"),
    "aws:ec2/securityGroup:SecurityGroup": _kind(
        "description", *_ANY_NAME, "vpcId", defaults={**_MANAGED, "revokeRulesOnDelete": False}
    ),
    "aws:ec2/subnet:Subnet": _kind(
        *("availabilityZone", "availabilityZoneId", "cidrBlock", "ipv4IpamPoolId", "ipv6Native", "outpostArn", "vpcId"),
        defaults={
            "assignIpv6AddressOnCreation": False,
            "enableDns64": False,
            "enableResourceNameDnsARecordOnLaunch": False,
            "enableResourceNameDnsAaaaRecordOnLaunch": False,
            "ipv6Native": False,
            "mapPublicIpOnLaunch": False,
        },
    ),
    "aws:ec2/vpc:Vpc": _kind(
        "cidrBlock",
        "ipv4IpamPoolId",
        "ipv4NetmaskLength",
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _kind(
        *("resourceConfigurationArn", "serviceName", "serviceNetworkArn", "serviceRegion", "vpcEndpointType", "vpcId"),
        defaults={"vpcEndpointType": "Gateway"},
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _kind("url"),
    "aws:iam/policy:Policy": _kind("description", *_ANY_NAME, "path", defaults={"path": "/"}),
    "aws:iam/role:Role": _kind(
        *_ANY_NAME, "path", defaults={"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    ),
    "aws:iam/rolePolicy:RolePolicy": _kind(*_ANY_NAME, "role"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _kind("policyArn", "role"),
    "aws:kms/alias:Alias": _kind(*_ANY_NAME),
    "aws:kms/key:Key": _kind(
        *("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
        defaults={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
    ),
    "aws:lambda/function:Function": _kind(
        "name",
        "packageType",
        defaults={
            "memorySize": 128,
            "packageType": "Zip",
            "publish": False,
            "reservedConcurrentExecutions": -1,
            "skipDestroy": False,
            "timeout": 3,
        },
    ),
    "aws:lambda/alias:Alias": _kind("name", "functionName"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _kind("functionName", "qualifier"),
    # lambda/invocation.go: in the scope CREATE_ONLY a new payload or trigger is a new invocation
    "aws:lambda/invocation:Invocation": _kind(
        *("functionName", "input", "lifecycleScope", "qualifier", "triggers"),
        defaults={"lifecycleScope": "CREATE_ONLY", "qualifier": "$LATEST", "terraformKey": "tf"},
    ),
    "aws:lambda/permission:Permission": _kind(
        *("action", "eventSourceToken", "function", "functionUrlAuthType", "principal", "principalOrgId", "qualifier"),
        *("sourceAccount", "sourceArn", "statementId", "statementIdPrefix"),
        named="statementId",
    ),
    "aws:s3/bucket:Bucket": _kind("bucket", "bucketPrefix", named="bucket", defaults={"forceDestroy": False}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _kind(*_OF_BUCKET),
    "aws:s3/bucketLogging:BucketLogging": _kind(*_OF_BUCKET),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _kind("bucket"),
    "aws:s3/bucketPolicy:BucketPolicy": _kind("bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _kind("bucket"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _kind(*_OF_BUCKET),
    "aws:s3/bucketVersioning:BucketVersioning": _kind(*_OF_BUCKET),
    "aws:secretsmanager/secret:Secret": _kind(
        *_ANY_NAME, defaults={"forceOverwriteReplicaSecret": False, "recoveryWindowInDays": 30}
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": _kind("secretArn"),
    "aws:secretsmanager/secretRotation:SecretRotation": _kind("secretId"),
    "aws:secretsmanager/secretVersion:SecretVersion": _kind(
        "secretBinary", "secretId", "secretString", "secretStringWoVersion"
    ),
    "aws:sns/topic:Topic": _kind("fifoTopic", *_ANY_NAME, defaults={"fifoTopic": False}),
    "aws:sns/topicPolicy:TopicPolicy": _kind("arn"),
    "aws:sns/topicSubscription:TopicSubscription": _kind("endpoint", "protocol", "topic"),
    "aws:sqs/queue:Queue": _kind("fifoQueue", *_ANY_NAME),
    "aws:sqs/queuePolicy:QueuePolicy": _kind("queueUrl"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _kind("securityGroupId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _kind("securityGroupId"),
    "random:index/randomId:RandomId": _kind("byteLength", "keepers", "prefix"),
    "random:index/randomPassword:RandomPassword": _kind(
        "keepers", "length", "overrideSpecial", *_CHARACTERS, secret=frozenset({"bcryptHash", "result"})
    ),
}
