"""Metrics without Prometheus: a function in the VPC that looks at the servers on a schedule and writes what only they
know into its log, in CloudWatch's embedded metric format.

The function is `keep.watch.handler`. CloudWatch makes metrics of its lines, so it needs no way to CloudWatch's API.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.vpc_function import (
    VpcFunctionArgs,
    manifest_secret,
    once,
    started_by,
    vpc_function,
)
from components.opening import secrets_keys
from components.policy import Statement, allow
from components.refuse import refuse
from knowledge import limits

HANDLER = "keep.watch.handler.handler"
KIND = "metrics"
"""What follows the prefix in the names of the function and its secret."""
AGES = ("DescribeSecret", "ListSecretVersionIds")
"""What tells how old a secret's version is and which of them is pending, without its content."""
MOST_SECONDS = 300
"""A look takes seconds; a run that hangs must be over before the next one begins, and well before Lambda's limit."""


@dataclass(frozen=True, kw_only=True)
class ScheduledMetricsArgs(VpcFunctionArgs):
    """How often it looks, and as whom."""

    manifest: pulumi.Input[str]
    """The manifest, JSON. It is kept in a secret of its own: too long for an environment variable (4 KB)."""
    namespace: str
    """CloudWatch namespace of the metrics."""
    insights: bool = True
    """Whether Database Insights is on: what it counts is not written a second time."""
    every_minutes: int = 5
    """Minutes between two looks, 1 to 60."""
    secret_arns: Sequence[pulumi.Input[str]]
    """Secrets that it logs in with: those of the identities that watch, and no others."""
    described_secret_arns: Sequence[pulumi.Input[str]] = ()
    """Secrets whose age it tells; it cannot read what is in them."""
    connect: Sequence[Statement] = ()
    """What lets it log in by IAM token, where those identities do: see `components.connect`."""
    copies: Sequence[Statement] = ()
    """What lets it see how old the stack's copies are, where some are made: see `components.backup.copies`."""
    reserved_concurrency: int | None = None
    """Runs at a time that are its own; none are reserved when absent. Its timeout ends before the next run begins."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""

    def __post_init__(self) -> None:
        """Refuse a schedule that EventBridge refuses, and what Lambda and Secrets Manager refuse."""
        super().__post_init__()
        reserved = self.reserved_concurrency
        refuse(
            "scheduled metrics",
            every_minutes=limits.METRICS_MINUTES.problem(self.every_minutes),
            reserved_concurrency=None if reserved is None else limits.RESERVED_CONCURRENCY.problem(reserved),
            recovery_window_days=limits.RECOVERY_WINDOW.problem(self.recovery_window_days),
        )


class ScheduledMetrics(pulumi.ComponentResource):
    """Function, role, schedule. It logs in as the identities that watch, and starts when all it depends on is there."""

    function_name: pulumi.Output[str]
    """Name of the function."""

    def __init__(self, name: str, args: ScheduledMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the function and the rule that starts it."""
        super().__init__("data-tier:index:ScheduledMetrics", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        manifest = manifest_secret(
            name,
            args,
            args.manifest,
            kind=KIND,
            purpose=f"Whom the metrics of {args.prefix} are of",
            keep=args.recovery_window_days,
            opts=pulumi.ResourceOptions(parent=self),
        )
        function, _ = vpc_function(
            name,
            args,
            kind=KIND,
            task="Looks at PostgreSQL and the caches",
            may=permissions(args, manifest.secret_id),
            connect=[*args.connect, *args.copies],
            parent=self,
            timeout=min(60 * args.every_minutes - 10, MOST_SECONDS),
            description="Metrics of the data tier that CloudWatch alone does not have",
            handler=HANDLER,
            reserved_concurrent_executions=args.reserved_concurrency,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    "DATATIER_INSIGHTS": "on" if args.insights else "off",
                    "DATATIER_MANIFEST_SECRET": manifest.secret_id,
                    "DATATIER_NAMESPACE": args.namespace,
                }
            ),
        )
        once(name, function, parent=self)  # else figures of then would stand for now
        rule = aws.cloudwatch.EventRule(
            f"{name}-schedule",
            name=f"{args.prefix}-{KIND}",
            description="The servers are looked at",
            schedule_expression=rate(args.every_minutes),
            opts=child,
        )
        started_by(name, rule, function, parent=self)
        self.function_name = function.name
        self.register_outputs({"function_name": self.function_name})


def rate(minutes: int) -> str:
    """EventBridge's expression; it wants `minute` for one (EventBridge User Guide, rate expressions)."""
    return f"rate({minutes} minute{'s' if minutes > 1 else ''})"


def permissions(args: ScheduledMetricsArgs, manifest_arn: pulumi.Input[str]) -> list[Statement]:
    """Read the secrets of those who watch, and how old the others are."""
    described = list(args.described_secret_arns)
    return [
        allow("Secrets", ["secretsmanager:GetSecretValue"], [manifest_arn, *args.secret_arns]),
        *([allow("Ages", [f"secretsmanager:{each}" for each in AGES], described)] if described else []),
        *secrets_keys(args, "kms:Decrypt"),
    ]
