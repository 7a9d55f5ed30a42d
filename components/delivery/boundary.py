"""The permissions boundary of the roles that a deployment makes: the most that any of them can ever do.

A principal that may make roles may make one that can do everything, unless each must have such a boundary
(IAM User Guide, "Permissions boundaries", delegating responsibility). It is wider than each role, and holds none of
what leads out of the stack: no IAM but the roles of one task, no key's policy, no trail, nothing that is another
stack's (ADR 0019).
"""

from collections.abc import Callable, Iterator, Sequence

from components.delivery.existing import ExistingResources, shortened
from components.notifications.chat import METRICS
from components.policy import Statement, allow, through
from knowledge.ownership import TAG, others

# Stars stand for exactly the actions that some role needs, as a test holds: a policy has 6144 characters.
# The functions in the VPC (components/functions/vpc_function.py), and RDS Proxy.
_SECRETS = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"]
_CACHES = [
    "Connect",
    "*User",
    "DescribeUserGroups",
    "DescribeUsers",
    "ModifyUserGroup",
    # The AUTH token of a cache without users: the first one is replaced.
    "ListTagsForResource",
    "ModifyReplicationGroup",
]
_INTERFACES = ["*ssignPrivateIpAddresses", "DeleteNetworkInterface"]
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
_BACKUPS_READ = [
    "DescribeDBInstanceAutomatedBackups",
    "DescribeDBInstances",
    "DescribeDBSnapshots",
    "DescribeDBSubnetGroups",
    "ListTagsForResource",
]
_BACKUPS_MADE = ["AddTagsToResource", "CopyDBSnapshot", "CreateDBInstance", "CreateDBSnapshot"]
_RESTORES = ["RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime"]
_BACKUPS_CHANGED = [
    "DeleteDBInstance*",
    "DeleteDBSnapshot",
    "ModifyDBInstance",
    "ModifyDBSnapshotAttribute",
]
# What AWS narrows to nothing, and the exporter's image: it is in whichever registry the settings name, and the role
# itself names the repository.
# Each star is for room, and for one action: BatchCheckLayerAvailability, GetAuthorizationToken, GetDownloadUrlForLayer.
_IMAGES = ["BatchCheck*", "BatchGetImage", "GetAuth*", "GetDown*"]
_ANYWHERE = [
    *(f"cloudwatch:{each}" for each in METRICS),
    *(f"ec2:{each}" for each in ("DescribeNetworkInterfaces", "DescribeSubnets")),
    *(f"ecr:{each}" for each in _IMAGES),
    # A restore job has no ARN that a policy could name, and a finder reads names alone.
    *("backup:PutRestoreValidationResult", "tag:GetResources"),
    "s3:ListAllMyBuckets",
    # DescribeReplicationGroups and DescribeSnapshots: what drills have left is looked for among all.
    *("elasticache:*beReplicationGroups", "elasticache:*beSnapshots"),
]
# The logical copies (components/backup/copies.py).
_OBJECTS = ["*MultipartUpload*", "DeleteObject", "GetObject", "ListBucket", "PutObject"]
_OBJECTS += ["*ObjectRetention", "GetObjectLegalHold"]  # where the bucket locks them
_SNAPSHOTS = ["AddTagsToResource", "CopySnapshot", "*teSnapshot"]  # Create and Delete
# The drills (components/backup/drills.py): Create and Delete, and DescribeCacheClusters; with what AWS Backup
# makes CreateDBInstanceReadReplica.
_DRILLED_CACHES = ["*eReplicationGroup", "Desc*Clusters"]
_DRILLED = ["AddTagsToResource", "CopyDBSnapshot", "CreateDBInstance*", "CreateDBSnapshot", "PromoteReadReplica"]
_OWN_TAG = f"aws:ResourceTag/{TAG}"
# Lambda Developer Guide, "Working with Lambda execution environment credentials": the key is there when a function's
# code asks, and a function is what a deployment can put any code into.
_NO_CODE = {"Null": {"lambda:SourceFunctionArn": "true"}}


def boundary(
    prefix: str,
    account: str,
    partition: str,
    networks: Sequence[str] = (),
    existing: ExistingResources = ExistingResources(),  # noqa: B008 frozen
) -> list[Statement]:
    """The boundary of the roles of one stack; `networks` are the VPCs that others made for it, `existing` is what was
    there before it."""

    def arn(service: str, rest: str) -> str:
        # An account is in one partition: its name would only take room, of which a policy has little.
        return f"arn:*:{service}:*:{account}:{rest}"

    def there(service: str, kind: str = "") -> list[str]:
        return shortened(existing.of(service, kind), arn)

    key_use = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    caches = [each for kind in ("replicationgroup:", "cluster:", "usergroup:") for each in there("elasticache", kind)]
    # Whatever else is called so is nobody's but the cache's: its name takes less room without saying what it is.
    caches = [each.replace(":replicationgroup:", ":*:") for each in caches]
    drilled = not existing.own  # else none run by themselves (infra/rules/drills.py)
    return [
        allow(
            "Secrets",
            _of("secretsmanager", _SECRETS),
            _one([arn("secretsmanager", f"secret:{prefix}/*"), *there("secretsmanager")]),
        ),
        allow(
            "KeyUse",
            key_use,
            arn("kms", "key/*"),
            Condition={
                "StringLike": through("*", partition),
                # The stack's own keys, and none that somebody else uses too: minutes after a key got its alias, which
                # any database takes to be made (KMS Developer Guide, "ABAC for AWS KMS").
                "ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{prefix}-*"},
                "ForAllValues:StringLike": {"kms:ResourceAliases": f"alias/{prefix}-*"},
            },
        ),
        *_opened(existing, there("kms"), partition, arn, key_use),
        allow(
            "Caches",
            _of("elasticache", [*_CACHES, *_SNAPSHOTS, *(_DRILLED_CACHES if drilled else [])]),
            _one([arn("elasticache", f"*:{prefix}-*"), *caches]),
        ),
        # A login by token names an instance by an id that RDS draws (components/connect.py).
        allow(
            "Logins",
            ["rds-db:connect"],
            arn("rds-db", "dbuser:*/*"),
            Condition={"StringEquals": {_OWN_TAG: prefix}},
        ),
        allow(
            "Logs",
            _of("logs", _LOGS),
            [
                arn("logs", f"log-group:/aws/*/{prefix}:*"),
                arn("logs", f"log-group:/aws/*/{prefix}-*"),
                arn("logs", "log-group:RDS*"),
            ],
        ),
        # A stack with servers of before is in their network, and has none of its own.
        *_network(prefix, networks, arn, taken_in=bool(networks and existing.own)),
        *_backups(prefix, arn, there("rds", "db:"), _DRILLED if drilled else _BACKUPS_MADE),
        *_own(prefix, arn, drilled=drilled),
        allow("Anywhere", _ANYWHERE, "*"),
        *others(prefix),
    ]


def _opened(
    existing: ExistingResources,
    keys: Sequence[str],
    partition: str,
    arn: Callable[[str, str], str],
    use: Sequence[str],
) -> Iterator[Statement]:
    """Keys of servers of before; whichever key their secrets are under, which are named above and come through Secrets
    Manager alone; and the users of others in a user group."""
    if keys:
        yield allow("ExistingKeys", use, keys, Condition={"StringLike": through("*", partition)})
    if existing.of("secretsmanager"):
        opens, by = ["kms:Decrypt", "kms:GenerateDataKey"], through("secretsmanager", partition)
        yield allow("ExistingSecretsKeys", opens, "*", Condition={"StringLike": by})
    if existing.of("elasticache", "usergroup:"):
        others = _of("elasticache", ["DescribeUsers", "ModifyUserGroup"])
        yield allow("ExistingUsers", others, arn("elasticache", "user:*"))


def untitled(statements: Sequence[Statement]) -> list[Statement]:
    """The same without their names, which only people need: a policy has 6144 characters."""
    return [{key: value for key, value in each.items() if key != "Sid"} for each in statements]


def _network(
    prefix: str, networks: Sequence[str], arn: Callable[[str, str], str], *, taken_in: bool
) -> list[Statement]:
    """Interfaces of functions in the VPC, which Lambda makes in the function's name; the code itself makes none.

    AWSLambdaVPCAccessExecutionRole has these on everything; Lambda Developer Guide, "Giving Lambda functions access to
    resources in an Amazon VPC". An interface is nobody's until it is made, and EC2 refuses to take one away that is in
    use.
    """
    where = arn("ec2", "s*")  # subnet and security-group: of those that this is asked of, no others begin so
    create = ["ec2:CreateNetworkInterface"]
    own = {"StringLike": {"ec2:ResourceTag/Name": f"{prefix}-*"}}
    given = {"ArnLike": {"ec2:Vpc": [arn("ec2", f"vpc/{each}") for each in networks]}}
    return [
        allow(
            "Interfaces",
            [*create, *_of("ec2", _INTERFACES)],
            arn("ec2", "network-interface/*"),
            Condition=_NO_CODE,
        ),
        *([] if taken_in else [allow("InterfacesOwn", create, where, Condition={**_NO_CODE, **own})]),
        *([allow("InterfacesGiven", create, where, Condition={**_NO_CODE, **given})] if networks else []),
    ]


def _backups(
    prefix: str, arn: Callable[[str, str], str], existing: Sequence[str], made: Sequence[str]
) -> list[Statement]:
    """What AWS Backup does to the stack's instances; and to what it names itself, where that is the stack's.

    It copies the instance's tags to a recovery point and RDS those to what is restored from it (AWS Backup Developer
    Guide, "Copying tags onto backups" and "Copy tags during a restore"): what is being made has none yet, and what is
    another's is refused below. A function's code marks nothing: what has no mark, as a recovery point of an application
    beside, would be the stack's from then on. An instance that was there before bears the stack's mark alone.
    """
    own = [arn("rds", f"*:{prefix}"), arn("rds", f"*:{prefix}-*"), arn("rds", "og:default:*")]
    restored = arn("rds", "db:awsbackup-restore-test-*")
    drawn = [arn("rds", "snapshot:awsbackup:*"), restored, arn("rds", "auto-backup:*")]
    changed = _of("rds", [*_RESTORES, *_BACKUPS_CHANGED])
    return [
        allow("BackupsRead", _of("rds", _BACKUPS_READ), "*"),
        allow("BackupsMade", _of("rds", made), [*own, *existing, *drawn], Condition=_NO_CODE),
        allow("RestoresMade", _of("rds", _RESTORES), restored),
        allow("Backups", changed, own),
        allow("BackupsMarked", changed, arn("rds", "*"), Condition={"StringEquals": {_OWN_TAG: prefix}}),
    ]


def _own(prefix: str, arn: Callable[[str, str], str], *, drilled: bool) -> list[Statement]:
    """What the tasks of the logical copies and the drills do in a bucket that bears the stack's name; what starts them
    and the task of the maintenance. With it what else bears that name and has no condition: a statement more takes more
    characters."""
    own = [
        f"arn:*:s3:::{prefix}-*",
        arn("ecs", f"task-definition/{prefix}-*"),  # what is another stack's is refused below, by its mark
        arn("sns", f"{prefix}-*"),
        arn("backup", f"backup-vault:{prefix}-*"),
    ]
    vaults = _of("backup", ["CopyIntoBackupVault", "DescribeBackupVault"])
    # Of whatever account: a role is only passed within its own, and the policy has few characters left.
    kinds = ["copies", "copies-start", *(["drills"] if drilled else []), "maintenance"]
    roles = [f"arn:*:iam::*:role/{prefix}-{each}" for each in kinds]
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return [
        allow("Own", [*_of("s3", _OBJECTS), "ecs:RunTask", "sns:Publish", *vaults], own),
        allow("TaskRoles", ["iam:PassRole"], roles, Condition=to_tasks),
    ]


def _one(resources: list[str]) -> str | list[str]:
    return resources if len(resources) > 1 else resources[0]


def _of(service: str, actions: Sequence[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
