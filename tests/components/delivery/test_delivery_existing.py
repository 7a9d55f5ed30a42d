"""What was there before a stack: what its deployments and its roles may do to it, and to nothing beside it."""

from __future__ import annotations

import json
from typing import Any

import iam_policies as iam
import pytest
import recorder
from iam_policies import Request
from iam_requests import ACCOUNT, REGION, arn
from iam_walls import asks

from components.delivery.args import DeliveryArgs
from components.delivery.boundary import boundary, untitled
from components.delivery.existing import ExistingResources
from components.delivery.github import Repository
from components.delivery.roles import Delivery
from components.delivery.state import State
from knowledge.iam.actions import MANAGED_POLICY_CHARACTERS

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000001"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders/master-AbCdEf"
BEFORE = ExistingResources(
    own=[
        f"arn:aws:rds:*:{ACCOUNT}:db:orders",
        f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/rds/instance/orders/*",
        f"arn:aws:rds:*:{ACCOUNT}:pg:orders-pg16",
        f"arn:aws:elasticache:*:{ACCOUNT}:replicationgroup:orders-cache",
    ],
    used=[
        f"arn:aws:rds:*:{ACCOUNT}:subgrp:everyones",
        f"arn:aws:rds:*:{ACCOUNT}:pg:shared-pg16",
        f"arn:aws:elasticache:*:{ACCOUNT}:usergroup:orders",
        KEY,
        SECRET,
    ],
)
THROUGH_RDS = {"kms:ViaService": f"rds.{REGION}.amazonaws.com", "kms:ResourceAliases": ["alias/orders"]}


def made(**more: Any) -> recorder.Recorded:
    given = DeliveryArgs(
        name="shop",
        account_id=ACCOUNT,
        repository=Repository(owner="octocat", owner_id=583231, name="data-tier", id=456789),
        environments=["live", "test"],
        state=State(bucket="states", project="data-tier"),
        **more,
    )
    return recorder.record(lambda: Delivery("delivery", given))


def statements(role: str, **more: Any) -> list[dict[str, Any]]:
    found = [each for each in made(**more).resources if each.name.startswith(f"delivery-{role}-")]
    return [one for each in found if "policy" in each.inputs for one in json.loads(each.inputs["policy"])["Statement"]]


def allowed(policies: list[dict[str, Any]], asked: list[Request]) -> set[str]:
    return {str(each) for each in asked if iam.allowed(policies, each)}


def words(asked: list[Request]) -> set[str]:
    return {str(each) for each in asked}


OWN = [
    *asks("rds:ModifyDBInstance DeleteDBInstance CreateDBInstanceReadReplica", arn("rds", "db:orders"), {}),
    *asks("rds:ModifyDBParameterGroup DeleteDBParameterGroup", arn("rds", "pg:orders-pg16"), {}),
    *asks("logs:PutRetentionPolicy", arn("logs", "log-group:/aws/rds/instance/orders/postgresql"), {}),
    *asks("elasticache:ModifyReplicationGroup", arn("elasticache", "replicationgroup:orders-cache"), {}),
]
USED = [
    *asks("rds:ModifyDBInstance CreateDBInstanceReadReplica", arn("rds", "subgrp:everyones"), {}),
    *asks("rds:ModifyDBInstance", arn("rds", "pg:shared-pg16"), {}),
    *asks("elasticache:ModifyReplicationGroup", arn("elasticache", "usergroup:orders"), {}),
    *asks("kms:CreateGrant Decrypt", KEY, THROUGH_RDS),
]
NEVER = [
    *asks("rds:ModifyDBSubnetGroup DeleteDBSubnetGroup", arn("rds", "subgrp:everyones"), {}),
    *asks("rds:ModifyDBParameterGroup DeleteDBParameterGroup", arn("rds", "pg:shared-pg16"), {}),
    *asks("elasticache:DeleteUserGroup", arn("elasticache", "usergroup:orders"), {}),
    *asks("secretsmanager:DeleteSecret PutSecretValue", SECRET, {}),
    *asks("kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/orders"]}),
    *asks("kms:ScheduleKeyDeletion PutKeyPolicy", KEY, THROUGH_RDS),
    *asks("rds:ModifyDBInstance", arn("rds", "db:orders-other"), {}),
]


def test_a_deployment_changes_what_is_the_stack_s_now_and_uses_the_rest() -> None:
    deploys = statements("live-deploy", existing={"live": BEFORE})
    assert allowed(deploys, OWN) == words(OWN)
    assert allowed(deploys, USED) == words(USED)
    assert allowed(deploys, NEVER) == set()


@pytest.mark.parametrize(("role", "more"), [("test-deploy", {"existing": {"live": BEFORE}}), ("live-deploy", {})])
def test_nobody_else_does(role: str, more: dict[str, Any]) -> None:
    assert allowed(statements(role, **more), [*OWN, *USED]) == set()


def test_whoever_looks_for_drift_reads_it() -> None:
    looks = statements("drift", existing={"live": BEFORE})
    reads = [
        *asks("rds:DescribeDBInstances ListTagsForResource", arn("rds", "db:orders"), {}),
        *asks("rds:DescribeDBParameters", arn("rds", "pg:orders-pg16"), {}),
        *asks("elasticache:DescribeReplicationGroups", arn("elasticache", "replicationgroup:orders-cache"), {}),
    ]
    assert allowed(looks, reads) == words(reads)
    assert allowed(looks, OWN) == set()


def test_a_role_of_the_stack_reaches_it_within_the_boundary() -> None:
    limits, without = boundary("shop-live", ACCOUNT, "aws", (), BEFORE), boundary("shop-live", ACCOUNT, "aws")
    asked = [
        *asks("rds:CreateDBSnapshot", arn("rds", "db:orders"), {}),
        *asks("secretsmanager:GetSecretValue", SECRET, {}),
        *asks("elasticache:ModifyUserGroup", arn("elasticache", "usergroup:orders"), {}),
        *asks("elasticache:Connect", arn("elasticache", "replicationgroup:orders-cache"), {}),
        *asks("kms:Decrypt", KEY, {**THROUGH_RDS, "kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}),
    ]
    assert allowed(limits, asked) == words(asked)
    assert allowed(without, asked) == set()
    assert allowed(limits, NEVER[:-1]) == {str(Request("secretsmanager:PutSecretValue", SECRET, {}))}


def test_they_are_policies_that_iam_takes() -> None:
    """With a primary, two replicas, three caches and everything that they can have, under long names."""
    names = [f"the-orders-of-the-whole-company-{each}" for each in range(3)]
    own = [f"arn:aws-us-gov:rds:*:{ACCOUNT}:{kind}:{each}" for kind in ("db", "pg") for each in names]
    own += [f"arn:aws-us-gov:logs:*:{ACCOUNT}:log-group:/aws/rds/instance/{each}/*" for each in names]
    caches = ("replicationgroup", "cluster", "parametergroup")
    own += [f"arn:aws-us-gov:elasticache:*:{ACCOUNT}:{kind}:{each}" for kind in caches for each in names]
    used = [f"arn:aws-us-gov:rds:*:{ACCOUNT}:subgrp:{each}" for each in names]
    used += [f"arn:aws-us-gov:elasticache:*:{ACCOUNT}:subnetgroup:{each}" for each in names]
    given = ExistingResources(own=own, used=[*used, KEY, KEY[:-1] + "2"])
    sizes = {
        each.name: len(each.inputs["policy"])
        for each in made(existing={"live": given}).resources
        if "existing" in each.name and "policy" in each.inputs
    }
    assert set(sizes) == {"delivery-live-deploy-existing-policy", "delivery-drift-existing-policy"}
    assert max(sizes.values()) < MANAGED_POLICY_CHARACTERS
    document = {"Version": "2012-10-17", "Statement": untitled(boundary("shop-live", ACCOUNT, "aws", (), BEFORE))}
    assert len(json.dumps(document, separators=(",", ":"))) < MANAGED_POLICY_CHARACTERS
