"""A Lambda function in the VPC, of the bootstrap's code: its log group, its role, and what every one of them may."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi
import pulumi_aws as aws

from components.policy import Statement, allow, deny, document, trust
from components.refuse import refuse
from knowledge import limits

INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda does to attach a function to a VPC."""


@dataclass(frozen=True, kw_only=True)
class VpcFunctionArgs:
    """What code, and where: what the arguments of each component with such a function begin with."""

    prefix: str
    """Prefix of the function's name, and of the names of what it may touch."""
    account_id: pulumi.Input[str]
    """Account of the function, and of what it may touch."""
    region: pulumi.Input[str]
    """Region of the function, and of what it may touch."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    code: pulumi.Archive
    """The bootstrap and what it imports, for Python 3.13 on that architecture."""
    architecture: str = "arm64"
    """`arm64` or `x86_64`: what the code was built for."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets of the function."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the function: the bootstrap runner's, which the databases let in."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    existing_secret_arns: Sequence[str] = ()
    """Those of its secrets that were there before, under keys of others."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of its log group."""
    log_retention_days: int = 30
    """Days that its logs are kept."""
    memory_mib: int = 512
    """Memory; Lambda gives CPU in proportion."""

    def __post_init__(self) -> None:
        """Refuse what Lambda and CloudWatch Logs refuse."""
        refuse(
            "function",
            log_retention_days=limits.LOG_RETENTION.problem(self.log_retention_days),
            memory_mib=limits.FUNCTION_MEMORY.problem(self.memory_mib),
        )

    def arn(self, service: str, resource: str) -> pulumi.Output[str]:
        """ARN of a resource in the function's account and region."""
        return pulumi.Output.format(
            "arn:{0}:{1}:{2}:{3}:{4}", self.partition, service, self.region, self.account_id, resource
        )


def vpc_function(
    name: str,
    args: VpcFunctionArgs,
    *,
    kind: str,
    task: str,
    may: Sequence[Statement],
    connect: Sequence[Statement] = (),
    parent: pulumi.Resource,
    timeout: int = 900,
    **own: Any,
) -> tuple[aws.lambda_.Function, aws.iam.RolePolicy]:
    """Make `PREFIX-KIND` and what it needs; `own` takes its handler, environment and other inputs of Lambda.

    The policy is returned too, for callers that invoke the function at once and have to wait for both.

    :param timeout: seconds that a run may take; 900 are Lambda's most.
    """
    child = pulumi.ResourceOptions(parent=parent)
    function_name = f"{args.prefix}-{kind}"
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
        description=f"{task} from inside the VPC",
        assume_role_policy=trust("lambda.amazonaws.com"),
        opts=child,
    )
    function_arn = args.arn("lambda", f"function:{function_name}")
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=document(*may, *_every(function_arn, logs.arn), *connect),
        opts=child,
    )
    function = aws.lambda_.Function(
        f"{name}-function",
        name=function_name,
        role=role.arn,
        runtime="python3.13",
        architectures=[args.architecture],
        code=args.code,
        memory_size=args.memory_mib,
        timeout=timeout,
        vpc_config=aws.lambda_.FunctionVpcConfigArgs(
            subnet_ids=args.subnet_ids, security_group_ids=args.security_group_ids
        ),
        logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
        **own,
    )
    return function, policy


def started_by(
    name: str, rule: aws.cloudwatch.EventRule, function: aws.lambda_.Function, *, parent: pulumi.Resource
) -> None:
    """Let an EventBridge rule start the function."""
    allowed = aws.lambda_.Permission(
        f"{name}-events",
        statement_id="events",
        action="lambda:InvokeFunction",
        function=function.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.cloudwatch.EventTarget(
        f"{name}-target",
        rule=rule.name,
        arn=function.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[allowed]),
    )


def once(name: str, function: aws.lambda_.Function, *, parent: pulumi.Resource) -> None:
    """Let a run that failed be over. By default Lambda tries twice more, within six hours (Lambda Developer Guide,
    "Asynchronous invocation"): what is asked for on a schedule is asked for at its next moment."""
    aws.lambda_.FunctionEventInvokeConfig(
        f"{name}-once",
        function_name=function.name,
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=60,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _every(function_arn: pulumi.Input[str], log_group_arn: pulumi.Input[str]) -> list[Statement]:
    """Its own log, and a network interface."""
    return [
        allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.format("{0}:*", log_group_arn)),
        # Lambda attaches the function to the VPC with the function's own role; EC2 has no narrower resource for it.
        allow("Network", INTERFACES, "*"),
        # ... and the code itself must not (AWS: Lambda, VPC, "deny the function's code").
        deny("NetworkFromCode", INTERFACES, "*", Condition={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}}),
    ]


class Keeping(Protocol):
    """Arguments that say whose secret it is and under which key."""

    @property
    def prefix(self) -> str:
        """First part of its name."""
        ...

    @property
    def secrets_key_arn(self) -> pulumi.Input[str]:
        """KMS key of the secrets."""
        ...


def manifest_secret(
    name: str,
    args: Keeping,
    manifest: pulumi.Input[str],
    *,
    kind: str,
    purpose: str,
    keep: int,
    opts: pulumi.ResourceOptions,
) -> aws.secretsmanager.SecretVersion:
    """Keep the manifest where a program finds it, in `PREFIX/KIND/manifest`: Lambda's environment takes 4 KiB.

    :param keep: days that it can be got back after its deletion.
    """
    secret = aws.secretsmanager.Secret(
        f"{name}-manifest",
        name=f"{args.prefix}/{kind}/manifest",
        description=f"{purpose}: addresses and references, nothing secret",
        kms_key_id=args.secrets_key_arn,
        recovery_window_in_days=keep,
        opts=opts,
    )
    return aws.secretsmanager.SecretVersion(
        f"{name}-manifest-content", secret_id=secret.arn, secret_string=manifest, opts=opts
    )
