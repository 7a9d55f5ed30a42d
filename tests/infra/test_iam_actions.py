"""The delivery roles against the stacks as they are: types known, resources within reach, roles bounded."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import iam_policies as iam
import iam_requests
import pytest
import yaml
from iam_policies import Request

from components.boundary import boundary
from components.sizing.iam import MANAGED_POLICY_CHARACTERS, Place, by_type, policies
from infra.problems import SettingsError
from infra.program import program
from infra.stackfile import read_stack
from local.cloud import Declared
from local.monitor import run_program
from preview.offline import ACCOUNT, Offline

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "staging", "prod", "local")
# What a stack has when all that is optional is on.
FULL = {"data-tier:rotation": {}}
# One cache has an AUTH token in place of users.
ONE = {"dev": {"data-tier:redis": {"main": {}, "queue": {"auth": "token"}}}}


class Asked(Offline):
    """Keeps the tokens of the look-ups."""

    def __init__(self) -> None:
        super().__init__("eu-west-1")
        self.tokens: set[str] = set()

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        self.tokens.add(token)
        return super().invoke(token, args)


@functools.cache
def deployed(stack: str) -> tuple[tuple[Declared, ...], frozenset[str]]:
    """Custom resources and look-ups."""
    cloud, config = Asked(), read_stack(ROOT, stack) | FULL | ONE.get(stack, {})
    access = yaml.safe_load((ROOT / "access.yaml").read_text(encoding="utf-8"))
    for identity in ("tmi_reporting", "tmi_cache"):
        access["identities"][identity]["auth"] = "iam"
    with TemporaryDirectory() as folder:
        (Path(folder) / "access.yaml").write_text(yaml.safe_dump(access), encoding="utf-8")
        found = run_program(stack, lambda: program(Path(folder)), cloud, config)
    return tuple(each for each in found.resources if each.urn not in found.components), frozenset(cloud.tokens)


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_of_a_stack_has_its_actions(stack: str) -> None:
    resources, tokens = deployed(stack)
    assert not ({each.type for each in resources} | tokens) - by_type().keys()


# Type -> service of its ARN, and input that names it.
NAMED = {
    "aws:cloudwatch/eventRule:EventRule": ("events", "rule/{}", "name"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log-group:{}", "name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", "alarm:{}", "name"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("cloudwatch", "alarm:{}", "alarmName"),
    "aws:elasticache/parameterGroup:ParameterGroup": ("elasticache", "parametergroup:{}", "name"),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("elasticache", "replicationgroup:{}", "replicationGroupId"),
    "aws:elasticache/subnetGroup:SubnetGroup": ("elasticache", "subnetgroup:{}", "name"),
    "aws:elasticache/user:User": ("elasticache", "user:{}", "userId"),
    "aws:elasticache/userGroup:UserGroup": ("elasticache", "usergroup:{}", "userGroupId"),
    "aws:iam/role:Role": ("iam", "role/{}", "name"),
    "aws:kms/alias:Alias": ("kms", "{}", "name"),
    "aws:lambda/function:Function": ("lambda", "function:{}", "name"),
    "aws:rds/eventSubscription:EventSubscription": ("rds", "es:{}", "name"),
    "aws:rds/instance:Instance": ("rds", "db:{}", "identifier"),
    "aws:rds/parameterGroup:ParameterGroup": ("rds", "pg:{}", "namePrefix"),
    "aws:rds/subnetGroup:SubnetGroup": ("rds", "subgrp:{}", "name"),
    "aws:secretsmanager/secret:Secret": ("secretsmanager", "secret:{}-AbCdEf", "name"),
    "aws:sns/topic:Topic": ("sns", "{}", "name"),
}


@pytest.mark.parametrize("stack", STACKS)
def test_every_name_of_a_stack_is_one_that_its_role_may_make(stack: str) -> None:
    prefix = f"tmi-{stack}"
    place = Place(account=ACCOUNT, prefixes=[prefix], boundary=f"arn:aws:iam::{ACCOUNT}:policy/b")
    statements = [each for part in policies(place, "read", "write").values() for each in part]
    refused, seen = [], set()
    for resource in deployed(stack)[0]:
        service, pattern, key = NAMED.get(resource.type, ("", "", ""))
        if not service:
            continue
        seen.add(resource.type)
        makes = [each for each in by_type()[resource.type]["write"] if ":Create" in each or ":Put" in each]
        makes = [each for each in makes if each.startswith(f"{service}:") and each != "iam:CreateServiceLinkedRole"]
        where = iam_requests.arn(service, pattern.format(resource.inputs[key]))
        context = {"iam:PermissionsBoundary": place.boundary}
        # A key's policy and rotation are its own; a group's retention is asked for on the group.
        refused += [str(r) for each in makes if not iam.allowed(statements, r := Request(each, where, context))]
    assert not refused
    assert len(seen) >= len(NAMED) - 1


def test_every_named_thing_of_ec2_carries_the_name_that_is_asked_for() -> None:
    made = {each.partition(":")[2].removeprefix("Create") for each in iam_requests.CREATED}
    for resource in deployed("prod")[0]:
        kind = resource.type.rpartition(":")[2]
        if resource.type.startswith("aws:ec2/") and kind in {each.removesuffix("s") for each in made}:
            assert resource.inputs["tags"]["Name"].startswith("tmi-prod-"), resource.name


def granted(stack: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of a role that a stack makes."""
    for resource in deployed(stack)[0]:
        if resource.type == "aws:iam/rolePolicy:RolePolicy":
            for statement in json.loads(resource.inputs["policy"])["Statement"]:
                if statement["Effect"] == "Allow":
                    yield resource.name, statement


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_holds_all_that_the_roles_do(stack: str) -> None:
    limits = boundary(f"tmi-{stack}", ACCOUNT, "aws")
    outside, count = [], 0
    for role, statement in granted(stack):
        for action in iam.many(statement["Action"]):
            for resource in iam.many(statement["Resource"]):
                count += 1
                request = Request(action, resource, {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"})
                if not iam.allowed(limits, request):
                    outside.append(f"{role}: {request}")
    assert count > 20
    assert not outside


# What AWS's managed policies give the roles that have one, and what of it is used: AmazonRDSEnhancedMonitoringRole,
# CloudWatchReadOnlyAccess (the metrics behind an alarm), AWSBackupServiceRolePolicyForBackup and ...ForRestores
# (docs.aws.amazon.com/aws-managed-policy/latest/reference); then the roles of the backup's own functions.
MANAGED = {
    *(f"logs:{each}" for each in ("CreateLogGroup", "DescribeLogStreams", "GetLogEvents", "PutRetentionPolicy")),
    *(f"cloudwatch:{e}" for e in ("DescribeAlarms", "GetMetricData", "GetMetricStatistics", "ListMetrics")),
    *(
        f"rds:{each}"
        for each in (
            "AddTagsToResource", "CopyDBSnapshot", "CreateDBInstance", "CreateDBSnapshot", "DeleteDBInstance",
            "DeleteDBInstanceAutomatedBackup", "DeleteDBSnapshot", "DescribeDBInstanceAutomatedBackups",
            "DescribeDBInstances", "DescribeDBSnapshots", "DescribeDBSubnetGroups", "ListTagsForResource",
            "ModifyDBInstance", "ModifyDBSnapshotAttribute", "RestoreDBInstanceFromDBSnapshot",
            "RestoreDBInstanceToPointInTime",
        )
    ),
    *(f"backup:{each}" for each in ("CopyIntoBackupVault", "DescribeBackupVault", "PutRestoreValidationResult")),
    "kms:CreateGrant", "kms:DescribeKey", "sns:Publish", "tag:GetResources",
}  # fmt: skip


def test_the_boundary_holds_no_action_that_no_role_needs() -> None:
    used = {action for stack in STACKS for _, each in granted(stack) for action in iam.many(each["Action"])}
    assert {a for each in boundary("tmi-prod", ACCOUNT, "aws") for a in each["Action"]} == used | MANAGED


FORBIDDEN = [
    Request(each, "*")
    for each in (
        "iam:CreateUser", "iam:PassRole", "iam:PutRolePolicy", "sts:AssumeRole", "kms:PutKeyPolicy", "s3:GetObject",
        "kms:ScheduleKeyDeletion", "lambda:UpdateFunctionCode", "ec2:RunInstances", "cloudtrail:StopLogging",
        "rds:DeleteDBInstance", "secretsmanager:DeleteSecret", "organizations:LeaveOrganization",
    )
] + [
    Request("secretsmanager:GetSecretValue", iam_requests.arn("secretsmanager", "secret:tmi-dev/master")),
    Request("rds:DeleteDBInstance", iam_requests.arn("rds", "db:tmi-dev")),
    Request("kms:Decrypt", iam_requests.arn("kms", "key/1")),
    Request("elasticache:ModifyUser", iam_requests.arn("elasticache", "user:tmi-dev-main-app")),
    Request("logs:PutLogEvents", iam_requests.arn("logs", "log-group:/aws/lambda/billing:*")),
    Request("sns:Publish", iam_requests.arn("sns", "billing")),
]  # fmt: skip


def test_the_boundary_leads_nowhere_else() -> None:
    limits = boundary("tmi-prod", ACCOUNT, "aws")
    assert not [str(each) for each in FORBIDDEN if iam.allowed(limits, each)]
    known = iam_requests.reference().actions
    allowed = [action for each in limits for action in each["Action"]]
    assert not [each for each in allowed if not known.action_exists(*each.split(":"))]
    text = json.dumps({"Version": "2012-10-17", "Statement": limits}, separators=(",", ":"))
    assert len(text) + 20 * text.count("tmi-prod") < MANAGED_POLICY_CHARACTERS


BOUND = f"arn:aws:iam::{ACCOUNT}:policy/delivery/tmi-prod-boundary"


@pytest.mark.parametrize("given", [BOUND, None])
def test_every_role_carries_the_boundary(given: str | None) -> None:
    config = read_stack(ROOT, "prod") | ({"data-tier:boundary": given} if given else {}) | FULL
    found = run_program("prod", lambda: program(ROOT), Offline("eu-west-1"), config)
    roles = {each.name: each.inputs.get("permissionsBoundary") for each in found.resources if each.type == ROLE}
    assert roles == dict.fromkeys(roles, given)
    assert {"network-flow-logs-role", "postgres-monitoring", "rotation-role", "runner-role"} <= roles.keys()


ROLE = "aws:iam/role:Role"


def test_a_boundary_that_is_no_policy() -> None:
    config = read_stack(ROOT, "prod") | {"data-tier:boundary": "tmi-prod-boundary"}
    with pytest.raises(SettingsError, match="must be a policy's ARN"):
        run_program("prod", lambda: program(ROOT), Offline("eu-west-1"), config)


def test_no_action_is_for_a_type_that_nothing_makes() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "components").glob("*.py"))
    made = {name.rpartition(":")[2] for name in by_type() if not name.startswith("aws:index/")}
    assert {kind for kind in made if f".{kind}(" not in text} <= LATER


# Made by components that are being added: to be taken out with each.
LATER: set[str] = set()
