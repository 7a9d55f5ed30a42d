"""From a publisher into its topic: region, topic policy, key, key policy."""

from __future__ import annotations

import json
from collections.abc import Iterator

from alarms.finding import BrokenStep, error, warning
from alarms.policies import AccessRequest, Decision, PolicyError, judge
from alarms.publishers import CLOUDWATCH, ELASTICACHE, EVENTS, PLAIN_KEY, STANDARD_ONLY, UNENCRYPTED_ONLY, Publisher
from alarms.stack import StackIndex
from graph.resource import Resource

PUBLISH = "sns:Publish"
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a publisher does with the key of an encrypted topic: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
MANAGE = ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:SetTopicAttributes", "sns:Subscribe")
"""What the account's own principals do with a topic: a deployment, and `datatier alarms prove`."""


def reaches(stack: StackIndex, publisher: Publisher) -> Iterator[BrokenStep]:
    """What keeps a publisher's message from its topic."""
    topic, here = stack.topics.get(publisher.topic), publisher.resource.name
    region = stack.region(publisher.resource)
    parts = publisher.topic.split(":")
    if len(parts) != 6 or parts[3] != region:
        yield error(
            "action", here, f"it publishes to {publisher.topic}, and it is in {region} itself",
            f"give it a topic of {region}: nobody publishes to a topic of another region", publisher.name,
        )  # fmt: skip
        return
    if topic is None:
        # A cache that was there before the stack may keep a topic of others (`existing.topic`); no alarm may.
        tell = warning if publisher.service == ELASTICACHE else error
        yield tell(
            "topic", here, f"it publishes to {publisher.topic}, which the stack does not declare",
            "give it the ARN of a topic of this stack, from the topic's own output", publisher.name,
        )  # fmt: skip
        return
    yield from _form(topic, publisher)
    yield from _admitted(stack, topic, publisher)
    yield from _encrypted(stack, topic, publisher)


def _form(topic: Resource, publisher: Publisher) -> Iterator[BrokenStep]:
    if topic.inputs.get("fifoTopic") and publisher.service in STANDARD_ONLY:
        yield error(
            "topic", topic.name, f"it is a FIFO topic, and {publisher.service} publishes to standard ones only",
            "make it a standard topic", publisher.name,
        )  # fmt: skip


def _admitted(stack: StackIndex, topic: Resource, publisher: Publisher) -> Iterator[BrokenStep]:
    holder, policy = stack.topic_policies.get(topic.arn, (topic, default_policy(topic.arn, stack.place.account)))
    request = AccessRequest(
        kind=publisher.kind,
        principal=publisher.service if publisher.kind == "Service" else "",
        action=PUBLISH,
        resource=topic.arn,
        context=publisher.context,
    )
    verdict = judged(policy, request)
    if not verdict.allowed:
        yield error(
            "topic policy", holder.name, verdict.why,
            f"allow sns:Publish to {publisher.service} for this account and region", publisher.name,
        )  # fmt: skip


def default_policy(topic: str, account: str) -> str:
    """The policy of a topic that was given none (SNS CreateTopic): this account, by the owner of the source."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [*MANAGE, PUBLISH, "sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic"],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return json.dumps({"Version": "2008-10-17", "Statement": [statement]})


def judged(policy: str, request: AccessRequest) -> Decision:
    try:
        return judge(policy, request)
    except PolicyError as problem:
        return Decision(allowed=False, why=f"its policy {problem}")


def _encrypted(stack: StackIndex, topic: Resource, publisher: Publisher) -> Iterator[BrokenStep]:
    name = topic.inputs.get("kmsMasterKeyId")
    if not name:
        return
    if publisher.service in UNENCRYPTED_ONLY:
        yield error(
            "key", topic.name, f"it is encrypted, and {publisher.service} publishes to topics without encryption only",
            "leave kmsMasterKeyId off this topic", publisher.name,
        )  # fmt: skip
        return
    if str(name).endswith("alias/aws/sns"):
        yield error(
            "key", topic.name, f"it is encrypted with alias/aws/sns, whose policy shuts {publisher.service} out",
            "encrypt it with a customer-managed key that names the publisher", publisher.name,
        )  # fmt: skip
        return
    key = stack.keys.get(str(name))
    if key is None:
        yield error(
            "key", topic.name, f"it is encrypted with {name}, which the stack does not declare",
            "encrypt it with a key of this stack, by the key's ARN", publisher.name,
        )  # fmt: skip
        return
    yield from _usable(stack, topic, key, publisher)


def _usable(stack: StackIndex, topic: Resource, key: Resource, publisher: Publisher) -> Iterator[BrokenStep]:
    if stack.region(key) != stack.region(topic):
        yield error(
            "key", topic.name, f"its key is in {stack.region(key)}, and it is in {stack.region(topic)} itself",
            "give it a key of its own region", publisher.name,
        )  # fmt: skip
    if key.inputs.get("isEnabled") is False:
        yield error("key", key.name, "it is disabled", "enable it", publisher.name)
    for action in KEY_ACTIONS:
        yield from _granted(topic, key, publisher, action)


def _granted(topic: Resource, key: Resource, publisher: Publisher, action: str) -> Iterator[BrokenStep]:
    """A grant under a condition is judged as AWS documents it: it holds for alarms, and does not for EventBridge."""
    policy = str(key.inputs.get("policy") or json.dumps({"Statement": []}))
    encryption = {"kms:EncryptionContext:aws:sns:topicArn": topic.arn}
    bare, full = (
        judged(
            policy,
            AccessRequest(
                kind="Service", principal=publisher.service, action=action, resource=key.arn, context=context
            ),
        )
        for context in (encryption, {**publisher.context, **encryption})
    )
    mend = f"allow kms:Decrypt and kms:GenerateDataKey* to {publisher.service}"
    if not (full if publisher.service != EVENTS else bare).allowed:
        yield error("key policy", key.name, (full if publisher.service != EVENTS else bare).why, mend, publisher.name)
    elif publisher.service in PLAIN_KEY and not bare.allowed:
        yield warning(
            "key policy", key.name, f"{bare.why}: AWS documents such a condition for {CLOUDWATCH} alone",
            f"{mend} without it, and put the condition into the topic policy", publisher.name,
        )  # fmt: skip


def kept(stack: StackIndex, topic: Resource, names: tuple[str, ...]) -> Iterator[BrokenStep]:
    """Whether topic and key are still their account's."""
    root = f"arn:{stack.place.partition}:iam::{stack.place.account}:root"

    def lost(policy: str, actions: tuple[str, ...], resource: str) -> list[str]:
        context = {"aws:SourceOwner": stack.place.account, "aws:SecureTransport": "true"}
        asked = (
            AccessRequest(kind="AWS", principal=root, action=each, resource=resource, context=context)
            for each in actions
        )
        return [each.action for each in asked if not judged(policy, each).allowed]

    if topic.arn in stack.topic_policies:
        holder, policy = stack.topic_policies[topic.arn]
        if missing := lost(policy, MANAGE, topic.arn):
            # A custom policy replaces SNS's default one, which names the owner.
            yield warning(
                "topic policy", holder.name, f"it does not let its own account {', '.join(missing)}",
                "name the account's root again, as the default policy does", *names,
            )  # fmt: skip
    key = stack.keys.get(str(topic.inputs.get("kmsMasterKeyId")))
    if key is not None and lost(str(key.inputs.get("policy") or "{}"), ("kms:PutKeyPolicy",), key.arn):
        # KMS refuses such a policy: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
        yield error(
            "key policy", key.name, "nobody of its own account could ever change it, so KMS refuses it",
            "allow kms:* to the account's root", *names,
        )  # fmt: skip
