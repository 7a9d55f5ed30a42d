"""Every call that the reading makes, with what it costs where AWS refuses it. The least policy is made of this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that only reads."""

    service: str
    """As botocore names it."""
    operation: str
    """As the API names it, such as `DescribeDBInstances`."""
    field: str
    """Where the answer has what was asked for."""
    cost: str
    """What is not known where it is refused: ends the sentence `not read: ...`."""
    free: bool = False
    """Whether it is answered whatever a policy says."""

    @property
    def action(self) -> str:
        """IAM's action of it: of the same name in each service that is read (Service Authorization Reference)."""
        return f"{PREFIXES.get(self.service, self.service)}:{self.operation}"


# Where IAM's prefix is not botocore's name of the service.
PREFIXES = {"resourcegroupstaggingapi": "tag"}


def _rds(operation: str, field: str, cost: str) -> Call:
    return Call(service="rds", operation=operation, field=field, cost=cost)


def _elasticache(operation: str, field: str, cost: str) -> Call:
    return Call(service="elasticache", operation=operation, field=field, cost=cost)


def _ec2(operation: str, field: str, cost: str) -> Call:
    return Call(service="ec2", operation=operation, field=field, cost=cost)


def _backup(operation: str, field: str, cost: str) -> Call:
    return Call(service="backup", operation=operation, field=field, cost=cost)


# STS API Reference, GetCallerIdentity: it needs no permission.
CALLER = Call(
    service="sts", operation="GetCallerIdentity", field="Account", free=True, cost="whose credentials these are"
)

INSTANCES = _rds("DescribeDBInstances", "DBInstances", "the instances: without the primary there is nothing to adopt")
PARAMETER_GROUPS = _rds(
    "DescribeDBParameterGroups",
    "DBParameterGroups",
    "whose the instances' parameter groups are: they are only referred to",
)
PARAMETERS = _rds(
    "DescribeDBParameters",
    "Parameters",
    "the parameters that the instances run with: their groups are only referred to",
)
OPTION_GROUPS = _rds("DescribeOptionGroups", "OptionGroupsList", "what the option groups contain")
BLUE_GREEN = _rds(
    "DescribeBlueGreenDeployments", "BlueGreenDeployments", "whether a Blue/Green deployment is under way"
)
SUBSCRIPTIONS = _rds("DescribeEventSubscriptions", "EventSubscriptionsList", "who hears of the instances' events")
MAINTENANCE = _rds("DescribePendingMaintenanceActions", "PendingMaintenanceActions", "what RDS is about to do itself")
CLUSTERS = _rds("DescribeDBClusters", "DBClusters", "whether an id that is no instance's is a cluster's")

GROUPS = _elasticache("DescribeReplicationGroups", "ReplicationGroups", "the caches")
NODES = _elasticache(
    "DescribeCacheClusters", "CacheClusters", "the caches: version, windows and network are their nodes'"
)
CACHE_PARAMETER_GROUPS = _elasticache(
    "DescribeCacheParameterGroups",
    "CacheParameterGroups",
    "whose the caches' parameter groups are: they are only referred to",
)
CACHE_PARAMETERS = _elasticache(
    "DescribeCacheParameters",
    "Parameters",
    "the parameters that the caches run with: their groups are only referred to",
)
CACHE_SUBNETS = _elasticache("DescribeCacheSubnetGroups", "CacheSubnetGroups", "in which subnets the caches are")
USERS = _elasticache("DescribeUsers", "Users", "the caches' users and their access strings")
USER_GROUPS = _elasticache("DescribeUserGroups", "UserGroups", "who is in the caches' user groups")
SERVERLESS = _elasticache(
    "DescribeServerlessCaches", "ServerlessCaches", "whether an id that is no cache's is a serverless one's"
)

SECURITY_GROUPS = _ec2("DescribeSecurityGroups", "SecurityGroups", "the rules of the servers' security groups")
INTERFACES = _ec2("DescribeNetworkInterfaces", "NetworkInterfaces", "what else uses the servers' security groups")
VPCS = _ec2("DescribeVpcs", "Vpcs", "the ranges of the servers' networks")
DNS_SUPPORT = _ec2(
    "DescribeVpcAttribute",
    "EnableDnsSupport",
    "whether the network answers endpoints by their names: the first `up` fails at endpoints of its own without",
)
DNS_HOSTNAMES = _ec2("DescribeVpcAttribute", "EnableDnsHostnames", DNS_SUPPORT.cost)
SUBNETS = _ec2("DescribeSubnets", "Subnets", "zones and ranges of the servers' subnets")
ROUTES = _ec2("DescribeRouteTables", "RouteTables", "whether the subnets reach AWS's APIs by NAT")
ENDPOINTS = _ec2("DescribeVpcEndpoints", "VpcEndpoints", "whether the network has endpoints of AWS's APIs")
REGIONS = _ec2("DescribeRegions", "Regions", "whether an instance that is not here is in another region")

KEY = Call(service="kms", operation="DescribeKey", field="KeyMetadata", cost="whose the keys at rest are")
ALIASES = Call(service="kms", operation="ListAliases", field="Aliases", cost="the names of the keys")
LOG_GROUPS = Call(
    service="logs", operation="DescribeLogGroups", field="logGroups",
    cost="which log groups the servers have: the first `up` fails at one that is there",
)  # fmt: skip
SECRETS = Call(
    service="secretsmanager", operation="ListSecrets", field="SecretList",
    cost="which secrets there are: name the master's in `existing.master_secret` yourself",
)  # fmt: skip
ALARMS = Call(
    service="cloudwatch", operation="DescribeAlarms", field="MetricAlarms",
    cost="the alarms on the servers, and whether the stack would take the name of one",
)  # fmt: skip
COMPOSITES = Call(service="cloudwatch", operation="DescribeAlarms", field="CompositeAlarms", cost=ALARMS.cost)
TOPICS = Call(service="sns", operation="ListTopics", field="Topics", cost="whether topics of the stack's names exist")
TOPIC = Call(service="sns", operation="GetTopicAttributes", field="Attributes", cost="the settings of the topics")
LISTENERS = Call(
    service="sns", operation="ListSubscriptionsByTopic", field="Subscriptions", cost="whom the topics tell"
)
PLANS = _backup("ListBackupPlans", "BackupPlansList", "whether AWS Backup copies the servers")
SELECTIONS = _backup("ListBackupSelections", "BackupSelectionsList", "which servers the plans of AWS Backup select")
SELECTION = _backup("GetBackupSelection", "BackupSelection", "which servers the plans of AWS Backup select")
PLAN = _backup("GetBackupPlan", "BackupPlan", "when AWS Backup copies the servers, and how long it keeps that")
ROLES = Call(
    service="iam", operation="ListRoles", field="Roles",
    cost="whether roles of the stack's names exist, and which the servers have",
)  # fmt: skip
TAGS = Call(
    service="resourcegroupstaggingapi", operation="GetResources", field="ResourceTagMappingList",
    cost="the tags of what is not a server",
)  # fmt: skip

CALLS = tuple(each for each in globals().values() if isinstance(each, Call))
"""The whole table."""
