"""Chat: Amazon Q Developer (formerly AWS Chatbot) posts topics to Slack channels."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policy import allow, document, trust

METRICS = (
    "DescribeAlarmHistory", "DescribeAlarms", "GetMetricData", "GetMetricStatistics", "GetMetricWidgetImage",
    "ListMetrics",
)  # fmt: skip
"""What a notification and its graph are drawn from, without a single log line. AWS's page on notification permissions
asks for all that describes, gets and lists in CloudWatch; none of it can be narrowed to one stack's metrics."""
GUARDRAIL = "policy/CloudWatchReadOnlyAccess"
"""What a configuration lets any role do at most; without one it is AdministratorAccess. It lets in logs, too: what
people in the channel can read is what both it and the role allow."""


@dataclass(frozen=True, kw_only=True)
class ChatArgs:
    """Slack channels and the topics that each receives."""

    prefix: str
    """Prefix of the configurations' names."""
    partition: pulumi.Input[str]
    """AWS partition of its policies: `aws`."""
    channels: dict[str, list[pulumi.Input[str]]]
    """`T.../C...` (workspace and channel) -> topics. The workspace has to be authorised once, in the AWS console."""


class Chat(pulumi.ComponentResource):
    """One configuration per channel, with a role that can read metrics and nothing else."""

    configuration_arns: list[pulumi.Output[str]]
    """ARN of each channel's configuration."""

    def __init__(self, name: str, args: ChatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the role and the channels."""
        super().__init__("data-tier:index:Chat", name, {}, opts)
        role = aws.iam.Role(
            f"{name}-role",
            name=f"{args.prefix}-chat",
            description="Reads the metrics behind an alarm for a chat channel",
            # No condition: no page of the service says that it sends one (Administrator Guide, "Role setting").
            assume_role_policy=trust("chatbot.amazonaws.com"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        reading = aws.iam.RolePolicy(
            f"{name}-read",
            role=role.name,
            policy=document(allow("Metrics", [f"cloudwatch:{action}" for action in METRICS], "*")),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.configuration_arns = []
        for channel, topics in sorted(args.channels.items()):
            team, room = channel.split("/")
            made = aws.chatbot.SlackChannelConfiguration(
                f"{name}-{room.lower()}",
                configuration_name=f"{args.prefix}-{room.lower()}",
                iam_role_arn=role.arn,
                slack_team_id=team,
                slack_channel_id=room,
                sns_topic_arns=topics,
                guardrail_policy_arns=[pulumi.Output.format("arn:{0}:iam::aws:{1}", args.partition, GUARDRAIL)],
                logging_level="ERROR",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[reading]),
            )
            self.configuration_arns.append(made.chat_configuration_arn)
        self.register_outputs({"configuration_arns": self.configuration_arns})
