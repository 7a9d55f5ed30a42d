"""Rotation by Secrets Manager: a function in the VPC, and a schedule for the secret of each identity.

The function is the bootstrap's code. Once a day it also retires the old credentials that are past their grace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.vpc_function import VpcFunctionArgs, manifest_secret, started_by, vpc_function
from components.opening import secrets_keys
from components.policy import Statement, allow
from components.refuse import refuse
from knowledge import limits

HANDLER = "bootstrap.rotate.handler.handler"


@dataclass(frozen=True, kw_only=True)
class RotationArgs(VpcFunctionArgs):
    """What rotates, how often, and what the function may touch."""

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
    connect: Sequence[Statement] = ()
    """What lets the master log in by IAM token, where identities do: see `components.connect`."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""

    def __post_init__(self) -> None:
        """Refuse a schedule that Secrets Manager refuses, and a grace longer than it."""
        super().__post_init__()
        refuse(
            "rotation",
            every_days=limits.ROTATION.problem(self.every_days),
            grace_seconds=limits.grace_problem(self.grace_seconds, self.every_days),
            recovery_window_days=limits.RECOVERY_WINDOW.problem(self.recovery_window_days),
        )


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
        function, _ = vpc_function(
            name,
            args,
            kind="rotation",
            task="Rotates credentials of PostgreSQL and the caches",
            may=permissions(args, manifest.secret_id),
            connect=args.connect,
            parent=self,
            description="Secrets Manager rotation of the data tier",
            handler=HANDLER,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={"DATATIER_MANIFEST_SECRET": manifest.secret_id, "DATATIER_GRACE": str(args.grace_seconds)}
            ),
        )
        allowed = aws.lambda_.Permission(
            f"{name}-secretsmanager",
            statement_id="secretsmanager",
            action="lambda:InvokeFunction",
            function=function.name,
            principal="secretsmanager.amazonaws.com",
            source_account=args.account_id,
            opts=self._child,
        )
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
        started_by(name, self._daily(), function, parent=self)
        self.function_name = function.name
        self.register_outputs({"function_name": self.function_name})

    def _manifest(self) -> aws.secretsmanager.SecretVersion:
        args = self._args
        return manifest_secret(
            self._name,
            args,
            args.manifest,
            kind="rotation",
            purpose=f"What the rotation of {args.prefix} works on",
            keep=args.recovery_window_days,
            opts=self._child,
        )

    def _daily(self) -> aws.cloudwatch.EventRule:
        return aws.cloudwatch.EventRule(
            f"{self._name}-daily",
            name=f"{self._args.prefix}-rotation",
            description="Old credentials past their grace are retired",
            schedule_expression="rate(1 day)",
            opts=self._child,
        )


def permissions(args: RotationArgs, manifest_arn: pulumi.Input[str]) -> list[Statement]:
    """The secrets that rotate, and the passwords of the stack's own ElastiCache users."""
    rotated = ["DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"]
    users = args.arn("elasticache", f"user:{args.prefix}-*")
    return [
        allow("Secrets", [f"secretsmanager:{each}" for each in rotated], list(args.secret_arns.values())),
        allow("Reads", ["secretsmanager:GetSecretValue"], [manifest_arn, *args.read_secret_arns]),
        *secrets_keys(args, "kms:Decrypt", "kms:GenerateDataKey"),
        allow("CacheUsers", ["elasticache:DescribeUsers", "elasticache:ModifyUser"], users),
    ]
