"""What was there before a stack: what its deployments and its roles may do to it, and to nothing beside it."""

from __future__ import annotations

import json
from dataclasses import replace
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
from knowledge.iam.actions import MANAGED_POLICY_CHARACTERS, too_long

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


# A primary with two replicas, a cache with users and one with a token.
TIER = ExistingResources(
    own=[
        *(f"arn:aws:rds:*:{ACCOUNT}:db:{each}" for each in ("orders", "orders-standby", "orders-reports")),
        *(
            f"arn:aws:elasticache:*:{ACCOUNT}:{kind}"
            for each in ("orders-cache", "orders-queue")
            for kind in (f"replicationgroup:{each}", f"cluster:{each}-*")
        ),
    ],
    used=[f"arn:aws:elasticache:*:{ACCOUNT}:usergroup:orders", KEY, SECRET, SECRET.replace("master", "queue")],
)
OTHER_KEY = f"{KEY[:-1]}9"
OPENS = {
    "kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com",
    "kms:ResourceAliases": ["alias/aws/secretsmanager"],
}


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
        # Whichever key a secret is under, through Secrets Manager; and users of others, by name.
        *asks("kms:Decrypt GenerateDataKey", OTHER_KEY, OPENS),
        *asks("elasticache:DescribeUsers ModifyUserGroup", arn("elasticache", "user:billing"), {}),
    ]
    assert allowed(limits, asked) == words(asked)
    assert allowed(without, asked) == set()
    another = asks("kms:Decrypt", OTHER_KEY, OPENS | {"kms:ViaService": f"s3.{REGION}.amazonaws.com"})
    another += asks("secretsmanager:GetSecretValue", f"{SECRET}x", {})
    users = asks("elasticache:ModifyUser DeleteUser", arn("elasticache", "user:billing"), {})
    assert allowed(limits, [*another, *users]) == set()
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
    assert too_long(untitled(boundary("shop-live", ACCOUNT, "aws", ["vpc-0123456789abcdef0"], TIER))) is None
    with pytest.raises(
        ValueError, match=r"the boundary of live would have 6,[0-9]{3} characters, and IAM takes 6,144: what"
    ):
        made(existing={"live": replace(given, used=[*given.used, *(f"{SECRET}{number}" for number in range(9))])})
