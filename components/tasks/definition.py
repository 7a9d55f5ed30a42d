"""A task of one container on Fargate: as nobody, without rights of the system, nothing secret in its environment."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.tasks.args import TaskArgs

USER = "65532:65532"
"""Nobody's, and not root's; the image's own `USER` too (deploy/Containerfile)."""


SCRATCH = "/tmp"  # noqa: S108 a volume of the task, for what PostgreSQL's programs and Python write meanwhile
_VOLUME = "scratch"


def confined(
    args: TaskArgs, kind: str, log_group: pulumi.Input[str], manifest_version: pulumi.Input[str]
) -> dict[str, Any]:
    """What the one container of every task has in common."""
    return {
        "name": kind,
        "image": args.image,
        "essential": True,
        "user": USER,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        # Nobody reads it: another version of the manifest is another task, which reads it anew.
        "environment": [{"name": "DATATIER_MANIFEST_VERSION", "value": manifest_version}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": log_group, "awslogs-region": args.region, "awslogs-stream-prefix": kind},
        },
    }


def mounted() -> list[dict[str, str]]:
    """Where the container of a task with `scratch` has that."""
    return [{"sourceVolume": _VOLUME, "containerPath": SCRATCH}]


def log_group(name: str, args: TaskArgs, kind: str, child: pulumi.ResourceOptions) -> aws.cloudwatch.LogGroup:
    """Make the log group `/aws/ecs/PREFIX-KIND`."""
    return aws.cloudwatch.LogGroup(
        f"{name}-logs",
        name=f"/aws/ecs/{args.prefix}-{kind}",
        retention_in_days=args.log_retention_days,
        kms_key_id=args.logs_key_arn,
        opts=child,
    )


def definition(
    name: str,
    args: TaskArgs,
    kind: str,
    container: Mapping[str, Any],
    roles: tuple[aws.iam.Role, aws.iam.Role],
    child: pulumi.ResourceOptions,
    *,
    scratch: bool = False,
) -> aws.ecs.TaskDefinition:
    """Make the task `PREFIX-KIND`.

    :param roles: as which ECS starts it, and which it has itself.
    :param scratch: whether it has a volume to write to, as `mounted` says.
    """
    starts, runs = roles
    return aws.ecs.TaskDefinition(
        f"{name}-task",
        family=f"{args.prefix}-{kind}",
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(args.cpu),
        memory=str(args.memory_mib),
        runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
            cpu_architecture="ARM64", operating_system_family="LINUX"
        ),
        execution_role_arn=starts.arn,
        task_role_arn=runs.arn,
        container_definitions=pulumi.Output.json_dumps([container]),
        volumes=[aws.ecs.TaskDefinitionVolumeArgs(name=_VOLUME)] if scratch else None,
        opts=child,
    )
