"""A data tier made by hand, by plain calls to AWS: unlike any profile in nearly everything that a stack's file has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

REGION = "eu-west-1"
FAR = "eu-central-1"
"""The region of one of the replicas."""
PRIMARY = "orders"
CACHES = {"main": "orders-cache", "queue": "orders-queue"}
"""Name in a stack -> replication group id."""
OWNER = {"Key": "team", "Value": "fulfilment"}

Clients = Callable[[str, str], Any]
"""Service and region -> client."""


def make(client: Clients) -> None:
    """Make it, with what a grown tier has around it: another's instance in the same groups, alarms, topics, a plan."""
    place = _network(client, REGION)
    keys = _keys(client)
    topic = client("sns", REGION).create_topic(Name="orders-oncall")["TopicArn"]
    client("sns", REGION).subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    _database(client, place, keys["data"])
    _far_replica(client, _network(client, FAR))
    _caches(client, place, keys["data"], topic)
    _around(client, topic)


def _network(client: Clients, region: str) -> dict[str, Any]:
    """A VPC whose private subnets reach AWS by NAT; a group for the servers, into which the application's leads."""
    ec2 = client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.40.{number}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    for each in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=each)
    web, servers = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("web", "orders")
    )
    for port in (5433, 6380):
        ec2.authorize_security_group_ingress(
            GroupId=servers,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": web}]}
            ],
        )
    return {"vpc": vpc, "subnets": subnets, "group": servers}


def _keys(client: Clients) -> dict[str, str]:
    kms = client("kms", REGION)
    key = kms.create_key(Description="orders at rest", Tags=[{"TagKey": "team", "TagValue": "fulfilment"}])
    arn: str = key["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/orders-data", TargetKeyId=arn)
    return {"data": arn}


def _database(client: Clients, place: dict[str, Any], key: str) -> None:
    rds = client("rds", REGION)
    rds.create_db_subnet_group(
        DBSubnetGroupName="private", DBSubnetGroupDescription="Private subnets", SubnetIds=place["subnets"]
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="orders-pg16", DBParameterGroupFamily="postgres16", Description="Orders", Tags=[OWNER]
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName="orders-pg16",
        Parameters=[
            {"ParameterName": "work_mem", "ParameterValue": "16384", "ApplyMethod": "immediate"},
            {"ParameterName": "max_connections", "ParameterValue": "400", "ApplyMethod": "pending-reboot"},
        ],
    )
    common = {
        "DBSubnetGroupName": "private", "VpcSecurityGroupIds": [place["group"]], "StorageEncrypted": True,
        "KmsKeyId": key, "Engine": "postgres", "EngineVersion": "16.10", "MasterUsername": "root",
        "MasterUserPassword": "not-a-secret",
    }  # fmt: skip
    rds.create_db_instance(
        DBInstanceIdentifier=PRIMARY, DBInstanceClass="db.m6g.large", AllocatedStorage=200, StorageType="gp2",
        DBName="shop", Port=5433, MultiAZ=True, BackupRetentionPeriod=10, PreferredBackupWindow="01:10-01:40",
        PreferredMaintenanceWindow="tue:04:00-tue:04:30", AutoMinorVersionUpgrade=False,
        DBParameterGroupName="orders-pg16", EnableCloudwatchLogsExports=["postgresql"], DeletionProtection=False,
        CopyTagsToSnapshot=True, Tags=[OWNER, {"Key": "backup", "Value": "daily"}], **common,
    )  # fmt: skip
    rds.create_db_instance(
        DBInstanceIdentifier="billing", DBInstanceClass="db.t4g.medium", AllocatedStorage=20, **common
    )
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="orders-reports", SourceDBInstanceIdentifier=PRIMARY, DBInstanceClass="db.m6g.xlarge",
        EnableCloudwatchLogsExports=["postgresql"], Tags=[OWNER],
    )  # fmt: skip


def _far_replica(client: Clients, place: dict[str, Any]) -> None:
    """The copy for the day on which the Region is lost; with a key and RDS's own parameter group there."""
    rds = client("rds", FAR)
    key = client("kms", FAR).create_key(Description="orders, copied")["KeyMetadata"]["Arn"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="far", DBSubnetGroupDescription="Private subnets", SubnetIds=place["subnets"]
    )
    source = client("rds", REGION).describe_db_instances(DBInstanceIdentifier=PRIMARY)["DBInstances"][0]
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="orders-dr", SourceDBInstanceIdentifier=source["DBInstanceArn"], SourceRegion=REGION,
        DBInstanceClass="db.m6g.large", DBSubnetGroupName="far", VpcSecurityGroupIds=[place["group"]], KmsKeyId=key,
    )  # fmt: skip


def _caches(client: Clients, place: dict[str, Any], key: str, topic: str) -> None:
    elasticache = client("elasticache", REGION)
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="private", CacheSubnetGroupDescription="Private subnets", SubnetIds=place["subnets"]
    )
    elasticache.create_cache_parameter_group(
        CacheParameterGroupName="orders-redis7", CacheParameterGroupFamily="redis7", Description="Orders"
    )
    elasticache.modify_cache_parameter_group(
        CacheParameterGroupName="orders-redis7",
        ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "volatile-ttl"}],
    )
    elasticache.create_user(
        UserId="orders-app", UserName="orders-app", Engine="redis", AccessString="on ~orders:* +@all -@dangerous",
        Passwords=["a-password-of-the-application"],
    )  # fmt: skip
    elasticache.create_user(
        UserId="orders-default", UserName="default", Engine="redis", AccessString="off ~keys* -@all +get",
        NoPasswordRequired=True,
    )  # fmt: skip
    elasticache.create_user_group(UserGroupId="orders", Engine="redis", UserIds=["orders-app", "orders-default"])
    common = {
        "Engine": "redis", "EngineVersion": "7.1", "CacheSubnetGroupName": "private",
        "SecurityGroupIds": [place["group"]], "TransitEncryptionEnabled": True, "AtRestEncryptionEnabled": True,
        "KmsKeyId": key, "Port": 6380, "CacheParameterGroupName": "orders-redis7",
    }  # fmt: skip
    elasticache.create_replication_group(
        ReplicationGroupId="orders-cache", ReplicationGroupDescription="Sessions and prices",
        CacheNodeType="cache.m6g.large", NumCacheClusters=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
        UserGroupIds=["orders"], SnapshotRetentionLimit=3, SnapshotWindow="02:00-03:00",
        PreferredMaintenanceWindow="wed:03:00-wed:04:00", NotificationTopicArn=topic, Tags=[OWNER], **common,
    )  # fmt: skip
    elasticache.create_replication_group(
        ReplicationGroupId="orders-queue", ReplicationGroupDescription="Jobs", CacheNodeType="cache.t4g.small",
        NumCacheClusters=1, AuthToken="a-token-of-sixteen-characters", SnapshotRetentionLimit=0, **common,
    )  # fmt: skip


def _around(client: Clients, topic: str) -> None:
    rds, logs, secrets = (client(each, REGION) for each in ("rds", "logs", "secretsmanager"))
    rds.create_event_subscription(
        SubscriptionName="orders-events", SnsTopicArn=topic, SourceType="db-instance", SourceIds=[PRIMARY],
        EventCategories=["failover", "failure"],
    )  # fmt: skip
    for name in (PRIMARY, "orders-reports"):
        logs.create_log_group(logGroupName=f"/aws/rds/instance/{name}/postgresql")
    logs.put_retention_policy(logGroupName=f"/aws/rds/instance/{PRIMARY}/postgresql", retentionInDays=60)
    for name, value in (("orders/master", {"username": "root", "password": "not-a-secret"}), ("orders/queue", {})):
        secrets.create_secret(Name=name, SecretString=json.dumps(value), Tags=[OWNER])
    client("cloudwatch", REGION).put_metric_alarm(
        AlarmName="Orders database is busy", Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Average",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": PRIMARY}], Period=300, EvaluationPeriods=3,
        Threshold=85.0, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    backup = client("backup", REGION)
    backup.create_backup_vault(BackupVaultName="nightly")
    plan = backup.create_backup_plan(
        BackupPlan={
            "BackupPlanName": "nightly",
            "Rules": [
                {
                    "RuleName": "nightly", "TargetBackupVaultName": "nightly",
                    "ScheduleExpression": "cron(0 3 * * ? *)", "Lifecycle": {"DeleteAfterDays": 35},
                }
            ],
        }
    )["BackupPlanId"]  # fmt: skip
    backup.create_backup_selection(
        BackupPlanId=plan,
        BackupSelection={
            "SelectionName": "tagged", "IamRoleArn": "arn:aws:iam::000000000000:role/backup",
            "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"}],
        },
    )  # fmt: skip
