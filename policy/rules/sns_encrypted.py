"""A topic is encrypted under a key that its publishers may use."""

from __future__ import annotations

from policy.rule import CACHE, TOPIC, Resource, Rule, Stack, Verdict, not_applicable, required


def check(it: Resource, stack: Stack) -> Verdict:
    if any(True for _ in stack.about(CACHE, "notificationTopicArn", it)):
        return not_applicable("ElastiCache does not publish to an encrypted topic")
    key = it.inputs.get("kmsMasterKeyId")
    return required(key not in (None, "alias/aws/sns"), f"kmsMasterKeyId is {key}")


RULE = Rule(
    id="sns-encrypted",
    controls=("SNS.1", "AwsSolutions-SNS2"),
    types=(TOPIC,),
    what=__doc__,
    why="With the AWS-managed key alarms are dropped without a word.",
    mend="Set kmsMasterKeyId to a key of your own.",
    check=check,
)
