"""What the delivery roles may do: all that the stacks ask for, nothing else, and nothing of it in vain."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import iam_policies as iam
import pytest
import recorder
from iam_policies import Request
from iam_requests import ACCOUNT, BOUNDARY, GIVEN, PREFIX, REGION, arn, requests
from iam_walls import by_deployment, undeployed

from components.delivery.args import DeliveryArgs
from components.delivery.github import Repository
from components.delivery.roles import Delivery
from components.delivery.state import State
from knowledge.iam.actions import INLINE_POLICIES_CHARACTERS, actions, wide
from runtime.monitor import event_loop

Record = Callable[..., recorder.Recorded]
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"
OBJECTS = "arn:aws:s3:::states/.pulumi"
DELIVERY = f"arn:aws:iam::{ACCOUNT}:role/delivery/{PREFIX}-deploy"


def args(**more: Any) -> DeliveryArgs:
    given: dict[str, Any] = {
        "name": "clinic",
        "account_id": ACCOUNT,
        "repository": Repository(owner="octocat", owner_id=583231, name="data-tier", id=456789),
        "environments": ["dev", "prod"],
        "networks": {"prod": [GIVEN]},
        "state": State(bucket="states", project="data-tier", key_arn=KEY),
    }
    return DeliveryArgs(**(given | more))


@pytest.fixture(scope="module")
def made() -> recorder.Recorded:
    with event_loop():
        return recorder.record(lambda: Delivery("delivery", args()))


def statements(made: recorder.Recorded, role: str) -> list[dict[str, Any]]:
    """Everything that is attached to a role, in the order in which it was declared."""
    attached = [each for each in made.resources if each.name.startswith(f"delivery-{role}-")]
    documents = [each.inputs["policy"] for each in attached if "policy" in each.inputs]
    return [statement for each in documents for statement in json.loads(each)["Statement"]]


STATE = [
    Request(action, f"{OBJECTS}/{path}")
    for action in ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")
    for path in (
        "stacks/data-tier/prod.json",
        "backups/data-tier/prod/prod.1.json",
        "history/data-tier/prod/prod-1.history.json",
        "locks/organization/data-tier/prod/1.json",
    )
]
LISTED = [Request(each, "arn:aws:s3:::states") for each in ("s3:GetBucketLocation", "s3:ListBucket")]
READ_STATE = [*LISTED, Request("s3:GetObject", f"{OBJECTS}/stacks/data-tier/prod.json")]
READ_STATE += [Request("kms:Decrypt", KEY)]
READ_DEV = [Request("s3:GetObject", f"{OBJECTS}/stacks/data-tier/dev.json")]
DEPLOYS = [
    *(request for action in sorted(actions("read", "write")) for request in requests(action)),
    *STATE,
    *READ_STATE,
    Request("s3:GetObject", f"{OBJECTS}/meta.yaml"),
    *(Request(each, KEY) for each in ("kms:Encrypt", "kms:GenerateDataKey")),
]
LOOKS = [
    *(
        request
        for action in sorted(actions("read"))
        for prefix in ("clinic-dev", PREFIX)
        for request in requests(action, prefix)
    ),
    *READ_STATE,
    *READ_DEV,
    Request("s3:GetObject", f"{OBJECTS}/meta.yaml"),
    *(
        Request("lambda:InvokeFunction", arn("lambda", "function:{}-bootstrap:check", prefix))
        for prefix in ("clinic-dev", PREFIX)
    ),
]
# S3 opens the objects of a bucket under the same key; the secrets in them stay shut.
BY_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
EXPORTS = [
    *LISTED,
    Request("s3:GetObject", f"{OBJECTS}/meta.yaml"),
    *(Request("s3:GetObject", f"{OBJECTS}/stacks/data-tier/{each}.json") for each in ("dev", "prod")),
    Request("kms:Decrypt", KEY, BY_S3),
]

# What AWS draws an id for may be looked at, whoever's it is: settings, no data.
DRAWN = ("backup-plan", "restore-testing-plan", "db-proxy", "target-group", "auto-backup", "key/")


def reads(action: str) -> bool:
    return action in actions("read")


SG, VPC, ROLE = arn("ec2", "security-group/sg-1"), arn("ec2", "vpc/vpc-1"), arn("iam", "role/{}-bootstrap")
SOME_KEY = arn("kms", "key/1234abcd")
NEVER = [
    # Another's network, and one that would carry another's name.
    *(Request(f"ec2:{each}", VPC, {"ec2:ResourceTag/Name": "billing"}) for each in ("DeleteVpc", "CreateSubnet")),
    Request("ec2:DeleteVpc", VPC),
    Request("ec2:CreateVpc", VPC),
    Request("ec2:CreateVpc", VPC, {"aws:RequestTag/Name": "billing"}),
    Request("ec2:CreateSecurityGroup", SG, {"aws:RequestTag/Name": "clinic-production"}),
    Request("ec2:AuthorizeSecurityGroupIngress", SG),
    Request("ec2:RevokeSecurityGroupIngress", SG, {"ec2:ResourceTag/Name": "billing"}),
    Request("ec2:CreateTags", VPC, {"ec2:ResourceTag/Name": "billing"}),
    Request("ec2:CreateTags", VPC, {"ec2:CreateAction": "RunInstances"}),
    # Keys that are others', whole or in part, and any key's plaintext.
    Request("kms:PutKeyPolicy", SOME_KEY),
    Request("kms:PutKeyPolicy", SOME_KEY, {"kms:ResourceAliases": ["alias/billing"]}),
    Request("kms:PutKeyPolicy", SOME_KEY, {"kms:ResourceAliases": ["alias/billing", f"alias/{PREFIX}-x"]}),
    Request("kms:Decrypt", SOME_KEY),
    Request("kms:Decrypt", SOME_KEY, {"kms:ViaService": f"ssm.{REGION}.amazonaws.com"}),
    Request("kms:CreateGrant", SOME_KEY, {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"}),
    Request("kms:ScheduleKeyDeletion", SOME_KEY, {"kms:ResourceAliases": [f"alias/{PREFIX}-storage"]}),
    Request("kms:PutKeyPolicy", KEY, {"kms:ResourceAliases": ["alias/pulumi"]}),
    # Roles without the boundary, to others, of delivery itself.
    *(Request(f"iam:{each}", ROLE) for each in ("CreateRole", "PutRolePolicy", "AttachRolePolicy")),
    Request("iam:PutRolePolicy", ROLE, {"iam:PermissionsBoundary": BOUNDARY.replace("boundary", "wide")}),
    Request("iam:DeleteRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": BOUNDARY}),
    Request("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    Request("iam:PassRole", DELIVERY, {"iam:PassedToService": "lambda.amazonaws.com"}),
    Request("iam:PutRolePolicy", DELIVERY, {"iam:PermissionsBoundary": BOUNDARY}),
    Request("iam:UpdateAssumeRolePolicy", DELIVERY),
    Request("iam:CreatePolicyVersion", BOUNDARY),
    Request("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/{PREFIX}-x"),
    Request("iam:CreateServiceLinkedRole", ROLE, {"iam:AWSServiceName": "eks.amazonaws.com"}),
    Request(
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
        {"iam:AWSServiceName": "eks.amazonaws.com"},
    ),
    Request("sts:AssumeRole", ROLE),
    # Things of other stacks, of names that begin alike.
    *(each for stack in ("clinic-dev", f"{PREFIX}-eu") for wish in by_deployment(stack).values() for each in wish),
    *(each for wish in undeployed(PREFIX).values() for each in wish),
    # The state of other stacks and projects, and the form of the whole bucket.
    *(
        Request("s3:PutObject", f"{OBJECTS}/{path}")
        for path in (
            "meta.yaml", "stacks/data-tier/dev.json", "stacks/data-tier/prod-eu.json", "stacks/other/prod.json",
            "history/data-tier/prod-eu/x.json",
        )
    ),
    Request("s3:GetObject", f"{OBJECTS}/stacks/data-tier/dev.json"),
    Request("s3:GetObject", "arn:aws:s3:::states/other"),
    Request("s3:DeleteBucket", "arn:aws:s3:::states"),
    Request("s3:GetObject", f"arn:aws:s3:::{PREFIX}-exports/customers.csv"),
]  # fmt: skip
OTHERS = [
    each
    for prefix in ("clinic-dev", "clinic-production", "billing")
    for action in sorted(actions("read", "write") - wide().keys())
    for each in requests(action, prefix)
    if prefix in str(each) and not (reads(action) and each.resource.split(":")[5].startswith(DRAWN))
]


def refused(policies: Sequence[iam.Statement], wanted: Sequence[Request]) -> list[str]:
    return [str(each) for each in wanted if not iam.allowed(policies, each)]


def granted(policies: Sequence[iam.Statement], unwanted: Sequence[Request]) -> list[str]:
    return [str(each) for each in unwanted if iam.allowed(policies, each)]


def test_a_deployment_may_do_what_it_needs(made: recorder.Recorded) -> None:
    assert len(DEPLOYS) > 400
    assert not refused(statements(made, "prod-deploy"), DEPLOYS)


def test_a_deployment_may_do_nothing_to_others(made: recorder.Recorded) -> None:
    assert len(OTHERS) > 600
    assert not granted(statements(made, "prod-deploy"), [*NEVER, *OTHERS])


def test_a_look_reads_every_environment_and_no_more(made: recorder.Recorded) -> None:
    policies = statements(made, "drift")
    assert not refused(policies, LOOKS)
    writes = [each for action in sorted(actions("write") - actions("read")) for each in requests(action)]
    assert not granted(policies, [*writes, *STATE[:4], *STATE[8:], *[each for each in NEVER if each not in READ_DEV]])
    # The runner is asked to look and nothing else: its name without the alias bootstraps (ADR 0016).
    runs = ["function:{}-bootstrap", "function:{}-bootstrap:$LATEST", "function:{}-rotation", "function:{}-x:check"]
    assert not granted(policies, [Request("lambda:InvokeFunction", arn("lambda", each)) for each in runs])


def test_a_pull_request_reads_what_is_deployed_and_opens_no_secret(made: recorder.Recorded) -> None:
    policies = statements(made, "preview")
    assert not refused(policies, EXPORTS)
    never = [each for each in (*LOOKS, *DEPLOYS, *NEVER) if each not in EXPORTS]
    assert not granted(policies, [*never, Request("kms:Decrypt", KEY)])
    for service in ("secretsmanager", "ssm", "rds", "s3-outposts"):
        assert not granted(
            policies, [Request("kms:Decrypt", KEY, {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"})]
        )


@pytest.mark.parametrize(
    ("role", "wanted", "parts"),
    [
        ("prod-deploy", DEPLOYS, ("Action", "Resource", "Condition")),
        ("drift", LOOKS, ("Action",)),  # on the resources of the deployments, which are more than reading needs
        ("preview", EXPORTS, ("Action", "Resource", "Condition")),
    ],
    ids=["deploy", "drift", "preview"],
)
def test_nothing_is_allowed_in_vain(
    made: recorder.Recorded, role: str, wanted: list[Request], parts: tuple[str, ...]
) -> None:
    """Without any one statement, action, resource or value, something that is needed is refused."""
    policies = [each for each in statements(made, role) if each["Effect"] == "Allow"]
    by_action: dict[str, list[Request]] = {}
    for each in wanted:
        by_action.setdefault(each.action, []).append(each)
    vain = []
    for name, changed in iam.less(policies, *parts):
        touched = {action for one in policies if one not in changed for action in iam.many(one["Action"])}
        if not any(refused(changed, by_action.get(action, [])) for action in touched):
            vain.append(name)
    assert not vain


def test_no_condition_can_be_left_out(made: recorder.Recorded) -> None:
    """Without any one of them, something that must never be is allowed."""
    policies = [each for each in statements(made, "prod-deploy") if each["Effect"] == "Allow"]
    changes = list(iam.looser(policies))
    assert len(changes) > 20
    assert not [name for name, changed in changes if not granted(changed, NEVER)]


DATA = [
    Request("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:{}/master-AbCdEf")),
    Request("secretsmanager:BatchGetSecretValue"),
    Request("kms:Decrypt", SOME_KEY),
    Request("kms:ReEncryptFrom", SOME_KEY),
    Request("s3:GetObject", f"arn:aws:s3:::{PREFIX}-exports/customers.csv"),
    Request("s3:GetObjectVersion", "arn:aws:s3:::states/other"),
    Request("ssm:GetParameters", arn("ssm", "parameter/x")),
    Request("logs:GetLogEvents", arn("logs", "log-group:/aws/rds/instance/{}/postgresql")),
    Request("logs:FilterLogEvents", arn("logs", "log-group:/aws/rds/instance/{}/postgresql")),
    Request("logs:StartQuery", arn("logs", "log-group:/aws/rds/instance/{}/postgresql")),
    Request("logs:GetQueryResults"),
    Request("logs:GetLogRecord"),
    Request("rds:DownloadDBLogFilePortion", arn("rds", "db:{}")),
    Request("rds:DownloadCompleteDBLogFile", arn("rds", "db:{}")),
    Request("rds-db:connect", arn("rds-db", "dbuser:db-1/clinic_app")),
    Request("rds-data:ExecuteStatement"),
    Request("elasticache:Connect", arn("elasticache", "user:{}-main-app")),
    Request("lambda:InvokeFunction", arn("lambda", "function:{}-bootstrap")),
    Request("dynamodb:GetItem"),
    Request("dynamodb:Query"),
    Request("dynamodb:Scan"),
]
GIVEN_ALL = {"Sid": "AdministratorAccess", "Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(("role", "needed"), [("drift", LOOKS), ("preview", EXPORTS)])
def test_who_looks_reads_no_data_whatever_he_is_given(
    made: recorder.Recorded, role: str, needed: list[Request]
) -> None:
    policies = [*statements(made, role), GIVEN_ALL]
    assert not granted(policies, DATA)
    assert not refused(policies, needed)


@pytest.mark.parametrize(("role", "data"), [("drift", DATA), ("preview", [*DATA, Request("kms:Decrypt", KEY)])])
def test_no_denial_can_be_left_out(made: recorder.Recorded, role: str, data: list[Request]) -> None:
    policies = [*statements(made, role), GIVEN_ALL]
    changes = [(name, changed) for name, changed in iam.less(policies, "Action") if name.startswith("No")]
    changes = [each for each in changes if not each[0].startswith("NotNarrowed")]
    assert len(changes) > 20
    assert not [name for name, changed in changes if not granted(changed, data)]


@pytest.mark.parametrize("role", ["drift", "preview"])
def test_without_a_key_of_the_state_nothing_is_decrypted(record: Record, role: str) -> None:
    state = State(bucket="states", project="data-tier")
    policies = statements(record(lambda: Delivery("delivery", args(state=state))), role)
    assert not granted([*policies, GIVEN_ALL], [*DATA, Request("kms:Decrypt", KEY)])


def test_what_is_made(made: recorder.Recorded) -> None:
    parts = ("engines", "network", "operations", "passing", "roles", "secrets")
    deploys = ("dev-deploy", "prod-deploy")
    attached = [f"delivery-{role}-{part}" for role in (*deploys, "drift") for part in parts]
    attached.remove("delivery-drift-passing")  # who only reads passes no role
    roles = [f"delivery-{role}" for role in (*deploys, "drift", "preview")]
    bounds = [f"delivery-{env}-boundary" for env in ("dev", "prod")]
    assert made.listing == sorted(
        [
            ("Delivery", "delivery", ""),
            ("OpenIdConnectProvider", "delivery-github", "delivery"),
            *(("Policy", f"{name}-policy", "delivery") for name in (*attached, *bounds)),
            *(("Role", name, "delivery") for name in roles),
            *(("RolePolicy", f"{name}-state", "delivery") for name in roles),
            *(("RolePolicyAttachment", name, "delivery") for name in attached),
        ]
    )
    provider = made["delivery-github"]
    assert provider.inputs == {
        "clientIdLists": ["sts.amazonaws.com"],
        "tags": {},
        "url": "https://token.actions.githubusercontent.com",
    }
    assert provider.retain_on_delete
    hours = {each.inputs["name"]: each.inputs["maxSessionDuration"] // 3600 for each in made.of("Role").values()}
    assert hours == {"clinic-dev-deploy": 4, "clinic-prod-deploy": 4, "clinic-drift": 1, "clinic-preview": 1}
    outside = [*made.of("Role").values(), *made.of("Policy").values()]
    assert {each.inputs["path"] for each in outside} == {"/delivery/"}


def test_each_policy_is_attached_to_its_role(made: recorder.Recorded) -> None:
    for name, each in made.of("RolePolicyAttachment").items():
        assert each.inputs["policyArn"] == f"arn:{name}-policy"
        assert each.inputs["role"] == made[name.rpartition("-")[0]].inputs["name"]


def test_the_inline_policies_fit(made: recorder.Recorded) -> None:
    sizes = {name: len("".join(each.inputs["policy"].split())) for name, each in made.of("RolePolicy").items()}
    assert max(sizes.values()) < INLINE_POLICIES_CHARACTERS


def test_a_provider_that_is_there_is_used(record: Record) -> None:
    given = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    made = record(lambda: Delivery("delivery", args(provider_arn=given)))
    assert not made.of("OpenIdConnectProvider")
    assert given in made["delivery-preview"].inputs["assumeRolePolicy"]
