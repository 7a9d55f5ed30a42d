"""The bootstrap runner: what it may, where it runs, and when it runs again."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bootstrap.request import ALIAS, VARIABLE, digest
from components.functions.runner import CHECK, Runner, RunnerArgs
from components.policy import allow

ROOT = Path(__file__).parents[3]
INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
ACTIONS = {
    "Secrets": [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ],
    # Secrets Manager reads and writes under the key in the caller's name.
    "SecretsKey": ["kms:Decrypt", "kms:GenerateDataKey"],
    "CacheUsers": [
        "elasticache:CreateUser",
        "elasticache:DeleteUser",
        "elasticache:DescribeUsers",
        "elasticache:ModifyUser",
    ],
    "CacheGroups": ["elasticache:DescribeUserGroups", "elasticache:ModifyUserGroup"],
    "Logs": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Network": INTERFACES,
    "NetworkFromCode": INTERFACES,
}
# Where identities log in by IAM token, and nowhere else.
CONNECT = {"ConnectDatabase": ["rds-db:connect"], "ConnectCaches": ["elasticache:Connect"]}
# Where a cache has an AUTH token in place of users.
TOKENS = {"CacheTokens": ["elasticache:DescribeReplicationGroups", "elasticache:ModifyReplicationGroup"]}
# For identities that are taken out of the declaration, and for rotation.
NOT_YET_CALLED = {"elasticache:DeleteUser", "secretsmanager:ListSecretVersionIds"}


def args(**more: Any) -> RunnerArgs:
    base: dict[str, Any] = {
        "prefix": "crm-dev",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "code": pulumi.AssetArchive({"a.py": pulumi.StringAsset("")}),
        "manifest": '{"stack": "dev"}',
        "trigger": "abc",
        "subnet_ids": ["subnet-1"],
        "security_group_ids": ["sg-1"],
        "secret_arns": ["arn:secret-1", "arn:secret-2"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return RunnerArgs(**base | more)


def test_the_runner(record: Any) -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        Runner("run", args(), pulumi.ResourceOptions(depends_on=[first]))

    seen = record(program)
    assert seen.listing == [
        ("Alias", "run-check", "run"),
        ("Function", "run-function", "run"),
        ("Invocation", "run-run", "run"),
        ("LogGroup", "run-logs", "run"),
        ("Role", "run-role", "run"),
        ("RolePolicy", "run-policy", "run"),
        ("Runner", "run", ""),
        ("Topic", "first", ""),
    ]
    function = seen["run-function"].inputs
    function.pop("code")
    assert function == {
        "architectures": ["arm64"],
        "description": "Schema, roles, users and checks of the data tier",
        "environment": {"variables": {"DATATIER_MANIFEST_SHA256": digest({"stack": "dev"})}},
        "handler": "bootstrap.handler.handler",
        "loggingConfig": {"logFormat": "JSON", "logGroup": "/aws/lambda/crm-dev-bootstrap"},
        "memorySize": 512,
        "name": "crm-dev-bootstrap",
        "role": "arn:run-role",
        "runtime": "python3.13",
        "timeout": 900,
        "vpcConfig": {"securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1"]},
    }
    assert "run-policy" in seen["run-function"].waits_for
    # What a role for reading may invoke; it follows the code, so that there is no version to publish.
    assert seen["run-check"].inputs == {
        "description": "Looks at schema and access, and changes nothing",
        "functionName": "crm-dev-bootstrap",
        "functionVersion": "$LATEST",
        "name": ALIAS,
    }
    run = seen["run-run"]
    assert run.inputs == {
        "functionName": "crm-dev-bootstrap",
        "input": '{"stack": "dev"}',
        "triggers": {"hash": "abc"},
    }
    # It waits for what the component was told to wait for, and for its own permissions.
    assert run.waits_for >= {"first", "run-policy", "run-function"}


@pytest.mark.parametrize("reserved", [None, 1, 5])
def test_runs_are_reserved_where_somebody_wants_it(record: Any, reserved: int | None) -> None:
    seen = record(lambda: Runner("run", args(prefix="shop-live", reserved_concurrency=reserved)))
    assert seen["run-function"].inputs.get("reservedConcurrentExecutions") == reserved


def test_the_function_and_its_code_agree(record: Any) -> None:
    """Components know nothing of the bootstrap: what both must compute or call the same is held together here."""
    assert CHECK == ALIAS
    for manifest in ('{"b": [1, "é"], "a": {"x": null}}', '{ "a": {"x": null},\n "b": [1, "\\u00e9"] }'):
        seen = record(lambda text=manifest: Runner("run", args(manifest=text)))["run-function"]
        assert seen.inputs["environment"]["variables"] == {VARIABLE: digest({"a": {"x": None}, "b": [1, "é"]})}


def test_least_privilege(record: Any) -> None:
    policy = record(lambda: Runner("run", args()))["run-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    arn = "arn:aws:elasticache:eu-west-1:123456789012"
    assert {sid: statement["Resource"] for sid, statement in statements.items()} == {
        "Secrets": ["arn:secret-1", "arn:secret-2"],
        "SecretsKey": "arn:key",
        "CacheUsers": f"{arn}:user:crm-dev-*",
        "CacheGroups": [f"{arn}:usergroup:crm-dev-*", f"{arn}:user:crm-dev-*"],
        "Logs": "arn:run-logs:*",
        "Network": "*",
        "NetworkFromCode": "*",
    }
    assert {sid: statement["Action"] for sid, statement in statements.items()} == ACTIONS
    # What only reads is told by the statement's name; everything here says Allow but the last.
    assert {sid for sid, statement in statements.items() if statement["Effect"] == "Deny"} == {"NetworkFromCode"}
    assert statements["SecretsKey"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}
    }
    assert (statements["NetworkFromCode"]["Effect"], statements["NetworkFromCode"]["Condition"]) == (
        "Deny",
        {"ArnEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:crm-dev-bootstrap"}},
    )


def test_it_connects_where_it_is_told_to(record: Any) -> None:
    connect = [allow(sid, actions, ["arn:one"]) for sid, actions in CONNECT.items()]
    policy = record(lambda: Runner("run", args(connect=connect)))["run-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement["Action"] for statement in json.loads(policy)["Statement"]}
    assert statements == ACTIONS | CONNECT


def test_it_changes_the_tokens_of_the_caches_that_have_one(record: Any) -> None:
    policy = record(lambda: Runner("run", args(token_caches=["arn:shop-hot"])))["run-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    assert {sid: statement["Action"] for sid, statement in statements.items()} == ACTIONS | TOKENS
    assert statements["CacheTokens"]["Resource"] in ("arn:shop-hot", ["arn:shop-hot"])


def test_it_adds_to_user_groups_of_before_and_opens_their_secrets_alone(record: Any) -> None:
    before = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:old/master-AbCdEf"
    given = args(existing_user_groups=["billing"], existing_secret_arns=[before])
    policy = record(lambda: Runner("run", given))["run-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    arn = "arn:aws:elasticache:eu-west-1:123456789012"
    assert statements["CacheGroups"]["Resource"] == [
        f"{arn}:usergroup:crm-dev-*",
        f"{arn}:usergroup:billing",
        f"{arn}:user:crm-dev-*",
    ]
    added = {sid: statements[sid] for sid in statements.keys() - ACTIONS}
    assert added == {
        # What it may change is its own still; others it knows by name.
        "CacheUsersOfOthers": {
            "Sid": "CacheUsersOfOthers",
            "Effect": "Allow",
            "Action": ["elasticache:DescribeUsers", "elasticache:ModifyUserGroup"],
            "Resource": f"{arn}:user:*",
        },
        "ExistingSecretsKeys": {
            "Sid": "ExistingSecretsKeys",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "arn:aws:kms:eu-west-1:123456789012:key/*",
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
                    "kms:EncryptionContext:SecretARN": [before],
                }
            },
        },
    }


def test_the_log_group_and_the_role(record: Any) -> None:
    seen = record(lambda: Runner("run", args(log_retention_days=400)))
    assert seen["run-logs"].inputs == {
        "name": "/aws/lambda/crm-dev-bootstrap",
        "retentionInDays": 400,
        "kmsKeyId": "arn:logs",
    }
    trust = json.loads(seen["run-role"].inputs["assumeRolePolicy"])["Statement"]
    assert [(each["Effect"], each["Action"], each["Principal"]) for each in trust] == [
        ("Allow", "sts:AssumeRole", {"Service": "lambda.amazonaws.com"})
    ]
    # Its own policy is all that it has.
    assert not seen.of("RolePolicyAttachment")
    assert list(seen.of("RolePolicy")) == ["run-policy"]


def test_every_call_is_granted_and_every_grant_is_called(record: Any) -> None:
    """What the bootstrap calls, read from its source with the API's own list of operations."""
    from botocore import xform_name
    from botocore.session import Session

    called = {
        node.func.attr
        for path in (ROOT / "bootstrap").rglob("*.py")
        if path.name != "given.py"  # a person's own act, with a person's credentials
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    needed = {
        f"{service}:{operation}"
        for service in ("secretsmanager", "elasticache")
        for operation in Session().get_service_model(service).operation_names
        if xform_name(operation) in called
    }
    granted = {action for sid in ("Secrets", "CacheUsers", "CacheGroups") for action in ACTIONS[sid]}
    granted |= {*TOKENS["CacheTokens"]}
    assert needed - granted == set()
    assert granted - needed <= NOT_YET_CALLED


def test_the_documentation_lists_the_same_grants() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (?:Allow|Deny) \| (.+?) \|", (ROOT / "docs" / "runner.md").read_text(), re.MULTILINE
    )
    assert {sid: re.findall(r"`([\w-]+:\w+)`", actions) for sid, actions in rows} == ACTIONS | TOKENS | CONNECT


def test_the_report_is_parsed(record: Any) -> None:
    found: list[Any] = []

    async def program() -> None:
        found.append(await Runner("run", args()).result.future())

    record(program)
    assert found == [{"steps": []}]
