"""The bootstrap runner: a Lambda function in the VPC, invoked by the deployment whenever its work has changed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.policy import Statement, allow, deny, document, trust

HANDLER = "bootstrap.handler.handler"
CHECK = "check"
"""Alias under which the function only looks (`bootstrap/request.py`): what a role for reading may invoke."""


@dataclass(frozen=True, kw_only=True)
class RunnerArgs:
    """What runs, where, and what it may touch."""

    prefix: str
    """Prefix of the function's name, and of the ElastiCache users and groups that it may manage."""
    account_id: pulumi.Input[str]
    """Account of those users and groups."""
    region: pulumi.Input[str]
    """Region of those users and groups."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    code: pulumi.Archive
    """The bootstrap and what it imports, for Python 3.13 on that architecture."""
    architecture: str = "arm64"
    """`arm64` or `x86_64`: what the code was built for."""
    manifest: pulumi.Input[str]
    """The manifest, JSON: endpoints and secret references, no secret (AWS keeps an invocation's input readable)."""
    trigger: pulumi.Input[str]
    """Hash of all that should make it run again: migrations, access declaration, code."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets of the function."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the function."""
    secret_arns: Sequence[pulumi.Input[str]]
    """Secrets that it reads and writes."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of its log group."""
    connect: Sequence[Statement] = ()
    """What lets it log in by IAM token, where identities do: see `components.connect`."""
    log_retention_days: int = 30
    """Days that its logs are kept."""
    memory_mib: int = 512
    """Memory; Lambda gives CPU in proportion."""


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
        self._name = name
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        function_name = f"{args.prefix}-bootstrap"
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{function_name}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.logs_key_arn,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=function_name,
            description="Bootstraps PostgreSQL and the caches from inside the VPC",
            assume_role_policy=trust("lambda.amazonaws.com"),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy", role=role.name, policy=document(*permissions(args, logs.arn)), opts=child
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            name=function_name,
            description="Schema, roles, users and checks of the data tier",
            role=role.arn,
            runtime="python3.13",
            architectures=[args.architecture],
            handler=HANDLER,
            code=args.code,
            memory_size=args.memory_mib,
            timeout=900,
            reserved_concurrent_executions=1,  # two bootstraps at a time would only wait for each other's lock
            vpc_config=aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=args.subnet_ids, security_group_ids=args.security_group_ids
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
            # Whoever may invoke it chooses the event; this holds it to the manifest of the stack.
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={"DATATIER_MANIFEST_SHA256": pulumi.Output.from_input(args.manifest).apply(digest)}
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        check = aws.lambda_.Alias(
            f"{name}-check",
            name=CHECK,
            description="Looks at schema and access, and changes nothing",
            function_name=function.name,
            function_version="$LATEST",
            opts=child,
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


def permissions(args: RunnerArgs, log_group_arn: pulumi.Input[str]) -> list[Statement]:
    """The stack's own secrets and ElastiCache users, its own log, and a network interface."""

    def cache(kind: str) -> pulumi.Output[str]:
        return pulumi.Output.format(
            "arn:{0}:elasticache:{1}:{2}:{3}:{4}-*", args.partition, args.region, args.account_id, kind, args.prefix
        )

    def function() -> pulumi.Output[str]:
        return pulumi.Output.format(
            "arn:{0}:lambda:{1}:{2}:function:{3}-bootstrap", args.partition, args.region, args.account_id, args.prefix
        )

    interfaces = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]
    interfaces += ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
    secrets = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"]
    users = ["CreateUser", "DeleteUser", "DescribeUsers", "ModifyUser"]
    groups = ["DescribeUserGroups", "ModifyUserGroup"]
    through = pulumi.Output.format("secretsmanager.{0}.amazonaws.com", args.region)
    return [
        allow("Secrets", [f"secretsmanager:{action}" for action in secrets], args.secret_arns),
        allow(
            "SecretsKey",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            args.secrets_key_arn,
            Condition={"StringEquals": {"kms:ViaService": through}},
        ),
        allow("CacheUsers", [f"elasticache:{action}" for action in users], cache("user")),
        # Changing a group's members is checked against the group and against each user.
        allow("CacheGroups", [f"elasticache:{action}" for action in groups], [cache("usergroup"), cache("user")]),
        allow(
            "Logs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            pulumi.Output.format("{0}:*", log_group_arn),
        ),
        # Lambda attaches the function to the VPC with the function's own role; EC2 has no narrower resource for it.
        allow("Network", interfaces, "*"),
        # ... and the code itself must not (AWS: Lambda, VPC, "deny the function's code").
        deny("NetworkFromCode", interfaces, "*", Condition={"ArnEquals": {"lambda:SourceFunctionArn": function()}}),
        *args.connect,
    ]
