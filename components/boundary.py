"""The permissions boundary of the roles that a deployment makes: the most that any of them can ever do.

Whoever may make roles may make one that does everything, unless whatever he makes must stay within such a boundary
(IAM User Guide, "Permissions boundaries", delegating responsibility). It is wider than each role, and holds none of
what leads out of the stack: no IAM, no key's policy, no trail, no other stack's names.
"""

from collections.abc import Sequence

from components.policy import Statement, allow

# The functions in the VPC (components/vpc_function.py), and RDS Proxy.
_SECRETS = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"]
_CACHES = [
    "Connect",
    "CreateUser",
    "DeleteUser",
    "DescribeUserGroups",
    "DescribeUsers",
    "ModifyUser",
    "ModifyUserGroup",
    # The AUTH token of a cache without users: the first one is replaced.
    "DescribeReplicationGroups",
    "ModifyReplicationGroup",
]
_INTERFACES = [
    "AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces",
    "DescribeSubnets", "UnassignPrivateIpAddresses",
]  # fmt: skip
# Enhanced Monitoring also makes its group (AmazonRDSEnhancedMonitoringRole); flow logs describe their streams.
_LOGS = [
    "CreateLogGroup",
    "CreateLogStream",
    "DescribeLogStreams",
    "GetLogEvents",
    "PutLogEvents",
    "PutRetentionPolicy",
]
# AWS Backup on RDS: AWSBackupServiceRolePolicyForBackup and ...ForRestores, and the check of what was restored.
_BACKUPS = [
    "AddTagsToResource", "CopyDBSnapshot", "CreateDBInstance", "CreateDBSnapshot", "DeleteDBInstance",
    "DeleteDBInstanceAutomatedBackup", "DeleteDBSnapshot", "DescribeDBInstanceAutomatedBackups", "DescribeDBInstances",
    "DescribeDBSnapshots", "DescribeDBSubnetGroups", "ListTagsForResource", "ModifyDBInstance",
    "ModifyDBSnapshotAttribute", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime",
]  # fmt: skip


def boundary(prefix: str, account: str, partition: str) -> list[Statement]:
    """The boundary of the roles of one stack."""

    def arn(service: str, rest: str) -> str:
        return f"arn:{partition}:{service}:*:{account}:{rest}"

    restored = ["snapshot:awsbackup:*", "db:awsbackup-restore-test-*", "auto-backup:*", "og:default:*"]
    own = [f"*:{prefix}", f"*:{prefix}-*", *restored]
    return [
        allow("Secrets", _of("secretsmanager", _SECRETS), arn("secretsmanager", f"secret:{prefix}/*")),
        allow(
            "KeyUse",
            ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            arn("kms", "key/*"),
            Condition={"StringLike": {"kms:ViaService": f"*.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"}},
        ),
        allow("Caches", _of("elasticache", _CACHES), arn("elasticache", f"*:{prefix}-*")),
        # A login by token names an instance by an id that RDS draws (components/connect.py).
        allow("Logins", ["rds-db:connect"], arn("rds-db", "dbuser:*/*")),
        allow(
            "Logs",
            _of("logs", _LOGS),
            [
                arn("logs", f"log-group:/aws/*/{prefix}:*"),
                arn("logs", f"log-group:/aws/*/{prefix}-*"),
                arn("logs", "log-group:RDS*"),
            ],
        ),
        # Functions in the VPC: EC2 knows no narrower resource for these (AWSLambdaVPCAccessExecutionRole).
        allow("Network", _of("ec2", _INTERFACES), "*"),
        allow("Tell", ["sns:Publish"], arn("sns", f"{prefix}-*")),
        allow(
            "Metrics", _of("cloudwatch", ["DescribeAlarms", "GetMetricData", "GetMetricStatistics", "ListMetrics"]), "*"
        ),
        allow("Backups", _of("rds", _BACKUPS), [arn("rds", each) for each in own]),
        allow(
            "BackupVaults",
            _of("backup", ["CopyIntoBackupVault", "DescribeBackupVault", "PutRestoreValidationResult"]),
            "*",
        ),
        allow("BackupFinds", ["tag:GetResources"], "*"),
    ]


def _of(service: str, actions: Sequence[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
