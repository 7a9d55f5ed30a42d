"""The program of the delivery roles, run as the engine runs it, and its roles made in an AWS that checks policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from delivery.existing import declared
from delivery.program import program
from delivery.settings import load
from graph.cloud import Made
from graph.deployment import Deployment
from graph.offline import ACCOUNT, Offline
from graph.resource import Resource
from infra.settings.problems import SettingsError
from infra.settings.stackfile import read_stack, stacks
from reference import examples
from runtime.monitor import run_program

FOLDER = Path(__file__).parents[2] / "delivery"
OIDC = "token.actions.githubusercontent.com"
ENVIRONMENTS = ("dev", "staging", "prod")


def run(cloud: Offline | None = None, **more: Any) -> Deployment:
    config = read_stack(FOLDER, "delivery") | {"data-tier-delivery:name": "clinic"}
    config |= {f"data-tier-delivery:{key}": value for key, value in more.items()}
    return run_program("delivery", program, cloud or Offline("eu-west-1"), config)


def test_the_project_is_one_that_pulumi_runs() -> None:
    project = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["name"] == "data-tier-delivery"
    assert (FOLDER / project["runtime"]["options"]["virtualenv"]).resolve() == FOLDER.parent / ".venv"
    assert stacks(FOLDER) == ["delivery"]
    assert read_stack(FOLDER, "delivery")["data-tier-delivery:environments"] == list(ENVIRONMENTS)


def test_the_name_is_that_of_the_stacks_unless_another_is_said() -> None:
    given = {k: v for k, v in read_stack(FOLDER, "delivery").items() if k.startswith("data-tier-delivery:")}
    stacks_say = {"data-tier:name": "shop"}
    assert load(given, source="test", project=stacks_say).name == "shop"
    assert load(given | {"data-tier-delivery:name": "desk"}, source="test", project=stacks_say).name == "desk"
    with pytest.raises(SettingsError, match="data-tier-delivery:name"):
        load(given, source="test", project={})


def test_what_it_exports() -> None:
    role, policy = f"arn:aws:iam::{ACCOUNT}:role/delivery", f"arn:aws:iam::{ACCOUNT}:policy/delivery"
    assert run().outputs == {
        "boundaries": {each: f"{policy}/clinic-{each}-boundary" for each in ENVIRONMENTS},
        "deploy_roles": {each: f"{role}/clinic-{each}-deploy" for each in ENVIRONMENTS},
        "drift_role": f"{role}/clinic-drift",
        "preview_role": f"{role}/clinic-preview",
        "provider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{OIDC}",
    }


def test_the_boundary_that_it_makes_is_the_one_that_it_asks_for() -> None:
    """What a deployment must give its roles is what the output says."""
    found = run()
    for environment in ENVIRONMENTS:
        text = next(each for each in found.resources if each.name == f"delivery-{environment}-deploy-roles-policy")
        bounded = {s["Sid"]: s for s in json.loads(text.inputs["policy"])["Statement"]}["RolesBounded"]
        assert bounded["Condition"] == {
            "StringEquals": {"iam:PermissionsBoundary": [found.outputs["boundaries"][environment]]}
        }


def test_no_resource_but_identity() -> None:
    kinds = {each.type.split("/")[0] for each in run().resources if each.type.startswith("aws:")}
    assert kinds == {"aws:iam"}


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"repository": {"owner": "o"}}, ["name: is required.", "owner_id: is required.", "id: is required."]),
        (
            {"state": {"bucket": "b", "kye": "k"}},
            ["data-tier-delivery:state.kye: unknown key. Did you mean `key`?"],
        ),
        ({"branches": "x"}, ["data-tier-delivery:branches: unknown key. Did you mean `branch`?"]),
        ({"session_hours": 13}, ["data-tier-delivery:session_hours: "]),
        ({"environments": ["prod", "prod-eu"]}, ["data-tier-delivery:environments: what prod may do"]),
        ({"environments": []}, ["data-tier-delivery:environments: environments is empty"]),
        ({"networks": {"prod": "vpc-1"}}, ["data-tier-delivery:networks.prod: "]),
        ({"networks": {"production": ["vpc-1"]}}, ["data-tier-delivery:networks: networks names production"]),
        ({"networks": {"prod": ["subnet-1"]}}, ["data-tier-delivery:networks: networks.prod has 'subnet-1'"]),
        (
            {"repository": {"owner": "o*", "owner_id": 1, "name": "n", "id": 2}},
            ["data-tier-delivery:repository: repository.owner is 'o*'"],
        ),
        ({"cluster": {"provider": "x"}}, ["data-tier-delivery:cluster: cluster.provider is 'x'"]),
        ({"cluster": {"providers": "x"}}, ["data-tier-delivery:cluster.providers: unknown key. Did you mean"]),
        ({"state": {"bucket": "b", "key": "alias/x"}}, ["data-tier-delivery:state.key: state.key is 'alias/x'"]),
    ],
)
def test_settings_that_are_refused(given: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(SettingsError) as raised:
        run(**given)
    assert str(raised.value).startswith("delivery/Pulumi.delivery.yaml has ")
    assert all(problem in str(raised.value) for problem in problems)


class Account(Offline):
    """Makes the roles in moto's IAM, which refuses documents that IAM refuses."""

    def __init__(self) -> None:
        super().__init__("eu-west-1")
        self.iam: Any = boto3.client("iam", region_name="us-east-1")

    def ensure(self, resource: Resource) -> Made:
        inputs = resource.inputs
        match resource.type.rpartition(":")[2]:
            case "OpenIdConnectProvider":
                self.iam.create_open_id_connect_provider(Url=inputs["url"], ClientIDList=inputs["clientIdLists"])
            case "Policy":
                self.iam.create_policy(
                    PolicyName=inputs["name"],
                    Path=inputs["path"],
                    PolicyDocument=inputs["policy"],
                    Description=inputs["description"],
                )
            case "Role":
                self.iam.create_role(
                    RoleName=inputs["name"],
                    Path=inputs["path"],
                    AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
                    MaxSessionDuration=inputs["maxSessionDuration"],
                    Description=inputs["description"],
                )
            case "RolePolicy":
                self.iam.put_role_policy(
                    RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
                )
            case "RolePolicyAttachment":
                self.iam.attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
            case other:
                raise AssertionError(other)
        return super().ensure(resource)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    with mock_aws():
        yield Account()


def test_the_account_takes_it(account: Account) -> None:
    outputs = run(account).outputs
    others = ((each, outputs[f"{each}_role"]) for each in ("drift", "preview"))
    for name, arn in (*outputs["deploy_roles"].items(), *others):
        role = arn.rpartition("/")[2]
        assert account.iam.get_role(RoleName=role)["Role"]["Arn"] == arn
        attached = account.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        parts = ["engines", "network", "operations", "passing", "roles", "secrets"]
        own = [each for each in parts if each != "passing" or name != "drift"]  # who only reads passes no role
        expected = [f"{role}-{part}" for part in own if name != "preview"]
        assert sorted(each["PolicyName"] for each in attached) == expected
        assert account.iam.list_role_policies(RoleName=role)["PolicyNames"] == ["state"]
    provider = account.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=outputs["provider"])
    assert (provider["Url"], provider["ClientIDList"]) == (OIDC, ["sts.amazonaws.com"])


def test_what_was_there_before_a_stack_is_in_its_file() -> None:
    found = declared(examples.FOLDER, ["adopted", "nowhere", "isolated"], ACCOUNT, "aws")
    key = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-00000000000"
    secrets = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders"
    assert {name: (list(each.own), list(each.used)) for name, each in found.items()} == {
        "adopted": (
            [
                f"arn:aws:rds:*:{ACCOUNT}:db:orders",
                f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/rds/instance/orders/*",
                f"arn:aws:rds:*:{ACCOUNT}:pg:orders-pg16",
                f"arn:aws:rds:*:{ACCOUNT}:db:orders-reports",
                f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/rds/instance/orders-reports/*",
                f"arn:aws:elasticache:*:{ACCOUNT}:replicationgroup:orders-cache",
                f"arn:aws:elasticache:*:{ACCOUNT}:cluster:orders-cache-*",
                f"arn:aws:elasticache:*:{ACCOUNT}:parametergroup:orders-redis7",
                f"arn:aws:elasticache:*:{ACCOUNT}:replicationgroup:orders-queue",
                f"arn:aws:elasticache:*:{ACCOUNT}:cluster:orders-queue-*",
            ],
            [
                f"arn:aws:rds:*:{ACCOUNT}:subgrp:default-vpc-0a1b2c3d",
                f"arn:aws:rds:*:{ACCOUNT}:pg:default.postgres16",
                f"arn:aws:elasticache:*:{ACCOUNT}:subnetgroup:orders-cache",
                f"arn:aws:elasticache:*:{ACCOUNT}:usergroup:orders",
                f"{secrets}/master-AbCdEf",
                f"{key}2",
                f"{secrets}/queue-AbCdEf",
                f"{key}1",
            ],
        )
    }
