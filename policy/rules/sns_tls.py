"""A topic refuses publishers without TLS."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import TOPIC_POLICY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, denies_plain, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(denies_plain(it.inputs.get("policy")), "nothing denies aws:SecureTransport false")


RULE = PolicyRule(
    id="sns-tls",
    controls=("AwsSolutions-SNS3",),
    types=(TOPIC_POLICY,),
    what=__doc__,
    why="What an alarm says is nobody else's business.",
    mend="Deny where aws:SecureTransport is false.",
    check=check,
)
