"""Rotation by Secrets Manager: a function in the VPC, and a schedule for the secret of each identity.

The function is the bootstrap's code. Once a day it also retires the old credentials that are past their grace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policy import Statement, allow, deny, document, trust

HANDLER = "bootstrap.rotate.handler.handler"


@dataclass(frozen=True, kw_only=True)
class RotationArgs:
    """What rotates, how often, and what the function may touch."""

    prefix: str
    """Prefix of the function's name and of the ElastiCache users whose passwords it sets."""
    account_id: pulumi.Input[str]
    """Account of the secrets and users."""
    region: pulumi.Input[str]
    """Region of the secrets and users."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    code: pulumi.Archive
    """The bootstrap and what it imports, for Python 3.13 on that architecture."""
    architecture: str = "arm64"
    """`arm64` or `x86_64`: what the code was built for."""
    manifest: pulumi.Input[str]
    """The manifest, JSON. It is kept in a secret of its own: too long for an environment variable (4 KB)."""
    secret_arns: Mapping[str, pulumi.Input[str]]
    """Secrets that rotate, by identity."""
    read_secret_arns: Sequence[pulumi.Input[str]] = ()
    """Secrets that it only reads."""
    every_days: int = 30
    """Days between two rotations, 1 to 1000."""
    grace_seconds: int = 86400
    """Seconds that an old credential stays valid."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets of the function."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the function: those of the bootstrap runner."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of its log group."""
    connect: Sequence[Statement] = ()
    """What lets the master log in by IAM token, where identities do: see `components.connect`."""
    log_retention_days: int = 30
    """Days that its logs are kept."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""
    memory_mib: int = 512
    """Memory; Lambda gives CPU in proportion."""

    def __post_init__(self) -> None:
        """Refuse a schedule that Secrets Manager refuses, and a grace longer than it."""
        if not 1 <= self.every_days <= 1000:
            raise ValueError(f"rotation: every_days is {self.every_days}; Secrets Manager takes 1 to 1000")
        if not 0 <= self.grace_seconds < self.every_days * 86400:
            raise ValueError(f"rotation: grace_seconds is {self.grace_seconds}; it must end before the next rotation")


class Rotation(pulumi.ComponentResource):
    """Function, role, schedules. They wait for all that the component depends on: the first bootstrap."""

    function_name: pulumi.Output[str]
    """Name of the function."""

    def __init__(self, name: str, args: RotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the function and turn the rotation of each secret on."""
        super().__init__("data-tier:index:Rotation", name, {}, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        manifest = self._manifest()
        function = self._function(manifest)
        allowed = self._invoked_by("secretsmanager", function, source_account=args.account_id)
        for identity, arn in args.secret_arns.items():
            aws.secretsmanager.SecretRotation(
                f"{name}-{identity}",
                secret_id=arn,
                rotation_lambda_arn=function.arn,
                # The bootstrap has just made what there is; Secrets Manager only tries the function out.
                rotate_immediately=False,
                rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(
                    automatically_after_days=args.every_days
                ),
                opts=pulumi.ResourceOptions.merge(
                    pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
                    pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None),
                ),
            )
        self._daily(function)
        self.function_name = function.name
        self.register_outputs({"function_name": self.function_name})

    def _manifest(self) -> aws.secretsmanager.SecretVersion:
        args = self._args
        secret = aws.secretsmanager.Secret(
            f"{self._name}-manifest",
            name=f"{args.prefix}/rotation/manifest",
            description=f"What the rotation of {args.prefix} works on: addresses and references, nothing secret",
            kms_key_id=args.secrets_key_arn,
            recovery_window_in_days=args.recovery_window_days,
            opts=self._child,
        )
        return aws.secretsmanager.SecretVersion(
            f"{self._name}-manifest-content", secret_id=secret.arn, secret_string=args.manifest, opts=self._child
        )

    def _function(self, manifest: aws.secretsmanager.SecretVersion) -> aws.lambda_.Function:
        name, args = self._name, self._args
        function_name = f"{args.prefix}-rotation"
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{function_name}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.logs_key_arn,
            opts=self._child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=function_name,
            description="Rotates credentials of PostgreSQL and the caches from inside the VPC",
            assume_role_policy=trust("lambda.amazonaws.com"),
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=document(*permissions(args, logs.arn, manifest.secret_id)),
            opts=self._child,
        )
        return aws.lambda_.Function(
            f"{name}-function",
            name=function_name,
            description="Secrets Manager rotation of the data tier",
            role=role.arn,
            runtime="python3.13",
            architectures=[args.architecture],
            handler=HANDLER,
            code=args.code,
            memory_size=args.memory_mib,
            timeout=900,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={"DATATIER_MANIFEST_SECRET": manifest.secret_id, "DATATIER_GRACE": str(args.grace_seconds)}
            ),
            vpc_config=aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=args.subnet_ids, security_group_ids=args.security_group_ids
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

    def _daily(self, function: aws.lambda_.Function) -> None:
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-daily",
            name=f"{self._args.prefix}-rotation",
            description="Old credentials past their grace are retired",
            schedule_expression="rate(1 day)",
            opts=self._child,
        )
        allowed = self._invoked_by("events", function, source_arn=rule.arn)
        aws.cloudwatch.EventTarget(
            f"{self._name}-target",
            rule=rule.name,
            arn=function.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
        )

    def _invoked_by(
        self, service: str, function: aws.lambda_.Function, **condition: pulumi.Input[str]
    ) -> aws.lambda_.Permission:
        return aws.lambda_.Permission(
            f"{self._name}-{service}",
            statement_id=service,
            action="lambda:InvokeFunction",
            function=function.name,
            principal=f"{service}.amazonaws.com",
            opts=self._child,
            **condition,  # type: ignore[arg-type]
        )


def permissions(
    args: RotationArgs, log_group_arn: pulumi.Input[str], manifest_arn: pulumi.Input[str]
) -> list[Statement]:
    """The secrets that rotate, the passwords of the stack's own ElastiCache users, its log, a network interface."""
    users = pulumi.Output.format(
        "arn:{0}:elasticache:{1}:{2}:user:{3}-*", args.partition, args.region, args.account_id, args.prefix
    )
    function = pulumi.Output.format(
        "arn:{0}:lambda:{1}:{2}:function:{3}-rotation", args.partition, args.region, args.account_id, args.prefix
    )
    through = pulumi.Output.format("secretsmanager.{0}.amazonaws.com", args.region)
    rotated = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"]
    interfaces = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]
    interfaces += ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
    return [
        allow("Secrets", [f"secretsmanager:{each}" for each in rotated], list(args.secret_arns.values())),
        allow("Reads", ["secretsmanager:GetSecretValue"], [manifest_arn, *args.read_secret_arns]),
        allow(
            "SecretsKey",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            args.secrets_key_arn,
            Condition={"StringEquals": {"kms:ViaService": through}},
        ),
        allow("CacheUsers", ["elasticache:DescribeUsers", "elasticache:ModifyUser"], users),
        allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.format("{0}:*", log_group_arn)),
        # As the runner's: Lambda attaches the function with its own role, the code itself must not.
        allow("Network", interfaces, "*"),
        deny("NetworkFromCode", interfaces, "*", Condition={"ArnEquals": {"lambda:SourceFunctionArn": function}}),
        *args.connect,
    ]
