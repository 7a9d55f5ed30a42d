"""The delivery roles against the stacks as they are: types known, resources within reach, roles bounded."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import iam_policies as iam
import iam_requests
import pytest
import yaml
from clinic_project import CLINIC
from iam_policies import Request

from components.delivery.boundary import boundary, untitled
from components.delivery.existing import ExistingResources, deploying
from components.notifications.chat import METRICS
from delivery.existing import existing
from graph.offline import ACCOUNT, Offline
from graph.resource import Resource
from infra.load import load_settings
from infra.program import program
from infra.settings.problems import SettingsError
from infra.settings.stackfile import read_stack
from knowledge.iam.actions import (
    MANAGED_POLICY_CHARACTERS,
    StatementScope,
    by_type,
    linked,
    passed,
    policies,
    roles,
    tagged,
)
from knowledge.ownership import TAG
from reference import examples
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "staging", "prod", "local")
# What a stack has when all that is optional is on, beside its profile's.
NAME = "shop"
FULL: dict[str, Any] = {
    "data-tier:name": NAME,
    "data-tier:rotation": {},
    "data-tier:proxy": {},
    "data-tier:bucket": {"lock": {"mode": "governance", "days": 30}},
    "data-tier:metrics": {
        "schedule": "5m",
        "service": {"image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2", "clients": ["sg-0a1b"]},
    },
    "data-tier:backup": {
        "continuous": True,
        "lock": {"mode": "governance", "min": 1, "max": 90},
        "second_region": {"region": "eu-central-1", "keep": 30, "point_in_time": 7},
        "restore_test": {},
        "logical": {"image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop-copies:1.2"},
        "drills": {
            "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop-copies:1.2",
            "run": ["pitr", "snapshot", "deletion", "primary", "redis"],
        },
    },
    "data-tier:notify": {
        "critical": [{"slack": {"workspace": "T0123456789", "channel": "C0123456789"}}, {"email": "a@example.com"}]
    },
    "data-tier:postgres": {
        "replicas": {
            "standby": {},
            "dr": {"remote": {"region": "eu-central-1", "vpc": "vpc-0a1b", "subnets": ["subnet-0a1b", "subnet-0a1c"]}},
        }
    },
    "data-tier:redis": {"main": {"shards": 2, "replicas": 1}, "queue": {"auth": "token"}},
}


TASK: dict[str, Any] = {
    "data-tier:maintenance": {"budget": "1h", "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2"}
}
"""Maintenance is a function everywhere else."""


class Asked(Offline):
    """Keeps the tokens of the look-ups."""

    def __init__(self) -> None:
        super().__init__("eu-west-1")
        self.tokens: set[str] = set()

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        self.tokens.add(token)
        return super().invoke(token, args)


@functools.cache
def deployed(stack: str) -> tuple[tuple[Resource, ...], frozenset[str]]:
    """Custom resources and look-ups."""
    cloud, config = Asked(), read_stack(CLINIC, stack) | FULL | (TASK if stack == "prod" else {})
    access = yaml.safe_load((CLINIC / "access.yaml").read_text(encoding="utf-8"))
    for identity in ("clinic_reporting", "clinic_cache"):
        access["identities"][identity]["auth"] = "iam"
    with TemporaryDirectory() as folder:
        (Path(folder) / "access.yaml").write_text(yaml.safe_dump(access), encoding="utf-8")
        found = run_program(stack, lambda: program(Path(folder)), cloud, config)
    return tuple(each for each in found.resources if each.urn not in found.components), frozenset(cloud.tokens)


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_of_a_stack_has_its_actions(stack: str) -> None:
    resources, tokens = deployed(stack)
    assert not ({each.type for each in resources} | tokens) - by_type().keys()


def test_no_row_is_for_what_no_stack_declares() -> None:
    """Nor is any of what a stack may have left out here."""
    declared = {kind for stack in STACKS for kind in ({each.type for each in deployed(stack)[0]} | deployed(stack)[1])}
    assert by_type().keys() == declared


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_that_takes_tags_carries_the_stacks(stack: str) -> None:
    marked, left = set(), set()
    for resource in deployed(stack)[0]:
        if resource.inputs.get("tags", {}).get(TAG) == f"{NAME}-{stack}":
            marked.add(resource.type)
        elif takes_tags(resource.type):
            left.add(resource.type)
        if name := resource.inputs.get("tags", {}).get("Name"):
            assert name.startswith(f"{NAME}-{stack}-")  # what the component gave is still there
    assert marked == {each.type for each in deployed(stack)[0]} & tagged()
    assert left <= UNTAGGED.keys()


# Type -> why it carries none.
UNTAGGED = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "EC2 makes it, and lets only who owns it by its tag tag it",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "its group carries it",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "its group carries it",
}


def takes_tags(kind: str) -> bool:
    """Whether the SDK's resource of this type has tags."""
    if not kind.startswith("aws:"):
        return False
    module, _, name = kind.removeprefix("aws:").partition("/")
    made = getattr(
        importlib.import_module(f"pulumi_aws.{ {'lambda': 'lambda_'}.get(module, module) }"), name.split(":")[1]
    )
    return "tags" in inspect.signature(made._internal_init).parameters


SERVICES = [
    ("iam:PassRole", "iam:PassedToService", passed),
    ("iam:CreateServiceLinkedRole", "iam:AWSServiceName", linked),
]


def test_what_is_given_a_role_says_to_whom_it_passes_it() -> None:
    """By the inputs that hold the ARN of one: a type that comes to have one fails here until its row says so."""
    given = {
        each.type
        for stack in STACKS
        for each in deployed(stack)[0]
        if any(re.search(r"[rR]ole(Arn)?$", key) and ":role/" in str(value) for key, value in each.inputs.items())
    }
    assert given == {name for name, services in passed().items() if services}


def test_alarms_on_performance_insights_bring_cloudwatchs_role_about() -> None:
    reads = [each for each in deployed("dev")[0] if "DB_PERF_INSIGHTS" in json.dumps(each.inputs)]
    assert {"pi-db.metrics.cloudwatch.amazonaws.com"} == {
        service for each in reads if each.type.endswith(":MetricAlarm") for service in linked()[each.type]
    }


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("action", "key", "rows"), SERVICES, ids=["passed", "linked"])
def test_a_deployment_may_hand_over_and_bring_about_every_role_that_a_service_asks_for(
    stack: str, action: str, key: str, rows: Any
) -> None:
    prefix = f"{NAME}-{stack}"
    place = StatementScope(account=ACCOUNT, prefixes=[prefix], boundary=f"arn:aws:iam::{ACCOUNT}:policy/b")
    statements = [each for part in policies(place, "read", "write").values() for each in part]
    wanted = {service for each in deployed(stack)[0] for service in rows()[each.type]}
    assert wanted
    for service in sorted(wanted):
        names = [name for name, services in roles().items() if service in services]
        where = [iam_requests.arn("iam", f"role/{prefix}-{name}") for name in names]
        if action == "iam:CreateServiceLinkedRole":
            where = [iam_requests.arn("iam", f"role/aws-service-role/{service}/AWSServiceRoleForX")]
        assert where, f"no role is passed to {service}"
        assert all(iam.allowed(statements, Request(action, each, {key: service})) for each in where), service


def test_every_role_of_a_stack_is_passed_to_the_services_that_may_be_it() -> None:
    """By its trust; and restore testing passes the role on to AWS Backup itself."""
    for stack in STACKS:
        for resource in deployed(stack)[0]:
            if resource.type != ROLE:
                continue
            (trust,) = json.loads(resource.inputs["assumeRolePolicy"])["Statement"]
            name = resource.inputs["name"].removeprefix(f"{NAME}-{stack}-")
            assert trust["Principal"]["Service"] in roles()[name]
            others = set(roles()[name]) - {trust["Principal"]["Service"]}
            assert name == "maintenance" or others <= {"restore-testing.backup.amazonaws.com"}
    assert {name for stack in STACKS for name in _roles(stack)} == set(roles())


def _roles(stack: str) -> list[str]:
    made = [each.inputs["name"] for each in deployed(stack)[0] if each.type == ROLE]
    return [each.removeprefix(f"{NAME}-{stack}-") for each in made]


# Service -> condition keys of its role's trust, and where the service says that it sends them. What a service does not
# send makes its role one that nobody can be.
TRUSTS: dict[str, set[str]] = {
    # AWS Backup Developer Guide, "Cross-service confused deputy prevention": of topics and keys, not of its role.
    "backup.amazonaws.com": set(),
    # Administrator Guide of Amazon Q Developer in chat applications, "Understanding permissions".
    "chatbot.amazonaws.com": set(),
    # ECS Developer Guide, "Amazon ECS task IAM role": may name aws:SourceAccount, which AWS's own example leaves out.
    "ecs-tasks.amazonaws.com": set(),
    # EventBridge User Guide, "IAM roles for sending events to targets": none is asked for.
    "events.amazonaws.com": set(),
    # Lambda Developer Guide, "Defining Lambda function permissions with an execution role".
    "lambda.amazonaws.com": set(),
    # RDS User Guide, "Preventing cross-service confused deputy problems" and "Setting up Enhanced Monitoring".
    "monitoring.rds.amazonaws.com": {"aws:SourceAccount"},
    # RDS User Guide, "RDS Proxy limitations": no global condition keys.
    "rds.amazonaws.com": set(),
    # VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
    "vpc-flow-logs.amazonaws.com": {"aws:SourceAccount"},
}


def test_a_trust_asks_for_what_its_service_sends_and_for_nothing_else() -> None:
    found: dict[str, set[str]] = {}
    for stack in STACKS:
        for resource in deployed(stack)[0]:
            if resource.type == ROLE:
                (trust,) = json.loads(resource.inputs["assumeRolePolicy"])["Statement"]
                keys = {key for condition in trust.get("Condition", {}).values() for key in condition}
                assert found.setdefault(trust["Principal"]["Service"], keys) == keys
    assert found == TRUSTS


# Type -> service of its ARN, and input that names it.
NAMED = {
    "aws:cloudwatch/eventRule:EventRule": ("events", "rule/{}", "name"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log-group:{}", "name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("cloudwatch", "alarm:{}", "name"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("cloudwatch", "alarm:{}", "alarmName"),
    "aws:ecs/cluster:Cluster": ("ecs", "cluster/{}", "name"),
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
    prefix = f"{NAME}-{stack}"
    place = StatementScope(account=ACCOUNT, prefixes=[prefix], boundary=f"arn:aws:iam::{ACCOUNT}:policy/b")
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
            assert resource.inputs["tags"]["Name"].startswith(f"{NAME}-prod-"), resource.name


def granted(stack: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of a role that a stack makes."""
    for resource in deployed(stack)[0]:
        if resource.type == "aws:iam/rolePolicy:RolePolicy":
            for statement in json.loads(resource.inputs["policy"])["Statement"]:
                if statement["Effect"] == "Allow":
                    yield resource.name, statement


def asked(stack: str, action: str, resource: str) -> Request:
    """What AWS asks itself when a role of the stack does that: to what is the stack's."""
    mark: dict[str, str | list[str]] = {f"aws:ResourceTag/{TAG}": f"{NAME}-{stack}"}
    if action.startswith("kms:"):
        through = {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}
        return Request(action, resource, {**mark, **through, "kms:ResourceAliases": [f"alias/{NAME}-{stack}-secrets"]})
    if action.startswith("ec2:") and not action.startswith("ec2:Describe"):
        return Request(action, iam_requests.arn("ec2", "network-interface/*"))
    if action == "iam:PassRole":
        return Request(action, resource, {**mark, "iam:PassedToService": "ecs-tasks.amazonaws.com"})
    return Request(action, resource, mark)


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_holds_all_that_the_roles_do(stack: str) -> None:
    limits = boundary(f"{NAME}-{stack}", ACCOUNT, "aws")
    outside, count = [], 0
    for role, statement in granted(stack):
        for action in iam.many(statement["Action"]):
            for resource in iam.many(statement["Resource"]):
                count += 1
                if not iam.allowed(limits, request := asked(stack, action, resource)):
                    outside.append(f"{role}: {request}")
    assert count > 20
    assert not outside


@functools.cache
def adopted() -> tuple[tuple[Resource, ...], ExistingResources]:
    """Custom resources of a stack whose servers were there before it, and what those have."""
    config = read_stack(examples.FOLDER, "adopted")
    before = existing(load_settings(config, stack="adopted", source="a test"), ACCOUNT, "aws")
    found = run_program("adopted", lambda: program(examples.FOLDER), Asked(), config)
    return tuple(each for each in found.resources if each.urn not in found.components), before


def test_a_deployment_reaches_everything_of_a_stack_whose_servers_were_there_before() -> None:
    found, before = adopted()
    place = StatementScope(account=ACCOUNT, prefixes=["shop-adopted"], boundary=f"arn:aws:iam::{ACCOUNT}:policy/b")
    without = [each for part in policies(place, "read", "write").values() for each in part]
    refused: dict[bool, set[str]] = {}
    for named, statements in ((True, [*without, *deploying(before, "aws", "read", "write")]), (False, without)):
        refused[named] = set()
        for resource in found:
            service, pattern, key = NAMED.get(resource.type, ("", "", ""))
            name = resource.inputs.get(key) or resource.inputs.get("name")
            if not service or not name:
                continue
            writes = [each for each in by_type()[resource.type]["write"] if each.startswith(f"{service}:")]
            where = iam_requests.arn(service, pattern.format(name))
            context = {"iam:PermissionsBoundary": place.boundary}
            asked_for = [each for each in writes if each not in ("iam:CreateServiceLinkedRole", "iam:PassRole")]
            if any(not iam.allowed(statements, Request(each, where, context)) for each in asked_for):
                refused[named].add(name)
    assert refused[True] == set()
    assert refused[False] >= {
        "orders",
        "orders-reports",
        "orders-pg16",
        "orders-cache",
        "orders-queue",
        "orders-redis7",
    }


def test_the_boundary_holds_what_the_roles_do_with_what_was_there_before() -> None:
    found, before = adopted()
    limits, outside, count = boundary("shop-adopted", ACCOUNT, "aws", ["vpc-0123456789abcdef0"], before), [], 0
    for resource in found:
        if resource.type != "aws:iam/rolePolicy:RolePolicy":
            continue
        for statement in json.loads(resource.inputs["policy"])["Statement"]:
            for action in iam.many(statement["Action"]):
                for where in iam.many(statement["Resource"]):
                    count += 1
                    if not iam.allowed(limits, request := asked("adopted", action, where)):
                        outside.append(f"{resource.name}: {request}")
    assert count > 20
    assert not outside
    text = json.dumps({"Version": "2012-10-17", "Statement": untitled(limits)}, separators=(",", ":"))
    assert len(text) < MANAGED_POLICY_CHARACTERS


# What AWS's managed policies give the roles that have one, and what of it is used: AmazonRDSEnhancedMonitoringRole,
# AWSBackupServiceRolePolicyForBackup and ...ForRestores (docs.aws.amazon.com/aws-managed-policy/latest/reference); then
# the roles of the backup's own functions, and of a chat channel.
MANAGED = {
    *(f"logs:{each}" for each in ("CreateLogGroup", "DescribeLogStreams", "GetLogEvents", "PutRetentionPolicy")),
    *(f"cloudwatch:{each}" for each in METRICS),
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
    assert {action for each in allowances() for action in spelled(each["Action"])} == used | MANAGED


def spelled(actions: list[str]) -> Iterator[str]:
    """The actions that stars stand for."""
    for action in actions:
        service, _, name = action.partition(":")
        known = iam_requests.reference().actions.get_actions_for_service(service) if "*" in name else [name]
        yield from (f"{service}:{each}" for each in known if fnmatchcase(each, name))


def allowances() -> list[Any]:
    return [each for each in boundary("clinic-prod", ACCOUNT, "aws", ["vpc-0a1b"]) if each["Effect"] == "Allow"]


FORBIDDEN = [
    Request(each, "*")
    for each in (
        "iam:CreateUser", "iam:PassRole", "iam:PutRolePolicy", "sts:AssumeRole", "kms:PutKeyPolicy", "s3:GetObject",
        "kms:ScheduleKeyDeletion", "lambda:UpdateFunctionCode", "ec2:RunInstances", "cloudtrail:StopLogging",
        "rds:DeleteDBInstance", "secretsmanager:DeleteSecret", "organizations:LeaveOrganization",
    )
] + [
    Request("secretsmanager:GetSecretValue", iam_requests.arn("secretsmanager", "secret:clinic-dev/master")),
    Request("rds:DeleteDBInstance", iam_requests.arn("rds", "db:clinic-dev")),
    Request("kms:Decrypt", iam_requests.arn("kms", "key/1")),
    Request("elasticache:ModifyUser", iam_requests.arn("elasticache", "user:clinic-dev-main-app")),
    Request("logs:PutLogEvents", iam_requests.arn("logs", "log-group:/aws/lambda/billing:*")),
    Request("sns:Publish", iam_requests.arn("sns", "billing")),
]  # fmt: skip


def test_the_boundary_leads_nowhere_else() -> None:
    limits = boundary("clinic-prod", ACCOUNT, "aws")
    assert not [str(each) for each in FORBIDDEN if iam.allowed(limits, each)]
    known = iam_requests.reference().actions
    allowed = [action for each in allowances() for action in spelled(each["Action"])]
    assert not [each for each in allowed if not known.action_exists(*each.split(":"))]


def test_the_boundary_is_a_policy_that_iam_takes() -> None:
    """With names as long as they can be, in the partition of the longest, in a network of others."""
    longest = boundary("x" * 20 + "-" + "y" * 19, ACCOUNT, "aws-us-gov", ["vpc-0123456789abcdef0"] * 2)
    text = json.dumps({"Version": "2012-10-17", "Statement": untitled(longest)}, separators=(",", ":"))
    assert len(text) < MANAGED_POLICY_CHARACTERS


@pytest.mark.parametrize("statement", allowances(), ids=lambda each: each["Sid"])
def test_the_conditions_of_the_boundary_are_ones_that_the_actions_know(statement: Any) -> None:
    """`lambda:SourceFunctionArn` is in every request of a function's code, whatever it asks for."""
    wanted = {key.split("/")[0] for condition in statement.get("Condition", {}).values() for key in condition}
    for action in spelled(statement["Action"]):
        assert wanted - {"lambda:SourceFunctionArn"} <= iam_requests.condition_keys(action), action


BOUND = f"arn:aws:iam::{ACCOUNT}:policy/delivery/{NAME}-prod-boundary"


@pytest.mark.parametrize("given", [BOUND, None])
def test_every_role_carries_the_boundary(given: str | None) -> None:
    config = read_stack(CLINIC, "prod") | ({"data-tier:boundary": given} if given else {}) | FULL
    found = run_program("prod", lambda: program(CLINIC), Offline("eu-west-1"), config)
    roles = {each.name: each.inputs.get("permissionsBoundary") for each in found.resources if each.type == ROLE}
    assert roles == dict.fromkeys(roles, given)
    assert {"network-flow-logs-role", "postgres-monitoring", "rotation-role", "runner-role"} <= roles.keys()


ROLE = "aws:iam/role:Role"


def test_a_boundary_that_is_no_policy() -> None:
    config = read_stack(CLINIC, "prod") | {"data-tier:boundary": "clinic-prod-boundary"}
    with pytest.raises(SettingsError, match="must be the ARN of a policy"):
        run_program("prod", lambda: program(CLINIC), Offline("eu-west-1"), config)


def test_no_action_is_for_a_type_that_nothing_makes() -> None:
    paths = [path for path in (ROOT / "components").rglob("*.py") if "venv" not in path.parts]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    made = {name.rpartition(":")[2] for name in by_type() if not name.startswith("aws:index/")}
    assert {kind for kind in made if f".{kind}(" not in text} <= LATER


# Made by components that are being added: to be taken out with each.
LATER: set[str] = set()
