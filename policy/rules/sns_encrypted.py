"""A topic is encrypted under a key that its publishers may use."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE, TOPIC, TOPIC_POLICY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    lets = (str(each.inputs.get("policy")) for each in stack.about(TOPIC_POLICY, "arn", it))
    # A stack without a cache has the topic as well.
    if any(stack.about(CACHE, "notificationTopicArn", it)) or any("elasticache.amazonaws.com" in each for each in lets):
        return not_applicable("ElastiCache does not publish to an encrypted topic")
    key = it.inputs.get("kmsMasterKeyId")
    return required(key not in (None, "alias/aws/sns"), f"kmsMasterKeyId is {key}")


RULE = PolicyRule(
    id="sns-encrypted",
    controls=("SNS.1", "AwsSolutions-SNS2"),
    types=(TOPIC,),
    what=__doc__,
    why="With the AWS-managed key alarms are dropped without a word.",
    mend="Set kmsMasterKeyId to a key of your own.",
    check=check,
)
