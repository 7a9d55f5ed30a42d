"""The bootstrap runner: a Lambda function in the VPC, invoked by the deployment whenever its work has changed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.functions.vpc_function import VpcFunctionArgs, vpc_function
from components.opening import secrets_keys
from components.policy import Statement, allow
from components.refuse import refuse
from knowledge import limits

HANDLER = "bootstrap.handler.handler"
KIND = "bootstrap"
"""What follows the prefix in the function's name."""
CHECK = "check"
"""Alias under which the function only looks (`bootstrap/request.py`): what a role for reading may invoke."""


@dataclass(frozen=True, kw_only=True)
class RunnerArgs(VpcFunctionArgs):
    """What runs, where, and what it may touch."""

    manifest: pulumi.Input[str]
    """The manifest, JSON: endpoints and secret references, no secret (AWS keeps an invocation's input readable)."""
    trigger: pulumi.Input[str]
    """Hash of all that should make it run again: migrations, access declaration, code."""
    secret_arns: Sequence[pulumi.Input[str]]
    """Secrets that it reads and writes."""
    token_caches: Sequence[pulumi.Input[str]] = ()
    """ARNs of the replication groups whose AUTH token it replaces."""
    existing_user_groups: Sequence[str] = ()
    """Ids of the caches' user groups that were there before, which have users of others too."""
    connect: Sequence[Statement] = ()
    """What lets it log in by IAM token, where identities do: see `components.connect`."""
    reserved_concurrency: int | None = None
    """Runs at a time that are its own, and the most there are; none are reserved when absent. Bootstraps wait for each
    other's lock all the same, and Lambda refuses what leaves the account less than a hundred unreserved ones: new
    accounts have 10 or 50 (Lambda Developer Guide, configuration-concurrency)."""

    def __post_init__(self) -> None:
        """Refuse what Lambda refuses, before anything is made. Raise ValueError."""
        super().__post_init__()
        reserved = self.reserved_concurrency
        refuse(
            "runner",
            reserved_concurrency=None if reserved is None else limits.RESERVED_CONCURRENCY.problem(reserved),
        )


class Runner(pulumi.ComponentResource):
    """Function, role and invocation. The invocation waits for all that the component itself depends on."""

    function_name: pulumi.Output[str]
    """Name of the function."""
    check_arn: pulumi.Output[str]
    """ARN of the alias under which the function only looks."""
    result: pulumi.Output[Any]
    """The report of the last run, parsed."""

    def __init__(self, name: str, args: RunnerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the function and run it."""
        super().__init__("data-tier:index:Runner", name, {}, opts)
        function, policy = vpc_function(
            name,
            args,
            kind=KIND,
            task="Bootstraps PostgreSQL and the caches",
            may=permissions(args),
            connect=args.connect,
            parent=self,
            description="Schema, roles, users and checks of the data tier",
            handler=HANDLER,
            reserved_concurrent_executions=args.reserved_concurrency,
            # The caller chooses the event; this restricts it to the manifest of the stack.
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={"DATATIER_MANIFEST_SHA256": pulumi.Output.from_input(args.manifest).apply(digest)}
            ),
        )
        check = aws.lambda_.Alias(
            f"{name}-check",
            name=CHECK,
            description="Looks at schema and access, and changes nothing",
            function_name=function.name,
            function_version="$LATEST",
            opts=pulumi.ResourceOptions(parent=self),
        )
        invocation = aws.lambda_.Invocation(
            f"{name}-run",
            function_name=function.name,
            input=args.manifest,
            triggers={"hash": args.trigger},
            opts=pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(parent=self, depends_on=[policy]),
                pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None),
            ),
        )
        self.function_name = function.name
        self.check_arn = check.arn
        self.result = pulumi.Output.json_loads(invocation.result)
        self.register_outputs({"function_name": self.function_name, "check_arn": self.check_arn, "result": self.result})


def digest(manifest: str) -> str:
    """SHA-256 of the manifest, however its JSON is laid out; `bootstrap.request` computes it of what it is sent."""
    document = json.dumps(json.loads(manifest), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(document.encode()).hexdigest()


def permissions(args: RunnerArgs) -> list[Statement]:
    """The stack's own secrets and ElastiCache users."""
    secrets = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"]
    users = ["CreateUser", "DeleteUser", "DescribeUsers", "ModifyUser"]
    groups = ["DescribeUserGroups", "ModifyUserGroup"]
    user, group = (args.arn("elasticache", f"{kind}:{args.prefix}-*") for kind in ("user", "usergroup"))
    existing = [args.arn("elasticache", f"usergroup:{each}") for each in args.existing_user_groups]
    # By their names they are excepted (`exceptions` of access.yaml); a login of before that ends leaves the group.
    others = allow(
        "CacheUsersOfOthers",
        ["elasticache:DescribeUsers", "elasticache:ModifyUserGroup"],
        args.arn("elasticache", "user:*"),
    )
    tokens = ["elasticache:DescribeReplicationGroups", "elasticache:ModifyReplicationGroup"]
    return [
        allow("Secrets", [f"secretsmanager:{action}" for action in secrets], args.secret_arns),
        *secrets_keys(args, "kms:Decrypt", "kms:GenerateDataKey"),
        allow("CacheUsers", [f"elasticache:{action}" for action in users], user),
        # Changing a group's members is checked against the group and against each user.
        allow("CacheGroups", [f"elasticache:{action}" for action in groups], [group, *existing, user]),
        *([others] if existing else []),
        *([allow("CacheTokens", tokens, args.token_caches)] if args.token_caches else []),
    ]
