"""Ways to more than one was given: which of them each role of the delivery has. The answer is none, but to one's own.

The ways are those that are known of IAM (rhinosecuritylabs/AWS-IAM-Privilege-Escalation), tried on the roles of
other stacks, of the delivery itself, of applications, and on the boundary; to what is the stack's own, it is asked
that the boundary stays.
"""

from __future__ import annotations

import json
from typing import Any

import iam_policies as iam
import pytest
import recorder
from iam_policies import Request
from iam_requests import ACCOUNT, arn
from iam_walls import asks

from components.delivery.args import DeliveryArgs
from components.delivery.boundary import boundary
from components.delivery.github import Repository
from components.delivery.kubernetes import Cluster
from components.delivery.roles import Delivery
from components.delivery.state import State
from knowledge.iam.actions import roles
from runtime.monitor import event_loop

NAME, ENVIRONMENTS = "shop", ("dev", "dev2", "prod")
OWN = "shop-prod"
EKS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B"


def policy(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


BOUND = {"iam:PermissionsBoundary": policy(f"delivery/{OWN}-boundary")}
ALL = "CreateRole UpdateAssumeRolePolicy PutRolePolicy AttachRolePolicy PutRolePermissionsBoundary DeleteRolePolicy"
PASSED = ("lambda", "ec2", "rds", "backup", "glue", "cloudformation", "ecs-tasks", "events", "chatbot", "sagemaker")


def whose(role: str) -> list[Request]:
    """Whatever IAM lets one do to a role, without a boundary, with one's own, and with that of others."""
    where = arn("iam", f"role/{role}")
    bounds = [
        {},
        BOUND,
        *({"iam:PermissionsBoundary": policy(each)} for each in ("delivery/shop-dev-boundary", "admin")),
    ]
    return [
        *asks(
            f"iam:{ALL} DeleteRolePermissionsBoundary DeleteRole UpdateRole TagRole DetachRolePolicy", where, *bounds
        ),
        *asks("iam:PassRole", where, *({"iam:PassedToService": f"{each}.amazonaws.com"} for each in PASSED)),
        *asks("sts:AssumeRole TagSession SetSourceIdentity", where, {}),
    ]


WAYS: dict[str, list[Request]] = {
    "its own deploy role": [*whose(f"delivery/{OWN}-deploy"), *whose(f"{OWN}-deploy")],
    "the deploy role of another stack": whose("delivery/shop-dev-deploy"),
    "the roles that look": [*whose("delivery/shop-drift"), *whose("delivery/shop-preview")],
    "a role of another stack": whose("shop-dev-bootstrap"),
    "a role of a stack whose name begins alike": [*whose(f"{OWN}-eu-bootstrap"), *whose(f"{OWN}2-bootstrap")],
    "a role of an application": [*whose(f"{OWN}-app"), *whose(f"{OWN}-x-bootstrap"), *whose(f"{OWN}-bootstrap-2")],
    "an administrator's role": [*whose("Admin"), *whose("OrganizationAccountAccessRole")],
    "its own role under another path": [*whose(f"x/{OWN}-bootstrap"), *whose(f"delivery/{OWN}-bootstrap")],
    "a service's own role": [
        each
        for each in whose("aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS")
        if each.action != "iam:CreateServiceLinkedRole"
    ],
    "another service's own role": asks(
        "iam:CreateServiceLinkedRole",
        arn("iam", "role/aws-service-role/x/AWSServiceRoleForX"),
        *({"iam:AWSServiceName": f"{each}.amazonaws.com"} for each in ("eks", "organizations", "sso", "backup2")),
        {},
    ),
    "its boundary, and other policies": [
        request
        for each in (f"delivery/{OWN}-boundary", f"delivery/{OWN}-deploy-roles", f"{OWN}-x", "admin")
        for request in asks(
            "iam:CreatePolicy CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion DeletePolicy TagPolicy",
            policy(each),
            {},
            BOUND,
        )
    ],
    "the identity provider": asks(
        "iam:CreateOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider "
        "DeleteOpenIDConnectProvider",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
        {},
    ),
    "users, groups, profiles": [
        *asks(
            "iam:CreateUser CreateAccessKey CreateLoginProfile UpdateLoginProfile AttachUserPolicy PutUserPolicy "
            "DeleteUserPermissionsBoundary AddUserToGroup",
            f"arn:aws:iam::{ACCOUNT}:user/{OWN}-x",
            {},
            BOUND,
        ),
        *asks("iam:AttachGroupPolicy PutGroupPolicy", f"arn:aws:iam::{ACCOUNT}:group/{OWN}", {}),
        *asks(
            "iam:AddRoleToInstanceProfile CreateInstanceProfile",
            f"arn:aws:iam::{ACCOUNT}:instance-profile/{OWN}-bootstrap",
            {},
        ),
    ],
    "code that runs as somebody else": [
        *asks("lambda:UpdateFunctionCode InvokeFunction", arn("lambda", "function:billing"), {}),
        *asks("ec2:RunInstances", arn("ec2", "instance/*"), {}),
        *(Request(each) for each in ("cloudformation:CreateStack", "glue:CreateJob", "ecs:RunTask", "ssm:SendCommand")),
        *(
            Request(each)
            for each in ("codebuild:CreateProject", "states:CreateStateMachine", "scheduler:CreateSchedule")
        ),
    ],
}
# Where the stack's own roles end: without the boundary, with another, and for services that are not theirs.
ENDS: dict[str, list[Request]] = {
    f"{role}: {what}": requests
    for role, services in roles().items()
    for what, requests in {
        "without the boundary": asks(f"iam:{ALL}", arn("iam", f"role/{OWN}-{role}"), {}),
        "within another boundary": asks(
            f"iam:{ALL}",
            arn("iam", f"role/{OWN}-{role}"),
            *(
                {"iam:PermissionsBoundary": policy(each)}
                for each in ("admin", f"{OWN}-boundary", f"delivery/{OWN}-boundary2")
            ),
        ),
        "out of the boundary": asks("iam:DeleteRolePermissionsBoundary", arn("iam", f"role/{OWN}-{role}"), {}, BOUND),
        "passed to another service": asks(
            "iam:PassRole",
            arn("iam", f"role/{OWN}-{role}"),
            *({"iam:PassedToService": each} for each in {f"{name}.amazonaws.com" for name in PASSED} - set(services)),
            {},
        ),
        "assumed": asks("sts:AssumeRole", arn("iam", f"role/{OWN}-{role}"), {}),
    }.items()
}


@pytest.fixture(scope="module")
def policies() -> dict[str, list[dict[str, Any]]]:
    """Who -> what he may do: the roles of the delivery, and the most that a role of the stack can."""
    args = DeliveryArgs(
        name=NAME,
        account_id=ACCOUNT,
        repository=Repository(owner="octocat", owner_id=583231, name="shop", id=456789),
        environments=list(ENVIRONMENTS),
        state=State(bucket="states", project="data-tier", key_arn=arn("kms", "key/0a1b")),
        cluster=Cluster(provider_arn=EKS, namespace="shop"),
        networks={"prod": ["vpc-0a1b"]},
    )
    with event_loop():
        made = recorder.record(lambda: Delivery("delivery", args))

    def attached(role: str) -> list[dict[str, Any]]:
        found = [
            each for each in made.resources if each.name.startswith(f"delivery-{role}-") and "policy" in each.inputs
        ]
        return [statement for each in found for statement in json.loads(each.inputs["policy"])["Statement"]]

    deploys = {"deploy": attached("prod-deploy")}
    looks = {each: attached(each) for each in ("drift", "preview")}
    return deploys | looks | {"boundary": [dict(each) for each in boundary(OWN, ACCOUNT, "aws", ["vpc-0a1b"])]}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["deploy", "drift", "preview", "boundary"])
def test_there_is_no_way_to_more(policies: dict[str, Any], who: str, way: str) -> None:
    assert WAYS[way]
    assert not [str(each) for each in WAYS[way] if iam.allowed(policies[who], each)]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("who", ["deploy", "drift", "preview", "boundary"])
def test_a_role_of_the_stack_stays_what_it_is(policies: dict[str, Any], who: str, end: str) -> None:
    assert ENDS[end]
    assert not [str(each) for each in ENDS[end] if iam.allowed(policies[who], each)]


def test_a_deployment_makes_and_passes_its_own_roles(policies: dict[str, Any]) -> None:
    """The table above refuses these too where it is not his own: here they are, so that it could fail."""
    for role, services in roles().items():
        where = arn("iam", f"role/{OWN}-{role}")
        wanted = [
            *asks(f"iam:{ALL}", where, BOUND),
            *asks("iam:PassRole", where, *({"iam:PassedToService": each} for each in services)),
        ]
        assert not [str(each) for each in wanted if not iam.allowed(policies["deploy"], each)]
