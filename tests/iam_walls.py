"""What one stack asks to do to another's things of one account, and to its own: by what it wants, as requests.

A request brings what AWS sends with it: the mark and the name that the thing carries, the aliases of a key.
"""

from __future__ import annotations

from iam_policies import Request
from iam_requests import ACCOUNT, REGION, arn

from knowledge.ownership import TAG

Table = dict[str, list[Request]]
Context = dict[str, str | list[str]]
UNMARKED: Context = {}


def marked(stack: str) -> Context:
    return {f"aws:ResourceTag/{TAG}": stack, "ec2:ResourceTag/Name": f"{stack}-thing"}


def asks(actions: str, where: str, *contexts: Context) -> list[Request]:
    """`service:Action Action`, each on one thing, in each of these circumstances."""
    service, _, names = actions.partition(":")
    return [Request(f"{service}:{name}", where, context) for name in names.split() for context in contexts]


def keys(stack: str, *aliases: list[str]) -> list[Request]:
    """Use of a key by way of a service, where it has these aliases; of `nobody` it has no mark either."""
    mark = UNMARKED if stack == "nobody" else marked(stack)
    return [
        Request(f"kms:{action}", arn("kms", "key/1"), {**mark, "kms:ResourceAliases": names, **through})
        for action in ("CreateGrant", "Decrypt", "GenerateDataKey")
        for through in ({"kms:ViaService": f"{each}.{REGION}.amazonaws.com"} for each in ("rds", "secretsmanager"))
        for names in aliases
        if not (action == "CreateGrant" and "secretsmanager" in through["kms:ViaService"])
    ]


def by_roles(stack: str) -> Table:
    """What the roles of a stack do, to the things of `stack`: the most of it is what the boundary holds."""
    mark = marked(stack)
    snapshot, automatic = arn("rds", "snapshot:awsbackup:job-1"), arn("rds", "auto-backup:ab-1")
    restored = arn("rds", "db:awsbackup-restore-test-1")
    return {
        "restores a recovery point": asks("rds:RestoreDBInstanceFromDBSnapshot", snapshot, mark),
        "restores an automated backup": [
            *asks("rds:RestoreDBInstanceToPointInTime", automatic, mark),
            *asks("rds:RestoreDBInstanceToPointInTime", arn("rds", "db:{}", stack), mark),
        ],
        "copies a recovery point": asks("rds:CopyDBSnapshot AddTagsToResource", snapshot, mark),
        "shares or deletes a recovery point": asks("rds:ModifyDBSnapshotAttribute DeleteDBSnapshot", snapshot, mark),
        "deletes automated backups": asks("rds:DeleteDBInstanceAutomatedBackup", automatic, mark),
        "changes what was restored": asks("rds:ModifyDBInstance DeleteDBInstance", restored, mark),
        "changes the instance": asks("rds:ModifyDBInstance", arn("rds", "db:{}", stack), mark),
        "changes a replica": asks("rds:ModifyDBInstance", arn("rds", "db:{}-standby", stack), mark),
        "uses a key through a service": keys(stack, [f"alias/{stack}-storage"]),
        "logs in by token": asks("rds-db:connect", arn("rds-db", "dbuser:db-1/app"), mark),
        "puts an interface into a subnet": asks("ec2:CreateNetworkInterface", arn("ec2", "subnet/subnet-1"), mark),
        "puts an interface behind a group": asks("ec2:CreateNetworkInterface", arn("ec2", "security-group/sg-1"), mark),
        "reads a secret": asks(
            "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:{}/master-A", stack), mark
        ),
        "changes a user of a cache": asks(
            "elasticache:ModifyUser Connect", arn("elasticache", "user:{}-main-app", stack), mark
        ),
        "writes to a log": asks("logs:PutLogEvents", arn("logs", "log-group:/aws/lambda/{}-bootstrap:*", stack), mark),
        "tells a topic": asks("sns:Publish", arn("sns", "{}-critical", stack), mark),
        "copies into a vault": asks("backup:CopyIntoBackupVault", arn("backup", "backup-vault:{}-vault", stack), mark),
    }


def by_nobody() -> Table:
    """What no role of any stack does: to things without a mark, to keys of several, outside of Lambda."""
    snapshot, restored = arn("rds", "snapshot:awsbackup:job-1"), arn("rds", "db:awsbackup-restore-test-1")
    vpc = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-9"
    places = (arn("ec2", "subnet/subnet-9"), arn("ec2", "security-group/sg-9"))
    return {
        "restores what has no mark": [
            *asks("rds:RestoreDBInstanceFromDBSnapshot ModifyDBSnapshotAttribute", snapshot, UNMARKED),
            *asks("rds:RestoreDBInstanceToPointInTime", arn("rds", "auto-backup:ab-9"), UNMARKED),
            *asks("rds:ModifyDBInstance DeleteDBInstance", restored, UNMARKED),
        ],
        "logs in where there is no mark": asks("rds-db:connect", arn("rds-db", "dbuser:db-9/app"), UNMARKED),
        "goes into a network that nobody gave": [
            each for place in places for each in asks("ec2:CreateNetworkInterface", place, UNMARKED, {"ec2:Vpc": vpc})
        ],
        "uses a key that has no alias": keys("nobody", []),
        "uses a key that somebody else uses": keys("nobody", ["alias/billing"]),
    }


def undeployed(stack: str) -> Table:
    """What no deployment does: to what has no mark, to keys of others, and to make what has none."""
    plans = (arn("backup", "backup-plan:9"), arn("backup", "restore-testing-plan:r-9"))
    proxy, key = arn("rds", "db-proxy:prx-9"), arn("kms", "key/9")
    vpc: Context = {"ec2:Vpc": arn("ec2", "vpc/vpc-9")}
    both: Context = {"kms:ResourceAliases": ["alias/billing", f"alias/{stack}-storage"]}
    return {
        "changes plans without a mark": [
            *asks("backup:UpdateBackupPlan DeleteBackupPlan CreateBackupSelection UntagResource", plans[0], UNMARKED),
            *asks("backup:DeleteRestoreTestingPlan CreateRestoreTestingSelection", plans[1], UNMARKED),
        ],
        "changes a proxy without a mark": asks(
            "rds:ModifyDBProxy DeleteDBProxy RemoveTagsFromResource", proxy, UNMARKED
        ),
        "makes things without a mark": [
            *asks("backup:CreateBackupPlan TagResource", plans[0], UNMARKED),
            *asks("backup:CreateRestoreTestingPlan", plans[1], UNMARKED),
            *asks("rds:AddTagsToResource", proxy, UNMARKED),
            *(each for name in ("rds:CreateDBProxy", "kms:CreateKey") for each in asks(name, "*", UNMARKED)),
            *asks("chatbot:CreateSlackChannelConfiguration", "*", UNMARKED),
        ],
        "changes keys of others": asks(
            "kms:CreateAlias DeleteAlias UpdateAlias EnableKeyRotation PutKeyPolicy TagResource UntagResource",
            key,
            {"kms:ResourceAliases": ["alias/billing"]},
            both,
        ),
        "uses keys of others": keys("nobody", ["alias/billing"], ["alias/billing", f"alias/{stack}-storage"]),
        "goes into a network that nobody gave": [
            *asks("ec2:CreateSecurityGroup", arn("ec2", "vpc/vpc-9"), UNMARKED),
            *asks("ec2:CreateVpcEndpoint ModifyVpcEndpoint", arn("ec2", "subnet/subnet-9"), UNMARKED, vpc),
        ],
    }


def by_deployment(stack: str) -> Table:
    """What a deployment does to what is already there, of `stack`."""
    mark = marked(stack)
    plan, testing = arn("backup", "backup-plan:1"), arn("backup", "restore-testing-plan:r-1")
    aliases: Context = {**mark, "kms:ResourceAliases": [f"alias/{stack}-storage"]}
    bound: Context = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/delivery/{stack}-boundary"}
    role, function = arn("iam", "role/{}-bootstrap", stack), arn("lambda", "function:{}-bootstrap", stack)
    return {
        "changes a backup plan": asks("backup:UpdateBackupPlan DeleteBackupPlan CreateBackupSelection", plan, mark),
        "changes a restore test": asks(
            "backup:UpdateRestoreTestingPlan DeleteRestoreTestingPlan CreateRestoreTestingSelection", testing, mark
        ),
        "changes a proxy": asks(
            "rds:ModifyDBProxy DeleteDBProxy DeregisterDBProxyTargets", arn("rds", "db-proxy:prx-1"), mark
        ),
        "changes a key": asks(
            "kms:CreateAlias PutKeyPolicy EnableKeyRotation TagResource", arn("kms", "key/1"), aliases
        ),
        "uses a key through a service": keys(stack, [f"alias/{stack}-storage"]),
        "changes the instance": asks("rds:ModifyDBInstance DeleteDBInstance", arn("rds", "db:{}", stack), mark),
        "makes a replica of the instance": asks("rds:CreateDBInstanceReadReplica", arn("rds", "db:{}", stack), mark),
        "changes a cache": asks(
            "elasticache:DeleteReplicationGroup", arn("elasticache", "replicationgroup:{}-main", stack), mark
        ),
        "replaces a function's code": asks("lambda:UpdateFunctionCode InvokeFunction", function, mark),
        "takes a topic's policy": asks("sns:SetTopicAttributes", arn("sns", "{}-critical", stack), mark),
        "makes a group in the network": asks("ec2:CreateSecurityGroup", arn("ec2", "vpc/vpc-1"), mark),
        "makes an endpoint in the network": asks("ec2:CreateVpcEndpoint", arn("ec2", "subnet/subnet-1"), mark),
        "opens a group": asks("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-1"), mark),
        "passes a role": asks("iam:PassRole", role, {**mark, "iam:PassedToService": "lambda.amazonaws.com"}),
        "rewrites a role's trust": asks("iam:UpdateAssumeRolePolicy", role, {**mark, **bound}),
        "gives a role policies": asks("iam:PutRolePolicy AttachRolePolicy CreateRole", role, {**mark, **bound}),
        "marks what it makes": [
            *asks("backup:CreateBackupPlan TagResource", plan, {f"aws:RequestTag/{TAG}": stack}),
            *asks("rds:CreateDBProxy", "*", {f"aws:RequestTag/{TAG}": stack}),
            *asks("kms:CreateKey", "*", {f"aws:RequestTag/{TAG}": stack}),
            *asks("chatbot:CreateSlackChannelConfiguration", "*", {f"aws:RequestTag/{TAG}": stack}),
            *asks("rds:AddTagsToResource", arn("rds", "db-proxy:prx-1"), {f"aws:RequestTag/{TAG}": stack}),
        ],
        "reads and writes its state": asks(
            "s3:GetObject PutObject",
            f"arn:aws:s3:::states-{stack.partition('-')[0]}/.pulumi/stacks/data-tier/{stack.partition('-')[2]}.json",
            {},
        ),
    }
