"""Databases as RDS describes them: a tier unlike any profile, made by hand, and what may be different of it.

`orders` is PostgreSQL 16 on a port and a parameter group of its own, under a customer key, on provisioned IOPS, with
two replicas: `orders-standby` has the primary's parameter group, `orders-reports` another class and a group of its own.
Every description is held against botocore's model; what is given as None is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore_shape import described

from adopt.estate import Group, RunningInstance

ACCOUNT, REGION, VPC, GROUP = "123456789012", "eu-west-1", "vpc-0a1b2c3d", "sg-0a1b2c3d4e5f60718"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000001"
INSIGHTS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000002"
SUBNETS = ("subnet-0a1b", "subnet-0c2d")

RDS_VALUES = {
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_max_workers": "GREATEST({DBInstanceClassMemory/64371566592},3)",
    "autovacuum_naptime": "15",
    "autovacuum_vacuum_cost_limit": "GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)",
    "autovacuum_vacuum_scale_factor": "0.1",
    "checkpoint_completion_target": "0.9",
    "effective_cache_size": "{DBInstanceClassMemory/16384}",
    "effective_io_concurrency": "",
    "idle_in_transaction_session_timeout": "86400000",
    "log_autovacuum_min_duration": "10000",
    "log_checkpoints": "1",
    "log_connections": "",
    "log_min_duration_statement": "",
    "maintenance_work_mem": "GREATEST({DBInstanceClassMemory*1024/63963136},65536)",
    "max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "max_wal_size": "2048",
    "min_wal_size": "192",
    "rds.force_ssl": "1",
    "shared_buffers": "{DBInstanceClassMemory/32768}",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "1",
    "work_mem": "",
}
"""What DescribeDBParameters gives of `default.postgres16`, some of it: formulas, values of RDS's, and nothing where
PostgreSQL's own default stands (AWS Prescriptive Guidance, "Tuning PostgreSQL parameters")."""

STANDING_FOR_ALL = {"max_connections": "400", "statement_timeout": "60000", "work_mem": "8192"}
"""What somebody has set in the primary's group."""


STATIC = ("max_connections", "pgaudit.role", "rds.logical_replication", "shared_buffers", "shared_preload_libraries")
"""Parameters that hold after a restart, of those that occur here."""


def parameter_group(
    name: str = "orders-pg16",
    family: str = "postgres16",
    *,
    chosen: Mapping[str, str] = STANDING_FOR_ALL,
    shared_with: tuple[str, ...] = (),
    **own: Any,
) -> Group:
    """`chosen` are parameters that somebody has set; `own` is what the group's description differs in."""
    aws = name.startswith("default.")
    values = {**RDS_VALUES, **({} if aws else chosen)}
    return Group(
        described=described(
            "rds",
            "DBParameterGroup",
            {
                "DBParameterGroupName": name,
                "DBParameterGroupFamily": family,
                "Description": f"Default parameter group for {family}" if aws else "Orders",
                "DBParameterGroupArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:pg:{name}",
                **own,
            },
        ),
        parameters=tuple(_parameter(key, value, set_=not aws and key in chosen) for key, value in values.items()),
        shared_with=shared_with,
    )


def _parameter(name: str, value: str, *, set_: bool) -> dict[str, Any]:
    static = name in STATIC
    return described(
        "rds",
        "Parameter",
        {
            "ParameterName": name,
            **({"ParameterValue": value} if value else {}),
            "Source": "user" if set_ else "system" if value else "engine-default",
            "ApplyType": "static" if static else "dynamic",
            # Of a parameter that nobody has set RDS says this whatever its type.
            "ApplyMethod": "immediate" if set_ and not static else "pending-reboot",
            "IsModifiable": True,
        },
    )


def instance(name: str = "orders", **differs: Any) -> dict[str, Any]:
    """A DBInstance, the primary."""
    given = {
        "DBInstanceIdentifier": name,
        "DBInstanceClass": "db.m6i.xlarge",
        "Engine": "postgres",
        "DBInstanceStatus": "available",
        "MasterUsername": "orders_root",
        "DBName": "orders",
        "Endpoint": {
            "Address": f"{name}.abcdefghijkl.{REGION}.rds.amazonaws.com",
            "Port": 5433,
            "HostedZoneId": "Z29XKXDKYMONMX",
        },
        "DbInstancePort": 0,
        "AllocatedStorage": 200,
        "StorageType": "io1",
        "Iops": 3000,
        "PreferredBackupWindow": "05:10-05:40",
        "BackupRetentionPeriod": 10,
        "PreferredMaintenanceWindow": "wed:23:30-thu:00:30",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": GROUP, "Status": "active"}],
        "DBSecurityGroups": [],
        "DBParameterGroups": [{"DBParameterGroupName": "orders-pg16", "ParameterApplyStatus": "in-sync"}],
        "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16", "Status": "in-sync"}],
        "AvailabilityZone": f"{REGION}a",
        "DBSubnetGroup": subnet_group(),
        "PendingModifiedValues": {},
        "MultiAZ": True,
        "EngineVersion": "16.9",
        "AutoMinorVersionUpgrade": False,
        "ReadReplicaDBInstanceIdentifiers": [],
        "LicenseModel": "postgresql-license",
        "PubliclyAccessible": False,
        "StorageEncrypted": True,
        "KmsKeyId": KEY,
        "DbiResourceId": f"db-{name.upper().replace('-', '')}ABCDEFGHIJKLMNOPQ",
        "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        "CopyTagsToSnapshot": False,
        "MonitoringInterval": 30,
        "MonitoringRoleArn": f"arn:aws:iam::{ACCOUNT}:role/rds-monitoring-role",
        "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}",
        "IAMDatabaseAuthenticationEnabled": False,
        "DatabaseInsightsMode": "standard",
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsKMSKeyId": INSIGHTS_KEY,
        "PerformanceInsightsRetentionPeriod": 7,
        "EnabledCloudwatchLogsExports": ["postgresql"],
        "DeletionProtection": False,
        "TagList": [],
        "NetworkType": "IPV4",
        "BackupTarget": "region",
        "DedicatedLogVolume": False,
        "EngineLifecycleSupport": "open-source-rds-extended-support",
        **differs,
    }
    return described("rds", "DBInstance", {key: value for key, value in given.items() if value is not None})


def replica(name: str, **differs: Any) -> dict[str, Any]:
    """A DBInstance that replicates `orders` in its region: RDS says the primary's names of it too."""
    own = {
        "ReadReplicaSourceDBInstanceIdentifier": "orders",
        "BackupRetentionPeriod": 0,
        "MultiAZ": False,
        "MonitoringInterval": 30,
    }
    return instance(name, **{**own, **differs})


def subnet_group(name: str = "default-vpc-0a1b2c3d", vpc: str = VPC, *subnets: str) -> dict[str, Any]:
    """A DBSubnetGroup."""
    return described(
        "rds",
        "DBSubnetGroup",
        {
            "DBSubnetGroupName": name,
            "DBSubnetGroupDescription": "Created from the RDS Management Console",
            "VpcId": vpc,
            "SubnetGroupStatus": "Complete",
            "Subnets": [
                {"SubnetIdentifier": each, "SubnetAvailabilityZone": {"Name": f"{REGION}{'abc'[index]}"}}
                for index, each in enumerate(subnets or SUBNETS)
            ],
        },
    )


def grouped(name: str) -> list[dict[str, str]]:
    """`DBParameterGroups` of an instance with that group."""
    return [{"DBParameterGroupName": name, "ParameterApplyStatus": "in-sync"}]


def running(it: Mapping[str, Any], group: Group | None = None, *, region: str = REGION) -> RunningInstance:
    """An instance with its parameter group."""
    return RunningInstance(region=region, described=it, parameter_group=group or parameter_group())
