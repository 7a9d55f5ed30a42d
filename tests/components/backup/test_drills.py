"""The task of the drills: what is made, what starts it, what it may, and that nothing secret is in it."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.backup.drills import Drills, DrillsArgs
from keep.drill import deletion, lost_cache, lost_primary, snapshot
from keep.drill.books import FOLDER
from keep.estate.naming import copy_name
from knowledge.backups import drills

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/copies:1.2"
ROOT = Path(__file__).parents[3]
TAGGED = {"StringEquals": {"aws:ResourceTag/data-tier:stack": "shop-live"}}


def args(**more: Any) -> DrillsArgs:
    base: dict[str, Any] = {
        "prefix": "shop-live",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "image": IMAGE,
        "cron": "cron(30 5 ? * MON *)",
        "instance": "shop-live",
        "bucket": "shop-copies",
        "folder": "backups/drills/",
        "key_arn": "arn:storage",
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "database_security_group_id": "sg-database",
        "cache_security_group_id": "sg-cache",
        "endpoint_security_group_id": "sg-endpoints",
        "image_prefix_list_id": "pl-1",
        "manifest": '{"stack": "live"}',
        "secret_arns": ["arn:master", "arn:app"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return DrillsArgs(**base | more)


def may(record: Any, **more: Any) -> dict[str, Any]:
    policy = record(lambda: Drills("drills", args(**more)))["drills-policy"].inputs["policy"]
    return {each.pop("Sid"): each for each in json.loads(policy)["Statement"]}


def test_what_is_made(record: Any) -> None:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        Drills("drills", args(), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    seen = record(program)
    assert seen.listing == [
        ("Cluster", "drills-cluster", "drills"),
        ("Drills", "drills", ""),
        ("EventRule", "drills-schedule", "drills"),
        ("EventTarget", "drills-target", "drills"),
        ("LogGroup", "drills-logs", "drills"),
        ("Role", "drills-role", "drills"),
        ("Role", "drills-run-role", "drills"),
        ("RolePolicy", "drills-policy", "drills"),
        ("RolePolicy", "drills-run-policy", "drills"),
        ("Secret", "drills-manifest", "drills"),
        ("SecretVersion", "drills-manifest-content", "drills"),
        ("SecurityGroup", "drills-group", "drills"),
        *(("SecurityGroupEgressRule", f"drills-to-{each}", "drills") for each in ("cache", "database", "endpoints")),
        ("SecurityGroupEgressRule", "drills-to-images", "drills"),
        *(("SecurityGroupIngressRule", f"drills-into-{each}", "drills") for each in ("cache", "database", "endpoints")),
        ("TaskDefinition", "drills-task", "drills"),
        ("Topic", "bootstrapped", ""),
    ]
    rule = seen["drills-schedule"]
    assert (rule.inputs["name"], rule.inputs["scheduleExpression"]) == ("shop-live-drills", "cron(30 5 ? * MON *)")
    assert rule.waits_for >= {"bootstrapped", "drills-policy"}
    target = seen["drills-target"].inputs
    assert (target["rule"], target["arn"], target["roleArn"]) == (
        "shop-live-drills",
        "arn:drills-cluster",
        "arn:drills-run-role",
    )
    assert target["ecsTarget"]["taskDefinitionArn"] == "arn:drills-task"
    assert target["ecsTarget"]["networkConfiguration"]["assignPublicIp"] is False


def test_the_task_runs_the_drills_in_turn_and_has_nothing_secret(record: Any) -> None:
    task = record(lambda: Drills("drills", args(run=["redis", "pitr"])))["drills-task"].inputs
    (container,) = json.loads(task["containerDefinitions"])
    assert container["command"] == ["drill", "run", "redis", "pitr", "--manifest", "arn:drills-manifest", "--yes"]
    assert container["environment"] == [
        {"name": "DATATIER_MANIFEST_VERSION", "value": "version-drills-manifest-content"}
    ]
    assert (container["readonlyRootFilesystem"], container["user"]) == (True, "65532:65532")
    assert container["mountPoints"] == [{"sourceVolume": "scratch", "containerPath": "/tmp"}]
    assert (task["executionRoleArn"], task["taskRoleArn"]) == ("arn:drills-role", "arn:drills-role")


def test_it_makes_and_removes_copies_and_nothing_else(record: Any) -> None:
    found = may(record)
    rds, cache = "arn:aws:rds:eu-west-1:123456789012", "arn:aws:elasticache:eu-west-1:123456789012"
    copies = [f"{rds}:db:shop-live-drill-*", f"{rds}:snapshot:shop-live-drill-*"]
    assert found["InstancesChanged"] == {
        "Effect": "Allow",
        "Action": ["rds:DeleteDBInstance", "rds:DeleteDBSnapshot"],
        "Resource": copies,
        "Condition": TAGGED,
    }
    assert found["CachesChanged"] == {
        "Effect": "Allow",
        "Action": ["elasticache:DeleteReplicationGroup", "elasticache:DeleteSnapshot"],
        "Resource": [f"{cache}:replicationgroup:shop-live-drill-*", f"{cache}:snapshot:shop-live-drill-*"],
        "Condition": TAGGED,
    }
    assert found["InstancesMade"] == {
        "Effect": "Allow",
        "Action": ["rds:RestoreDBInstanceToPointInTime"],
        "Resource": [
            *copies,
            *(f"{rds}:{each}" for each in ("db:shop-live", "subgrp:shop-live", "subgrp:shop-live-*")),
            *(f"{rds}:{each}" for each in ("pg:shop-live-*", "og:default:*")),
        ],
    }
    assert found["InstancesMarked"]["Condition"] == {"StringEquals": {"aws:RequestTag/data-tier:stack": "shop-live"}}
    assert found["GrantedKey"] == {
        "Effect": "Allow",
        "Action": ["kms:CreateGrant", "kms:DescribeKey"],
        "Resource": "arn:storage",
        "Condition": {
            "StringEquals": {"kms:ViaService": ["rds.eu-west-1.amazonaws.com", "elasticache.eu-west-1.amazonaws.com"]}
        },
    }
    assert found["Copies"]["Resource"] == "arn:aws:s3:::shop-copies/backups/drills/*"
    assert found["Secrets"]["Resource"] == ["arn:drills-manifest", "arn:master", "arn:app"]
    anywhere = {action for each in found.values() if each["Resource"] == "*" for action in each["Action"]}
    assert not [each for each in anywhere if ":Describe" not in each and each != "ecr:GetAuthorizationToken"]


@pytest.mark.parametrize(
    ("run", "more"),
    [
        (["pitr"], {"rds:RestoreDBInstanceToPointInTime"}),
        (["snapshot"], {"rds:CreateDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot"}),
        (
            ["primary"],
            {"rds:CreateDBInstanceReadReplica", "rds:PromoteReadReplica", "rds:RestoreDBInstanceToPointInTime"},
        ),
        (["redis"], {"elasticache:AddTagsToResource", "elasticache:CreateReplicationGroup",
                     "elasticache:CreateSnapshot", "elasticache:Connect"}),
    ],
)  # fmt: skip
def test_each_drill_brings_its_own_rights_alone(record: Any, run: list[str], more: set[str]) -> None:
    services = ("rds:", "elasticache:")
    found = {a for each in may(record, run=run).values() for a in each["Action"] if a.startswith(services)}
    reads = {each for each in found if ":Describe" in each or ":List" in each}
    always = {
        *("rds:DeleteDBInstance", "rds:DeleteDBSnapshot"),
        *("elasticache:DeleteReplicationGroup", "elasticache:DeleteSnapshot"),
    }
    marks = {"rds:AddTagsToResource"} if run != ["redis"] else set()
    assert found - reads == always | more | marks


def test_a_copy_is_entered_by_token_only_where_somebody_does(record: Any) -> None:
    assert "CopiesEntered" not in may(record)
    found = may(record, logins=["boss", "shop_app"])["CopiesEntered"]
    arn = "arn:aws:rds-db:eu-west-1:123456789012:dbuser"
    assert (found["Resource"], found["Condition"]) == ([f"{arn}:*/boss", f"{arn}:*/shop_app"], TAGGED)


NOT_BY_A_DRILL = {"CopySnapshot"}  # what `backup create` exports
SAID = {"Db": "DB"}


def asked(path: str, client: str) -> set[str]:
    """Actions that a file calls of a client of boto3."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute):
            continue
        if node.value.attr == client and node.attr not in ("exceptions", "get_paginator", "meta"):
            found.add(node.attr)
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get_paginator":
            found.add(ast.literal_eval(node.args[0]))
    return {"".join(SAID.get(each, each) for each in word.title().split("_")) for word in found}


def test_the_table_of_rights_is_what_drills_call() -> None:
    rds = {*drills.INSTANCES_READ}
    for table in (drills.INSTANCES_MADE, drills.INSTANCES_CHANGED):
        rds |= {action for each in table.values() for action in each}
    assert asked("keep/estate/aws_instances.py", "_rds") == rds
    caches = {*drills.CACHES_READ, *drills.CACHES_TOLD, *drills.CACHES_MADE, *drills.CACHES_CHANGED}
    # Tags come with what is made.
    assert asked("keep/estate/aws_caches.py", "_elasticache") - NOT_BY_A_DRILL == caches - {"AddTagsToResource"}


def test_names_of_copies_have_room_for_the_prefix() -> None:
    parts = [deletion.USED, deletion.COPY, lost_cache._PART, snapshot._PART]
    parts += [lost_primary.OLD, lost_primary.REPLICA, lost_primary.AGAIN]
    assert f"{FOLDER}/" == drills.FOLDER
    longest, longer = "x" * drills.LONGEST_PREFIX, "x" * (drills.LONGEST_PREFIX + 1)
    assert all(copy_name(longest, "0a1b2c", each).startswith(f"{longest}-drill-") for each in parts)
    assert not all(copy_name(longer, "0a1b2c", each).startswith(f"{longer}-drill-") for each in parts)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"run": ["region"]}, "run has 'region'; one of pitr, snapshot, deletion, primary, redis runs by itself"),
        ({"folder": "drills"}, "folder 'drills' has no slash"),
        ({"prefix": "a" * 19}, "prefix 'a+' has 19 characters"),
        ({"cpu": 300}, "cpu is 300"),
    ],
)
def test_what_would_be_refused_is_refused_at_once(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**given)
