"""From a topic to its recipients: subscriptions, their filters, queues with their policies and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from alarms.finding import BrokenStep, Severity, error
from alarms.policies import AccessRequest
from alarms.publishers import CLOUDWATCH, Publisher
from alarms.publishing import KEY_ACTIONS, judged
from alarms.stack import StackIndex
from graph import types
from graph.resource import Resource


def heard(stack: StackIndex, topic: Resource, publishers: list[Publisher], unheard: Severity) -> Iterator[BrokenStep]:
    """Whether somebody hears what is published to a topic; `unheard`: how grave it is when there is nobody."""
    names = tuple(dict.fromkeys(each.name for each in publishers))
    held = stack.subscriptions.get(topic.arn, [])
    deaf = [finding for each in held for finding in _deaf(stack, topic, each, publishers)]
    yield from deaf
    if not held:
        yield BrokenStep(
            severity=unheard, step="subscription", resource=topic.name, what="nobody subscribes to it",
            mend="name recipients in data-tier:notify", alarms=names,
        )  # fmt: skip


def _deaf(
    stack: StackIndex, topic: Resource, subscription: Resource, publishers: list[Publisher]
) -> Iterator[BrokenStep]:
    """Why a subscription hears nothing."""
    inputs, here = subscription.inputs, subscription.name
    names = tuple(dict.fromkeys(each.name for each in publishers))
    protocol = inputs.get("protocol", "chat")
    if protocol in ("http", "https") and not inputs.get("endpointAutoConfirms"):
        yield error(
            "subscription", here, f"it is {protocol} and is never confirmed: nobody answers SNS's question",
            "set endpointAutoConfirms, and let the receiver answer", *names,
        )  # fmt: skip
    if protocol == "sqs":
        yield from _queue(stack, topic, subscription, names)
    if bool(topic.inputs.get("fifoTopic")) and protocol != "sqs":
        yield error(
            "subscription", here, f"the topic is FIFO, and those deliver to queues only, not to {protocol}",
            "make it a standard topic", *names,
        )  # fmt: skip
    policy = inputs.get("filterPolicy")
    if policy and policy != "{}":
        silenced = tuple(dict.fromkeys(each.name for each in publishers if not _passes(inputs, str(policy), each)))
        if silenced:
            yield error(
                "subscription", here, "its filter policy asks for what these messages do not have",
                "drop the filter, or filter by MessageBody on fields that an alarm's message has", *silenced,
            )  # fmt: skip


ALARM_FIELDS = frozenset(
    {
        "AlarmName", "AlarmDescription", "AWSAccountId", "AlarmConfigurationUpdatedTimestamp", "NewStateValue",
        "NewStateReason", "StateChangeTime", "Region", "AlarmArn", "OldStateValue", "OKActions", "AlarmActions",
        "InsufficientDataActions", "Trigger",
    }
)  # fmt: skip
"""Of an alarm's message. It has no attributes, so that a filter by attributes drops every alarm:
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"""


def _passes(inputs: Mapping[str, object], policy: str, publisher: Publisher) -> bool:
    try:
        keys = set(json.loads(policy))
    except ValueError:
        return False
    if inputs.get("filterPolicyScope") == "MessageBody":
        return publisher.service != CLOUDWATCH or keys <= ALARM_FIELDS
    return publisher.attributes


def _queue(stack: StackIndex, topic: Resource, subscription: Resource, names: tuple[str, ...]) -> Iterator[BrokenStep]:
    endpoint, here = str(subscription.inputs.get("endpoint")), subscription.name
    if endpoint.endswith(".fifo") and not topic.inputs.get("fifoTopic"):
        # https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
        yield error(
            "subscription", here, "the queue is FIFO and the topic is not: SNS refuses to subscribe it",
            "subscribe a standard queue", *names,
        )  # fmt: skip
    queue = stack.queues.get(endpoint)
    if queue is None:
        return  # somebody else's; its policy is out of sight here, and `alarms prove` shows nothing of it either
    policies = [p for p in stack.of(types.QUEUE_POLICY) if p.inputs.get("queueUrl") == queue.id]
    policy = str(policies[0].inputs.get("policy") if policies else queue.inputs.get("policy") or '{"Statement": []}')
    context = {"aws:SourceArn": topic.arn, "aws:SourceAccount": stack.place.account, "aws:SecureTransport": "true"}
    send = AccessRequest(
        kind="Service", principal="sns.amazonaws.com", action="sqs:SendMessage", resource=queue.arn, context=context
    )
    if not (verdict := judged(policy, send)).allowed:
        yield error(
            "subscription", (policies[0] if policies else queue).name, verdict.why,
            "allow sqs:SendMessage to sns.amazonaws.com from this topic", *names,
        )  # fmt: skip
    key = stack.keys.get(str(queue.inputs.get("kmsMasterKeyId")))
    if key is None:
        return
    for action in KEY_ACTIONS:
        use = AccessRequest(
            kind="Service", principal="sns.amazonaws.com", action=action, resource=key.arn, context=context
        )
        if not (verdict := judged(str(key.inputs.get("policy") or '{"Statement": []}'), use)).allowed:
            yield error(
                "key policy", key.name, f"{verdict.why}: the queue {queue.name} is encrypted with it",
                "allow kms:Decrypt and kms:GenerateDataKey* to sns.amazonaws.com", *names,
            )  # fmt: skip
