"""Maintenance on a schedule: a function in the VPC, or where it may take longer than a function, a task on Fargate.

Both are the same plan and the same run (`maintain.scheduled`), and bear the same names: a stack that goes from one to
the other changes its role and its secret in place. What came of a run are lines in its log, in CloudWatch's embedded
metric format, so it needs no way to CloudWatch's API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
from components.policy import allow
from components.refuse import refuse
from components.tasks.args import TaskArgs
from components.tasks.definition import confined, definition, log_group
from components.tasks.group import security_group
from components.tasks.roles import secrets, starting, task_role
from components.tasks.schedule import starts_task
from knowledge import limits
from knowledge.maintenance import KIND, REST_SECONDS

HANDLER = "maintain.handler.handler"


@dataclass(frozen=True, kw_only=True)
class MaintenanceArgs(TaskArgs):
    """When, for how long, as whom; and what of a function or a task."""

    cron: str
    """When it begins, an AWS cron expression in UTC."""
    budget_seconds: int = 600
    """How long it works; what is left then is the next run's. A function takes up to 840."""
    namespace: str
    """CloudWatch namespace of the metrics that say what came of it."""
    image: str = ""
    """Image of the task, with tag or digest; a function does it where there is none."""
    code: pulumi.Archive
    """The bootstrap and what it imports: the function's code, for Python 3.13."""
    architecture: str = "arm64"
    """`arm64` or `x86_64`: what the code was built for."""
    function_memory_mib: int = 512
    """Memory of the function; Lambda gives CPU in proportion."""
    function_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the function: the bootstrap runner's, which the databases let in."""
    reserved_concurrency: int | None = None
    """Runs of the function at a time that are its own; none are reserved when absent. Two runs wait for each other by a
    lock in the database all the same."""

    def __post_init__(self) -> None:
        """Refuse what Lambda, ECS, CloudWatch Logs and Secrets Manager refuse."""
        super().__post_init__()
        reserved = self.reserved_concurrency
        longest = limits.MAINTENANCE_SECONDS if self.image else limits.MAINTENANCE_FUNCTION_SECONDS
        refuse(
            "maintenance",
            budget_seconds=longest.problem(self.budget_seconds),
            function_memory_mib=limits.FUNCTION_MEMORY.problem(self.function_memory_mib),
            reserved_concurrency=None if reserved is None else limits.RESERVED_CONCURRENCY.problem(reserved),
        )


class Maintenance(pulumi.ComponentResource):
    """Function or task, roles, log, and the rule that starts it once all that the component depends on is there."""

    runs_in: str
    """`Lambda` or `Fargate`."""
    log_group: pulumi.Output[str]
    """Log group of its runs."""

    def __init__(self, name: str, args: MaintenanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make it, and what starts it."""
        super().__init__("data-tier:index:Maintenance", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        manifest = manifest_secret(
            name,
            args,
            args.manifest,
            kind=KIND,
            purpose=f"What the maintenance of {args.prefix} works on",
            keep=args.recovery_window_days,
            opts=self._child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-schedule",
            name=f"{args.prefix}-{KIND}",
            description="The database and the caches are maintained",
            schedule_expression=args.cron,
            opts=pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None),
        )
        self.runs_in = "Fargate" if args.image else "Lambda"
        self.log_group = self._task(manifest, rule) if args.image else self._function(manifest, rule)
        self.register_outputs({"runs_in": self.runs_in, "log_group": self.log_group})

    def _function(
        self, manifest: aws.secretsmanager.SecretVersion, rule: aws.cloudwatch.EventRule
    ) -> pulumi.Output[str]:
        name, args = self._name, self._args
        function, _ = vpc_function(
            name,
            of_function(args),
            kind=KIND,
            task="Maintains PostgreSQL and the caches",
            may=[
                allow("Secrets", ["secretsmanager:GetSecretValue"], [manifest.secret_id, *args.secret_arns]),
                *secrets_keys(of_function(args), "kms:Decrypt"),
            ],
            connect=args.connect,
            parent=self,
            timeout=args.budget_seconds + REST_SECONDS,
            description="Maintenance of the data tier",
            handler=HANDLER,
            reserved_concurrent_executions=args.reserved_concurrency,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    "DATATIER_BUDGET": str(args.budget_seconds),
                    "DATATIER_MANIFEST_SECRET": manifest.secret_id,
                    "DATATIER_NAMESPACE": args.namespace,
                }
            ),
        )
        once(name, function, parent=self)
        started_by(name, rule, function, parent=self)
        return pulumi.Output.concat("/aws/lambda/", function.name)

    def _task(self, manifest: aws.secretsmanager.SecretVersion, rule: aws.cloudwatch.EventRule) -> pulumi.Output[str]:
        name, args = self._name, self._args
        group, _ = security_group(name, args, KIND, "Maintenance of the data tier", self._child)
        logs = log_group(name, args, KIND, self._child)
        # One role both starts the task and is its own: a permissions boundary has no characters for a second one.
        may = [*secrets(args, manifest.secret_id), *starting(args, logs)]
        role, allowed = task_role(name, args, KIND, "Maintains PostgreSQL and the caches", may, self._child)
        task = definition(
            name,
            args,
            KIND,
            container(args, manifest.secret_id, manifest.version_id, logs.name),
            (role, role),
            self._child,
        )
        starts_task(
            name,
            args,
            KIND,
            task,
            group,
            (role,),
            rule,
            pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
            says="EventBridge starts the task of the maintenance",
            # What was missed is the next week's: an hour later may be in nobody's window.
            retry=aws.cloudwatch.EventTargetRetryPolicyArgs(maximum_retry_attempts=0, maximum_event_age_in_seconds=60),
        )
        return logs.name


def of_function(args: MaintenanceArgs) -> VpcFunctionArgs:
    """What the function takes of them."""
    return VpcFunctionArgs(
        prefix=args.prefix,
        account_id=args.account_id,
        region=args.region,
        partition=args.partition,
        code=args.code,
        architecture=args.architecture,
        subnet_ids=args.subnet_ids,
        security_group_ids=args.function_group_ids,
        secrets_key_arn=args.secrets_key_arn,
        existing_secret_arns=args.existing_secret_arns,
        logs_key_arn=args.logs_key_arn,
        log_retention_days=args.log_retention_days,
        memory_mib=args.function_memory_mib,
    )


def container(
    args: MaintenanceArgs,
    manifest_arn: pulumi.Input[str],
    manifest_version: pulumi.Input[str],
    log_group: pulumi.Input[str],
) -> dict[str, Any]:
    """The one container of the task. Nothing secret is in its environment."""
    command = ["maintain", "schedule", "--now", "--manifest", manifest_arn, "--namespace", args.namespace]
    return {
        **confined(args, KIND, log_group, manifest_version),
        "command": [*command, "--budget", f"{args.budget_seconds}s"],
    }
