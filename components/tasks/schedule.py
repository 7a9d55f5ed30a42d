"""What starts a task at its hour: a rule of EventBridge, the cluster it runs in, and the role that may start it."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.policy import allow, document, trust
from components.tasks.args import TaskArgs


def starts_task(
    name: str,
    args: TaskArgs,
    kind: str,
    task: aws.ecs.TaskDefinition,
    group: aws.ec2.SecurityGroup,
    roles: Sequence[aws.iam.Role],
    rule: aws.cloudwatch.EventRule,
    child: pulumi.ResourceOptions,
    *,
    says: str,
    retry: aws.cloudwatch.EventTargetRetryPolicyArgs,
) -> None:
    """Have a rule start the task in a cluster `PREFIX-KIND`.

    :param roles: as which ECS starts the task, and which it has itself: what has to be passed to it.
    :param says: what the role that starts it is for.
    """
    cluster = aws.ecs.Cluster(f"{name}-cluster", name=f"{args.prefix}-{kind}", opts=child)
    role = aws.iam.Role(
        f"{name}-run-role",
        name=f"{args.prefix}-{kind}-run",
        description=says,
        assume_role_policy=trust("events.amazonaws.com"),
        opts=child,
    )
    # Any revision: the target names the present one (EventBridge User Guide, "IAM roles for Amazon ECS targets").
    revisions = pulumi.Output.format(
        "arn:{0}:ecs:{1}:{2}:task-definition/{3}-{4}:*",
        args.partition,
        args.region,
        args.account_id,
        args.prefix,
        kind,
    )
    started = {"ArnEquals": {"ecs:cluster": cluster.arn}}
    passed = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    may = aws.iam.RolePolicy(
        f"{name}-run-policy",
        role=role.name,
        policy=document(
            allow("Start", ["ecs:RunTask"], revisions, Condition=started),
            allow("Roles", ["iam:PassRole"], [each.arn for each in roles], Condition=passed),
        ),
        opts=child,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-target",
        rule=rule.name,
        arn=cluster.arn,
        role_arn=role.arn,
        ecs_target=aws.cloudwatch.EventTargetEcsTargetArgs(
            task_definition_arn=task.arn,
            launch_type="FARGATE",
            network_configuration=aws.cloudwatch.EventTargetEcsTargetNetworkConfigurationArgs(
                subnets=args.subnet_ids,
                security_groups=[group.id, *args.security_group_ids],
                assign_public_ip=False,
            ),
        ),
        retry_policy=retry,
        opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[may])),
    )
