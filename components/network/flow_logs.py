"""Flow logs of a network: who spoke with whom, in an encrypted log group."""

import pulumi
import pulumi_aws as aws

from components.policy import allow, document, trust


def flow_logs(
    name: str,
    prefix: str,
    vpc_id: pulumi.Input[str],
    *,
    account_id: pulumi.Input[str],
    key_arn: pulumi.Input[str] | None,
    retention_days: int,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.FlowLog:
    """Make the log group, the role that writes to it and nothing else, and the flow log."""
    group = aws.cloudwatch.LogGroup(
        f"{name}-flow-logs",
        name=f"/aws/vpc/{prefix}",
        retention_in_days=retention_days,
        kms_key_id=key_arn,
        opts=opts,
    )
    role = aws.iam.Role(
        f"{name}-flow-logs-role",
        name=f"{prefix}-flow-logs",
        description="Writes the flow logs of the isolated network",
        assume_role_policy=trust("vpc-flow-logs.amazonaws.com", {"StringEquals": {"aws:SourceAccount": account_id}}),
        opts=opts,
    )
    aws.iam.RolePolicy(
        f"{name}-flow-logs-policy",
        role=role.name,
        policy=document(
            allow(
                "Write",
                ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                pulumi.Output.format("{0}:*", group.arn),
            )
        ),
        opts=opts,
    )
    return aws.ec2.FlowLog(
        f"{name}-flow-log",
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags={"Name": f"{prefix}-flow-log"},
        opts=opts,
    )
