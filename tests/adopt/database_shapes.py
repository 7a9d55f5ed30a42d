"""Existing databases as they are found in the world, each with what adopting it says: one row for each shape.

What a row does not name is as it is of the base tier without its replicas (`tiers.tier`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from described_around import alarm, backup_plan, endpoint, log_group, option_group, route_table, secret, topic, vpc
from described_rds import (
    ACCOUNT,
    GROUP,
    INSIGHTS_KEY,
    KEY,
    REGION,
    grouped,
    instance,
    parameter_group,
    replica,
    running,
    subnet_group,
)
from tiers import tier

from adopt.estate import Estate
from knowledge.networks import ENDPOINTS

ABSENT = object()
"""In place of a value: the key is not written."""
MODIFY = "`aws rds modify-db-instance --db-instance-identifier orders"
AWS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-00000000000a"
FAR = "eu-central-1"
FAR_KEY = f"arn:aws:kms:{FAR}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-00000000000b"
AUTHORITIES = "rds-ca-rsa2048-g1, rds-ca-rsa4096-g1, rds-ca-ecc384-g1"
EXISTING = "data-tier:postgres.existing"
PARAMETERS = "data-tier:postgres.parameters"


@dataclass(frozen=True, kw_only=True)
class DatabaseShape:
    """A tier, and how its adoption differs from that of the base tier."""

    name: str
    estate: Estate
    says: Mapping[str, Any] = field(default_factory=dict)
    """Path of a key in the stack's file -> its value, or `ABSENT`."""
    lets_pass: tuple[str, ...] = ()
    """Rules of the policy pack besides those of the base tier."""
    refused: tuple[tuple[str, str, str], ...] = ()
    """What cannot be taken, why, and the way."""
    left: tuple[tuple[str, str], ...] = ()
    """What stays as it is besides what stays of the base tier, and why."""
    changed: Mapping[str, set[str] | None] = field(default_factory=dict)
    """Resource -> inputs that the first `up` changes in place; None where the resource is not there."""
    computed: bool = False
    """Whether it is adopted with `--take-computed`."""


def row(
    name: str,
    *,
    says: Mapping[str, Any] | None = None,
    lets_pass: tuple[str, ...] = (),
    refused: tuple[tuple[str, str, str], ...] = (),
    left: tuple[tuple[str, str], ...] = (),
    changed: Mapping[str, set[str] | None] | None = None,
    computed: bool = False,
    **differs: Any,
) -> DatabaseShape:
    """`differs` is what `tier` takes."""
    return DatabaseShape(
        name=name,
        estate=tier(**{"replicas": {}, **differs}),
        says=says or {},
        lets_pass=lets_pass,
        refused=refused,
        left=left,
        changed=changed or {},
        computed=computed,
    )


def refused(name: str, why: str, way: str, **differs: Any) -> DatabaseShape:
    """The whole tier, because of the primary."""
    return row(name, refused=(("orders", why, way),), **differs)


def replica_of(name: str, why: str, way: str, **differs: Any) -> DatabaseShape:
    """A replica that is left where it is, while the primary is taken."""
    return row(
        name,
        replicas={"reports": running(replica("orders-reports", **differs))},
        refused=(("orders-reports", why, way),),
    )


def at(region: str) -> dict[str, Any]:
    """What an instance in another region differs in."""
    return {
        "DBInstanceArn": f"arn:aws:rds:{region}:{ACCOUNT}:db:orders-dr",
        "ReadReplicaSourceDBInstanceIdentifier": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders",
        "DBSubnetGroup": subnet_group("dr", "vpc-0f9e8d7c", "subnet-0e1f", "subnet-0a2b"),
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-0f1b2c3d4e5f60718", "Status": "active"}],
        "DBParameterGroups": grouped("default.postgres16"),
        "KmsKeyId": FAR_KEY,
        "PerformanceInsightsKMSKeyId": FAR_KEY,
        "DBInstanceClass": "db.t4g.medium",
        "MonitoringInterval": 0,
        "MonitoringRoleArn": None,
    }


LONG = "o" + "rders-" * 10 + "db"
WHOLE_GROUP = {"postgres-parameters": None}
PRODUCTION = {
    "data-tier:profile": "prod",
    "data-tier:backup": None,
    "data-tier:logs": ABSENT,
    "data-tier:postgres.multi_az": ABSENT,
    "data-tier:postgres.replicas": {},
}
"""Of a tier to which the profile prod is the nearest."""
PROTECTED = {"deleteAutomatedBackups", "deletionProtection", "finalSnapshotIdentifier", "skipFinalSnapshot"}
"""Inputs by which an instance is protected: nobody who uses it feels them."""
OWN_ENDPOINTS = tuple(endpoint(each) for each in ENDPOINTS)

SHAPES = (
    # By name what the base tier is: provisioned IOPS, and another port than PostgreSQL's.
    row("io1", says={"data-tier:postgres.storage.type": "io1", "data-tier:postgres.storage.iops": 3000}),
    row("another-port", says={"data-tier:postgres.port": 5433}),
    row("key-of-aws", KmsKeyId=AWS_KEY, says={f"{EXISTING}.key": AWS_KEY}),
    row(
        "unencrypted",
        StorageEncrypted=False,
        KmsKeyId=None,
        says={f"{EXISTING}.key": ABSENT, f"{EXISTING}.encrypted": False},
        lets_pass=("rds-encrypted", "rds-own-key"),
        left=(
            (
                "the volume of orders, unencrypted",
                "nothing encrypts it in place: copy a snapshot with a key (`aws rds copy-db-snapshot --kms-key-id ... "
                "--region eu-west-1`), restore that as a second instance, and switch the application over",
            ),
        ),
    ),
    row(
        "gp2",
        StorageType="gp2",
        Iops=None,
        says={"data-tier:postgres.storage": {"type": "gp2", "allocated": 200, "max": 0}},
    ),
    row("io2", StorageType="io2", says={"data-tier:postgres.storage.type": "io2"}),
    row(
        "gp3-with-what-it-has-of-itself",
        StorageType="gp3",
        StorageThroughput=125,
        says={"data-tier:postgres.storage": {"allocated": 200, "max": 0}},
    ),
    row(
        "gp3-with-chosen-speed",
        StorageType="gp3",
        AllocatedStorage=500,
        Iops=14000,
        StorageThroughput=600,
        says={"data-tier:postgres.storage": {"allocated": 500, "max": 0, "iops": 14000, "throughput": 600}},
    ),
    # RDS takes no ceiling within a tenth of the size that is declared: it is written as it was before it grew.
    row(
        "autoscaled",
        AllocatedStorage=230,
        MaxAllocatedStorage=240,
        says={"data-tier:postgres.storage": {"type": "io1", "allocated": 218, "max": 240, "iops": 3000}},
    ),
    refused(
        "aurora",
        "it is a member of an Aurora cluster, which is another resource than an RDS instance",
        "Aurora stays where it is; a copy for RDS comes by logical replication or by a dump",
        Engine="aurora-postgresql",
        DBClusterIdentifier="orders",
        StorageType="aurora",
        Iops=None,
    ),
    refused(
        "multi-az-cluster",
        "it is of the Multi-AZ DB cluster orders-cluster, which is another resource than an RDS instance",
        "`aws rds create-db-instance-read-replica --db-instance-identifier orders-instance "
        "--source-db-cluster-identifier orders-cluster --region eu-west-1` makes an instance of it; promote that and "
        "adopt it",
        DBClusterIdentifier="orders-cluster",
    ),
    refused("mysql", "it is mysql, and a stack's database is PostgreSQL", "leave it outside the stack", Engine="mysql"),
    row("public", PubliclyAccessible=True, says={f"{EXISTING}.public": True}, lets_pass=("rds-not-public",)),
    row(
        "default-parameter-group",
        group=parameter_group("default.postgres16"),
        says={
            PARAMETERS: ABSENT,
            f"{EXISTING}.parameter_group": {"name": "default.postgres16", "family": "postgres16", "managed": False},
        },
        left=(
            (
                "parameter group default.postgres16",
                "it is AWS's own, which nobody can change; it is only referred to",
            ),
        ),
        changed=WHOLE_GROUP,
    ),
    row(
        "shared-parameter-group",
        group=parameter_group(shared_with=("invoices",)),
        says={
            PARAMETERS: {"max_connections": 400},
            f"{EXISTING}.parameter_group": {"name": "orders-pg16", "family": "postgres16", "managed": False},
        },
        left=(("parameter group orders-pg16", "invoices has it too; it is only referred to"),),
        changed=WHOLE_GROUP,
    ),
    row(
        "default-parameter-group-computed",
        group=parameter_group("default.postgres16"),
        computed=True,
        says={PARAMETERS: ABSENT, f"{EXISTING}.parameter_group": ABSENT},
        changed={
            **WHOLE_GROUP,
            "postgres-primary": {"parameterGroupName"},
        },
    ),
    row(
        "own-parameter-group-computed",
        computed=True,
        says={PARAMETERS: {"statement_timeout": 60000}},
        changed={"postgres-parameters": {"parameters"}},
    ),
    row(
        "option-group",
        OptionGroupMemberships=[{"OptionGroupName": "orders-options", "Status": "in-sync"}],
        around={"option_groups": (option_group(),)},
        left=(("option group orders-options", "a stack declares none, so its instances keep theirs"),),
    ),
    refused(
        "old-authority",
        f"its certificate is of rds-ca-2019, a stack's of {AUTHORITIES}",
        f"{MODIFY} --ca-certificate-identifier rds-ca-rsa2048-g1 --apply-immediately --region eu-west-1`, once its "
        "clients trust the whole bundle of RDS",
        CACertificateIdentifier="rds-ca-2019",
    ),
    refused(
        "password-managed-by-rds",
        "RDS manages its master's password, which forbids read replicas and Blue/Green deployments",
        f"{MODIFY} --no-manage-master-user-password --master-user-password file://password.txt --apply-immediately "
        "--region eu-west-1` (a file without a line end); RDS deletes its secret then, so whoever "
        "reads that needs the new one first",
        MasterUserSecret={
            "SecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-0a1b2c3d-AbCdEf",
            "SecretStatus": "active",
        },
    ),
    refused(
        "blue-green",
        "the Blue/Green deployment orders-17 is under way: another instance has its name after that",
        "`aws rds switchover-blue-green-deployment --blue-green-deployment-identifier bgd-0a1b2c3d --region "
        "eu-west-1`, or delete-blue-green-deployment, and adopt what is there then",
        around={
            "blue_green": (
                {
                    "BlueGreenDeploymentIdentifier": "bgd-0a1b2c3d",
                    "BlueGreenDeploymentName": "orders-17",
                    "Source": instance()["DBInstanceArn"],
                    "Status": "AVAILABLE",
                },
            )
        },
    ),
    row(
        "replica-elsewhere-of-another-class",
        replicas={"dr": running(replica("orders-dr", **at(FAR)), parameter_group("default.postgres16"), region=FAR)},
        says={
            "data-tier:postgres.replicas": {
                "dr": {
                    "class": "db.t4g.medium",
                    "remote": {"region": FAR, "vpc": "vpc-0f9e8d7c", "subnets": ["subnet-0a2b", "subnet-0e1f"]},
                    "existing": {
                        "identifier": "orders-dr",
                        "subnet_group": "dr",
                        "security_groups": ["sg-0f1b2c3d4e5f60718"],
                        "parameter_group": {"name": "default.postgres16", "family": "postgres16", "managed": False},
                        "key": FAR_KEY,
                    },
                }
            }
        },
        lets_pass=("rds-minor-upgrades",),
        left=(
            ("parameter group default.postgres16", "it is AWS's own, which nobody can change; it is only referred to"),
            (
                "security group sg-0f1b2c3d4e5f60718",
                "it stays on the servers with its rules, and the stack adds its own",
            ),
        ),
        changed={
            "postgres-dr-instance": {
                *("applyImmediately", "copyTagsToSnapshot", "enabledCloudwatchLogsExports", "tags"),
                *("iamDatabaseAuthenticationEnabled", "monitoringInterval", "monitoringRoleArn", "vpcSecurityGroupIds"),
            }
        },
    ),
    row(
        "replica-of-another-class",
        replicas={"reports": running(replica("orders-reports", DBInstanceClass="db.r6i.2xlarge"))},
        says={
            "data-tier:postgres.replicas": {
                "reports": {
                    "class": "db.r6i.2xlarge",
                    "existing": {
                        "identifier": "orders-reports",
                        "subnet_group": "default-vpc-0a1b2c3d",
                        "security_groups": [GROUP],
                        "parameter_group": {"name": "orders-pg16", "family": "postgres16", "managed": False},
                        "key": KEY,
                        "insights_key": INSIGHTS_KEY,
                    },
                }
            }
        },
        lets_pass=("rds-minor-upgrades",),
        changed={
            "postgres-reports-instance": {
                *("applyImmediately", "copyTagsToSnapshot", "enabledCloudwatchLogsExports", "tags"),
                *("iamDatabaseAuthenticationEnabled", "monitoringRoleArn", "vpcSecurityGroupIds"),
            }
        },
    ),
    replica_of(
        "replica-of-a-replica",
        "it replicates orders-standby, and the replicas of a stack replicate its primary",
        "leave it outside the stack, or make a replica of the primary for its readers and adopt again",
        ReadReplicaSourceDBInstanceIdentifier="orders-standby",
    ),
    replica_of(
        "replica-on-another-port",
        "its port is 5434, and a stack's databases have one, 5433",
        f"{MODIFY}-reports --db-port-number 5433 --region eu-west-1`, which restarts it, once its clients know",
        Endpoint={"Address": "orders-reports.abcdefghijkl.eu-west-1.rds.amazonaws.com", "Port": 5434},
    ),
    replica_of(
        "replica-with-another-authority",
        "its certificate is of rds-ca-rsa2048-g1, and a stack's databases have one authority, rds-ca-rsa4096-g1",
        f"{MODIFY}-reports --ca-certificate-identifier rds-ca-rsa4096-g1 --region eu-west-1`, once its clients trust "
        "RDS's whole bundle",
        CACertificateIdentifier="rds-ca-rsa2048-g1",
    ),
    refused(
        "no-backups",
        "it has no automated backups, so that nothing which a stack promises could be restored",
        f"{MODIFY} --backup-retention-period 7 --apply-immediately --region eu-west-1`, which takes it down for a "
        "moment",
        BackupRetentionPeriod=0,
    ),
    row(
        "usual-port",
        Endpoint={"Address": "orders.abcdefghijkl.eu-west-1.rds.amazonaws.com", "Port": 5432},
        says={"data-tier:postgres.port": ABSENT},
    ),
    refused(
        "master-with-capitals",
        "'OrdersRoot' is not a master user name for RDS: 1-16 lower-case letters, digits or underscores, first a "
        "letter, no reserved word, not pg_* or rds*, and RDS renames none",
        "make a new database with the stack and move the data there (pg_dump, or logical replication)",
        MasterUsername="OrdersRoot",
    ),
    row(
        "named-as-long-as-there-is-one",
        DBInstanceIdentifier=LONG,
        around={"alarms": (), "event_subscriptions": (), "log_groups": (), "topics": (), "secrets": ()},
        says={
            f"{EXISTING}.identifier": LONG,
            f"{EXISTING}.master_secret": ABSENT,
            "data-tier:notify": ABSENT,
            "data-tier:logs": ABSENT,
        },
        changed={"postgres-postgresql-log": None},
    ),
    row(
        "no-initial-database",
        DBName=None,
        says={"data-tier:postgres.database": ABSENT, f"{EXISTING}.initial_database": ABSENT},
    ),
    row(
        "database-with-capitals",
        DBName="Orders",
        says={"data-tier:postgres.database": ABSENT, f"{EXISTING}.initial_database": "Orders"},
    ),
    row(
        "security-group-of-several",
        around={"security_group_users": {GROUP: ("invoices", "rules of sg-0c1b2c3d4e5f60718 (etl)")}},
        left=(
            (
                f"security group {GROUP} (orders-db)",
                "it stays on the servers with its rules, and the stack adds its own; invoices, rules of "
                "sg-0c1b2c3d4e5f60718 (etl) have it too",
            ),
        ),
    ),
    row(
        "alarm-of-the-same-name",
        around={"alarms": (alarm(), alarm("shop-live-primary-cpu-high"))},
        changed={
            "alarms-primary-cpu-high": {
                *("alarmActions", "alarmDescription", "datapointsToAlarm", "evaluationPeriods", "okActions", "tags"),
                "period",
            }
        },
    ),
    row(
        "topic-without-a-key",
        around={"topics": (topic("shop-live-critical"),)},
        says={"data-tier:notify": ABSENT},
        changed={"notifications-critical": {"kmsMasterKeyId", "tags"}},
    ),
    row(
        "secret-of-the-same-name",
        around={"secrets": (secret("shop-live/master", Description="Orders"),)},
        says={f"{EXISTING}.master_secret": ABSENT},
        changed={"credentials-master": {"description", "kmsKeyId", "recoveryWindowInDays", "tags"}},
    ),
    row(
        "logs-for-ever",
        around={"log_groups": (log_group(), log_group("/aws/rds/instance/orders/upgrade", retentionInDays=30))},
        says={"data-tier:logs": ABSENT},
        changed={"postgres-upgrade-log": {"tags"}},
    ),
    row(
        "deletion-protection",
        DeletionProtection=True,
        says={"data-tier:profile": "staging", "data-tier:protect": True, "data-tier:postgres.replicas": {}},
        lets_pass=("rds-backup-plan",),
        changed={"postgres-primary": PROTECTED - {"deletionProtection"}},
    ),
    refused(
        "changes-pending",
        "changes wait for its maintenance window (DBInstanceClass), and would come after it was read",
        "let the window pass, or ask for the same again with `--apply-immediately`, and adopt it then",
        PendingModifiedValues={"DBInstanceClass": "db.m6i.2xlarge"},
    ),
    refused(
        "stopped",
        "it is stopped, and nothing of it can be changed",
        "`aws rds start-db-instance --db-instance-identifier orders --region eu-west-1`",
        DBInstanceStatus="stopped",
    ),
    refused(
        "storage-full",
        "its storage is full, and it takes no connections",
        f"{MODIFY} --allocated-storage 220 --apply-immediately --region eu-west-1`",
        DBInstanceStatus="storage-full",
    ),
    refused("modifying", "it is modifying", "wait until it is available, and try again", DBInstanceStatus="modifying"),
    row(
        "audited-its-own-way",
        group=parameter_group(
            chosen={"shared_preload_libraries": "pg_stat_statements,pgaudit,pg_cron", "pgaudit.log": "write"}
        ),
        says={
            PARAMETERS: {
                "*": "default",
                "pgaudit.log": "write",
                "shared_preload_libraries": "pg_stat_statements,pgaudit,pg_cron",
            }
        },
    ),
    row(
        "audited-as-a-stack-does",
        group=parameter_group(
            chosen={
                "pgaudit.log": "ddl,role",
                "pgaudit.role": "rds_pgaudit",
                "shared_preload_libraries": "pg_stat_statements,pgaudit",
            }
        ),
        says={
            **PRODUCTION,
            "data-tier:postgres.insights": "standard",
            PARAMETERS: {
                "*": "default",
                "pgaudit.log": "ddl,role",
                "pgaudit.role": "rds_pgaudit",
                "shared_preload_libraries": "pg_stat_statements,pgaudit",
            },
        },
        lets_pass=("rds-backup-plan",),
        changed={"postgres-primary": PROTECTED},
    ),
    row(
        "logical-replication",
        group=parameter_group(chosen={"rds.logical_replication": "1"}),
        says={PARAMETERS: {"*": "default", "rds.logical_replication": 1}},
    ),
    row(
        "clients-without-tls",
        group=parameter_group(chosen={"max_connections": "400", "rds.force_ssl": "0"}),
        says={
            PARAMETERS: {"max_connections": 400},
            f"{EXISTING}.parameter_group": {"name": "orders-pg16", "family": "postgres16", "managed": False},
        },
        left=(
            (
                "parameter group orders-pg16",
                "rds.force_ssl: '0' is refused: every connection to the data tier is encrypted; it is only referred to",
            ),
        ),
        changed=WHOLE_GROUP,
    ),
    row(
        "formula",
        group=parameter_group(chosen={"max_connections": "LEAST({DBInstanceClassMemory/9531392},500)"}),
        says={
            PARAMETERS: ABSENT,
            f"{EXISTING}.parameter_group": {"name": "orders-pg16", "family": "postgres16", "managed": False},
        },
        left=(
            (
                "parameter group orders-pg16",
                "max_connections: 'LEAST({DBInstanceClassMemory/9531392},500)' is refused: it takes a whole number; it "
                "is only referred to",
            ),
        ),
        changed=WHOLE_GROUP,
    ),
    refused(
        "class-that-is-not-known",
        "unknown RDS instance class 'db.x2iedn.xlarge'; the nearest known one is 'db.r7i.xlarge'",
        f"{MODIFY} --db-instance-class CLASS --region eu-west-1`, which restarts it",
        DBInstanceClass="db.x2iedn.xlarge",
    ),
    refused(
        "extended-support",
        "it is PostgreSQL 12.22, and a stack's is 15 to 18",
        f"upgrade it first: {MODIFY} --engine-version 15 --allow-major-version-upgrade --apply-immediately --region "
        "eu-west-1`, tried on a copy of a snapshot before",
        EngineVersion="12.22",
    ),
    row(
        "automatic-minors",
        AutoMinorVersionUpgrade=True,
        says={"data-tier:postgres.version": "16"},
    ),
    row(
        "newest-major",
        EngineVersion="18.3",
        group=parameter_group("orders-pg18", "postgres18", chosen={}),
        says={
            "data-tier:postgres.version": "18.3",
            PARAMETERS: {"*": "default"},
            f"{EXISTING}.parameter_group": {"name": "orders-pg18", "family": "postgres18", "description": "Orders"},
        },
    ),
    row("minor-that-rds-makes-no-more", EngineVersion="16.4", says={"data-tier:postgres.version": "16.4"}),
    refused(
        "magnetic",
        "its storage is standard (magnetic), which RDS makes no more",
        f"{MODIFY} --storage-type gp3 --apply-immediately --region eu-west-1`; it runs meanwhile, and is slower",
        StorageType="standard",
        Iops=None,
    ),
    refused(
        "tiny",
        "it has 10 GiB, and RDS's own least is 20 today",
        f"{MODIFY} --allocated-storage 20 --apply-immediately --region eu-west-1`",
        AllocatedStorage=10,
        StorageType="gp2",
        Iops=None,
    ),
    refused(
        "dedicated-log-volume",
        "it has a dedicated log volume, which a stack would take away",
        f"{MODIFY} --no-dedicated-log-volume --region eu-west-1`, which restarts it",
        DedicatedLogVolume=True,
    ),
    refused(
        "active-directory",
        "it is in a directory of Active Directory, out of which a stack would take it",
        f"{MODIFY} --disable-domain --region eu-west-1`, once nobody logs in by Kerberos",
        DomainMemberships=[{"Domain": "d-0a1b2c3d", "Status": "joined"}],
    ),
    row(
        "insights-advanced",
        DatabaseInsightsMode="advanced",
        PerformanceInsightsRetentionPeriod=465,
        says=PRODUCTION | {"data-tier:postgres.pgaudit": False},
        lets_pass=("rds-backup-plan",),
        changed={"postgres-primary": PROTECTED},
    ),
    row(
        "kept-by-aws-backup",
        around={"backup_plans": (backup_plan(continuous=True),)},
        left=(
            (
                "AWS Backup's plan nightly",
                "it goes on selecting orders; it keeps the logs too, so retention and window of the automated backups "
                "are changed there",
            ),
        ),
    ),
    row(
        "endpoints-for-all",
        around={"vpc_endpoints": OWN_ENDPOINTS},
        says={"data-tier:network.endpoints": ["172.31.0.0/16"]},
    ),
    row(
        "public-subnets",
        around={"route_tables": (route_table(out="GatewayId", to="igw-0a1b2c3d"),)},
        says={
            "data-tier:network.endpoints": ABSENT,
            # The endpoints that the stack makes answer everybody in the VPC.
            "data-tier:network.endpoint_clients": ["172.31.0.0/16"],
        },
    ),
    row(
        "nameless-network",
        around={
            "route_tables": (route_table(out="GatewayId", to="igw-0a1b2c3d"),),
            "vpcs": (vpc(support=False, hostnames=False),),
        },
        refused=(
            (
                "vpc-0a1b2c3d",
                "the stack would make endpoints of AWS's APIs in it, which AWS refuses while EnableDnsSupport and "
                "EnableDnsHostnames are off: they have private names",
                "`aws ec2 modify-vpc-attribute --vpc-id vpc-0a1b2c3d --enable-dns-support Value=true --region "
                "eu-west-1`, then `aws ec2 modify-vpc-attribute --vpc-id vpc-0a1b2c3d --enable-dns-hostnames "
                "Value=true --region eu-west-1`; public names of what is in the VPC then lead to private addresses "
                "within it",
            ),
        ),
    ),
    # Out by NAT nobody needs its names; and endpoints that are there have them.
    row("nameless-network-with-a-way-out", around={"vpcs": (vpc(hostnames=False),)}),
    row(
        # Subnets without a table of their own go by their network's main one, and no other network's.
        "main-table-of-another-network",
        around={
            "route_tables": (
                {**route_table(), "VpcId": "vpc-elsewhere", "Associations": [{"Main": True}]},
                {**route_table(out="GatewayId", to="igw-0a1b2c3d"), "Associations": [{"Main": True}]},
            )
        },
        says={
            "data-tier:network.endpoints": ABSENT,
            "data-tier:network.endpoint_clients": ["172.31.0.0/16"],
        },
    ),
    row(
        "endpoints-for-some",
        around={
            "vpc_endpoints": OWN_ENDPOINTS[:2],
            "route_tables": (route_table(out="GatewayId", to="igw-0a1b2c3d"),),
        },
        refused=(
            (
                "vpc-0a1b2c3d",
                "it has endpoints of elasticache, kms and none of logs, rds, secretsmanager, sts, which a stack needs: "
                "it makes all of them or none, and AWS takes no second one of a name",
                "for each that is missing `aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface "
                "--private-dns-enabled --vpc-id vpc-0a1b2c3d --service-name com.amazonaws.eu-west-1.logs --subnet-ids "
                "... --security-group-ids ... --region eu-west-1`",
            ),
        ),
    ),
    row(
        "some-endpoints-routes-not-read",
        around={"vpc_endpoints": OWN_ENDPOINTS[:2], "route_tables": ()},
        says={"data-tier:network.endpoints": ABSENT},
    ),
    row(
        "nameless-network-routes-not-read",
        around={"vpcs": (vpc(hostnames=False),), "route_tables": ()},
        says={"data-tier:network.endpoints": ABSENT, "data-tier:network.endpoint_clients": ["172.31.0.0/16"]},
    ),
)
