"""Environments of one account beside each other: what one may do to another's things, and to its own.

Not under our names: other projects, and stacks one of whose names begins like the other's.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import iam_policies as iam
import pytest
import recorder
from iam_requests import ACCOUNT, arn
from iam_walls import asks, by_deployment, by_nobody, by_roles, keys, marked, undeployed

from components.delivery.args import DeliveryArgs
from components.delivery.boundary import boundary
from components.delivery.github import Repository
from components.delivery.roles import Delivery
from components.delivery.state import State
from knowledge.iam.actions import StatementScope, policies
from knowledge.ownership import TAG

# Who asks, and whose things they are.
PAIRS = [
    ("crm-dev", "crm-prod"),
    ("shop-dev", "shop-prod"),
    ("shop-prod", "shop-prod-eu"),
    ("shop-prod-eu", "shop-prod"),
    ("shop-dev", "shop-dev2"),
    ("shop-dev2", "shop-dev"),
    ("shop-prod", "shop2-prod"),
    ("a-b", "a-b-c"),
]
ROLES, NOBODY, DEPLOYMENT = list(by_roles("x-y")), list(by_nobody()), list(by_deployment("x-y"))


@functools.cache
def deploys(prefix: str) -> tuple[dict[str, Any], ...]:
    """What the deploy role of a stack may do."""
    name, _, environment = prefix.partition("-")
    given = DeliveryArgs(
        name=name,
        account_id=ACCOUNT,
        repository=Repository(owner="octocat", owner_id=583231, name=name, id=456789),
        environments=[environment],
        state=State(bucket=f"states-{name}", project="data-tier"),
    )
    made = recorder.record(lambda: Delivery("delivery", given))
    role = f"delivery-{environment}-deploy-"
    documents = [
        each.inputs["policy"] for each in made.resources if each.name.startswith(role) and "policy" in each.inputs
    ]
    return tuple(statement for each in documents for statement in json.loads(each)["Statement"])


def granted(policies: Any, requests: list[iam.Request]) -> list[str]:
    return [str(each) for each in requests if iam.allowed(policies, each)]


def refused(policies: Any, requests: list[iam.Request]) -> list[str]:
    return [str(each) for each in requests if not iam.allowed(policies, each)]


@pytest.mark.parametrize("wish", ROLES)
@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_role_of_one_stack_does_nothing_to_another(own: str, other: str, wish: str) -> None:
    limits = boundary(own, ACCOUNT, "aws")
    assert not granted(limits, by_roles(other)[wish])
    assert not refused(limits, by_roles(own)[wish])


@pytest.mark.parametrize("wish", list(undeployed("x-y")))
@pytest.mark.parametrize("own", ["crm-prod", "shop-dev2"])
def test_a_deployment_does_nothing_to_what_is_nobodys(own: str, wish: str) -> None:
    assert not granted(deploys(own), undeployed(own)[wish])


@pytest.mark.parametrize("wish", NOBODY)
def test_a_role_does_nothing_to_what_is_nobodys(wish: str) -> None:
    assert not granted(boundary("shop-prod", ACCOUNT, "aws", ["vpc-1"]), by_nobody()[wish])


@pytest.mark.parametrize("wish", DEPLOYMENT)
@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_deployment_of_one_stack_does_nothing_to_another(own: str, other: str, wish: str) -> None:
    assert not granted(deploys(own), by_deployment(other)[wish])
    assert not refused(deploys(own), by_deployment(own)[wish])


def test_a_key_with_an_alias_of_each_of_two_stacks_is_neithers() -> None:
    for limits in (boundary("shop-dev", ACCOUNT, "aws"), deploys("shop-dev")):
        assert not granted(limits, keys("shop-dev", ["alias/shop-dev-storage", "alias/shop-prod-storage"]))


def test_a_key_is_used_by_its_deployment_before_its_alias_counts() -> None:
    """Which may take minutes; and its roles begin to work later than that."""
    assert not refused(deploys("shop-dev"), keys("shop-dev", []))
    assert refused(boundary("shop-dev", ACCOUNT, "aws"), keys("shop-dev", []))


@pytest.mark.parametrize(
    ("partition", "region", "domain"),
    [
        ("aws", "eu-west-1", "amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
    ],
)
def test_a_key_is_used_through_a_service_in_every_partition(partition: str, region: str, domain: str) -> None:
    key = f"arn:{partition}:kms:{region}:{ACCOUNT}:key/1"
    place = StatementScope(account=ACCOUNT, prefixes=["shop-dev"], partition=partition)
    deploy = [each for part in policies(place, "read", "write").values() for each in part]
    for limits in (boundary("shop-dev", ACCOUNT, partition), deploy):
        for service, own in ((f"rds.{region}.{domain}", True), (f"rds.{region}.example.com", False)):
            context = {"kms:ViaService": service, "kms:ResourceAliases": ["alias/shop-dev-storage"]}
            assert iam.allowed(limits, iam.Request("kms:Decrypt", key, context)) == own


def test_the_code_of_a_function_makes_no_interface() -> None:
    where, limits = arn("ec2", "subnet/subnet-1"), boundary("shop-dev", ACCOUNT, "aws")
    itself = {"lambda:SourceFunctionArn": arn("lambda", "function:{}-bootstrap", "shop-dev")}
    actions = "ec2:CreateNetworkInterface"
    assert not granted(limits, asks(actions, where, {**marked("shop-dev"), **itself}))
    every = f"{actions} DeleteNetworkInterface AssignPrivateIpAddresses"
    assert not granted(limits, asks(every, arn("ec2", "network-interface/eni-1"), itself))
    assert not refused(limits, asks(every, arn("ec2", "network-interface/eni-1"), {}))


def marks_as_its_own(stack: str) -> list[iam.Request]:
    """What a function of the stack would do to have what is nobody's: recovery points of whoever is beside it."""
    code: dict[str, str | list[str]] = {"lambda:SourceFunctionArn": arn("lambda", "function:{}-bootstrap", stack)}
    mark: dict[str, str | list[str]] = {f"aws:RequestTag/{TAG}": stack}
    things = (
        "snapshot:awsbackup:job-9", "auto-backup:ab-9", "db:awsbackup-restore-test-9", "og:default:postgres-17",
    )  # fmt: skip
    return [
        *(each for thing in things for each in asks("rds:AddTagsToResource", arn("rds", thing), {**code, **mark})),
        *asks("rds:CopyDBSnapshot", arn("rds", things[0]), code),
    ]


@pytest.mark.parametrize("own", ["crm-prod", "shop-dev", "a-b"])
def test_the_code_of_a_function_marks_nothing_as_its_own(own: str) -> None:
    limits = boundary(own, ACCOUNT, "aws")
    assert not granted(limits, marks_as_its_own(own))
    by_backup = [
        iam.Request(each.action, each.resource, {k: v for k, v in each.context.items() if "lambda" not in k})
        for each in marks_as_its_own(own)
    ]
    assert not refused(limits, by_backup)
    # The check of what was restored still enters it: it gives the copy a password.
    function = {"lambda:SourceFunctionArn": arn("lambda", "function:{}-restore-test", own)}
    restored = arn("rds", "db:awsbackup-restore-test-1")
    assert not refused(limits, asks("rds:DescribeDBInstances", restored, function))
    assert not refused(limits, asks("rds:ModifyDBInstance", restored, {**function, **marked(own)}))


def test_a_network_of_others_is_open_to_the_stack_that_it_was_given_to() -> None:
    inside, outside = ({"ec2:Vpc": arn("ec2", f"vpc/{each}")} for each in ("vpc-1", "vpc-2"))
    place = arn("ec2", "subnet/subnet-9")
    given, none = (boundary("shop-dev", ACCOUNT, "aws", each) for each in (["vpc-1"], []))
    assert not refused(given, asks("ec2:CreateNetworkInterface", place, inside))
    assert not granted(given, asks("ec2:CreateNetworkInterface", place, outside))
    assert not granted(none, asks("ec2:CreateNetworkInterface", place, inside, outside))
    # Where its owner has marked it, it is one stack's alone.
    assert not granted(given, asks("ec2:CreateNetworkInterface", place, {**inside, **marked("shop-prod")}))


@pytest.mark.parametrize("key", [f"aws:ResourceTag/{TAG}", f"aws:RequestTag/{TAG}"])
def test_a_mark_that_is_spelt_otherwise_is_another_stack(key: str) -> None:
    for value in ("shop-prod ", "Shop-Prod", "shop-pro", "*", ""):
        assert not granted(deploys("shop-prod"), asks("rds:ModifyDBInstance", arn("rds", "db:shop-prod"), {key: value}))


def test_neither_wall_can_be_left_out() -> None:
    """Without either, something of a stack whose name begins alike is within reach, though its names are."""
    for limits, wishes in ((boundary("shop-prod", ACCOUNT, "aws"), by_roles), (deploys("shop-prod"), by_deployment)):
        reached = [each for wish in wishes("shop-prod-eu").values() for each in wish]
        for sid in ("NoOthers", "NoMarkOfOthers"):
            less = [each for each in limits if each["Sid"] != sid]
            marks = asks("rds:AddTagsToResource", arn("rds", "db:shop-prod"), {f"aws:RequestTag/{TAG}": "shop-prod-eu"})
            assert granted(less, [*reached, *marks]), sid


def test_no_condition_of_a_boundary_can_be_left_out() -> None:
    limits = [each for each in boundary("shop-prod", ACCOUNT, "aws", ["vpc-1"]) if each["Effect"] == "Allow"]
    itself = {"lambda:SourceFunctionArn": arn("lambda", "function:{}-bootstrap", "shop-prod")}
    create = "ec2:CreateNetworkInterface"
    never = [
        *(each for wish in by_nobody().values() for each in wish),
        *asks(create, arn("ec2", "subnet/subnet-1"), {**marked("shop-prod"), **itself}),
        *asks(create, arn("ec2", "subnet/subnet-1"), {"ec2:Vpc": arn("ec2", "vpc/vpc-1"), **itself}),
        *asks(create, arn("ec2", "network-interface/eni-1"), itself),
        *marks_as_its_own("shop-prod"),
        *asks("iam:PassRole", arn("iam", "role/{}-copies", "shop-prod"), {"iam:PassedToService": "ec2.amazonaws.com"}),
        *keys("shop-prod", ["alias/shop-prod-storage", "alias/billing"]),
        iam.Request("kms:Decrypt", arn("kms", "key/1"), {"kms:ResourceAliases": ["alias/shop-prod-storage"]}),
    ]
    changes = list(iam.looser(limits))
    assert len(changes) > 7
    assert not [name for name, changed in changes if not granted(changed, never)]
