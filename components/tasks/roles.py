"""The two roles of a task: as one ECS starts it, pulls its image and writes its log, the other it has itself.

ECS Developer Guide, "Amazon ECS task execution IAM role" and "Amazon ECS task IAM role".
"""

import re
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.opening import secrets_keys
from components.policy import Statement, allow, document, trust
from components.tasks.args import TaskArgs

TASKS = "ecs-tasks.amazonaws.com"
# ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, in China with `.cn` behind (ECR User Guide, "Private registries").
_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([a-z0-9._/-]+)[:@].+")


def execution_role(
    name: str, args: TaskArgs, kind: str, logs: aws.cloudwatch.LogGroup, child: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, pulumi.Resource]:
    """Make the role `PREFIX-KIND-start` as which ECS starts the task, with its policy."""
    role = aws.iam.Role(
        f"{name}-start-role",
        name=f"{args.prefix}-{kind}-start",
        description=f"ECS pulls the image of the {kind} and writes its log",
        assume_role_policy=trust(TASKS),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-start-policy", role=role.name, policy=document(*starting(args, logs)), opts=child
    )
    return role, policy


def starting(args: TaskArgs, logs: aws.cloudwatch.LogGroup) -> list[Statement]:
    """What ECS needs to start the task."""
    return [
        *pulling(args),
        allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.format("{0}:*", logs.arn)),
    ]


def task_role(
    name: str, args: TaskArgs, kind: str, says: str, may: Sequence[Statement], child: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, pulumi.Resource]:
    """Make the role `PREFIX-KIND` that the task itself has, with its policy."""
    role = aws.iam.Role(
        f"{name}-role",
        name=f"{args.prefix}-{kind}",
        description=says,
        assume_role_policy=trust(TASKS),
        opts=child,
    )
    policy = aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=document(*may, *args.connect), opts=child)
    return role, policy


def pulling(args: TaskArgs) -> list[Statement]:
    """What pulls the image out of ECR, one repository; nothing where it is in no registry of ECR."""
    found = _ECR.fullmatch(args.image)
    if found is None:
        return []
    account, region, repository = found.groups()
    arn = pulumi.Output.format("arn:{0}:ecr:{1}:{2}:repository/{3}", args.partition, region, account, repository)
    layers = ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"]
    return [
        # A token opens no more than the caller may have; it has no resource (Service Authorization Reference, ECR).
        allow("Registry", ["ecr:GetAuthorizationToken"], "*"),
        allow("Image", [f"ecr:{each}" for each in layers], arn),
    ]


def secrets(args: TaskArgs, manifest_arn: pulumi.Input[str]) -> list[Statement]:
    """Read the secrets that it logs in with, and its manifest, by their keys."""
    return [
        allow("Secrets", ["secretsmanager:GetSecretValue"], [manifest_arn, *args.secret_arns]),
        *secrets_keys(args, "kms:Decrypt"),
    ]
