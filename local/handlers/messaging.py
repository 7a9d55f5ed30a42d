"""SNS topics and SQS queues in the emulator: an alarm set here really arrives."""

from __future__ import annotations

from typing import Any

from graph import types
from graph.naming import physical_name
from graph.resource import Resource
from local.handlers.emulated import Emulated, Outputs, given, pages
from local.state import Entry


def _topics(client: Any) -> dict[str, Any]:
    return {
        key: topic["TopicArn"]
        for topic in pages(client, "list_topics", "Topics")
        for key in (topic["TopicArn"], topic["TopicArn"].rpartition(":")[2])
    }


def _topic(client: Any, _: object, resource: Resource) -> Outputs:
    name = physical_name(resource)
    arn = client.create_topic(Name=name)["TopicArn"]
    attributes = given(resource.inputs, {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"})
    for key, value in attributes.items():
        client.set_topic_attributes(TopicArn=arn, AttributeName=key, AttributeValue=str(value))
    return {"id": arn, "arn": arn, "name": name}


def _topic_policy(client: Any, _: object, resource: Resource) -> Outputs:
    arn = resource.inputs["arn"]
    client.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=resource.inputs["policy"])
    return {"id": arn}


def _subscriptions(client: Any) -> dict[str, Any]:
    return {
        f"{s['TopicArn']} {s['Protocol']} {s['Endpoint']}": s["SubscriptionArn"]
        for s in pages(client, "list_subscriptions", "Subscriptions")
    }


def _subscription_key(resource: Resource, _: Entry | None) -> str:
    inputs = resource.inputs
    return f"{inputs['topic']} {inputs['protocol']} {inputs['endpoint']}"


def _subscribe(client: Any, _: object, resource: Resource) -> Outputs:
    inputs = resource.inputs
    attributes = given(
        inputs,
        {"filterPolicy": "FilterPolicy", "filterPolicyScope": "FilterPolicyScope", "redrivePolicy": "RedrivePolicy"},
    )
    if inputs.get("rawMessageDelivery") is not None:
        attributes["RawMessageDelivery"] = str(inputs["rawMessageDelivery"]).lower()
    arn = client.subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return {"id": arn, "arn": arn}


def _queues(client: Any) -> dict[str, Any]:
    return {url.rpartition("/")[2]: url for url in pages(client, "list_queues", "QueueUrls")}


def _queue(client: Any, _: object, resource: Resource) -> Outputs:
    name = physical_name(resource)
    attributes = given(
        resource.inputs,
        {"policy": "Policy", "kmsMasterKeyId": "KmsMasterKeyId", "messageRetentionSeconds": "MessageRetentionPeriod"},
    )
    url = client.create_queue(QueueName=name)["QueueUrl"]
    if attributes:
        client.set_queue_attributes(QueueUrl=url, Attributes={k: str(v) for k, v in attributes.items()})
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {"id": url, "url": url, "arn": arn, "name": name}


def _queue_policy(client: Any, _: object, resource: Resource) -> Outputs:
    url = resource.inputs["queueUrl"]
    client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": resource.inputs["policy"]})
    return {"id": url}


def _nothing(client: Any, entry: Entry) -> None:
    """It goes with its topic or queue."""


MESSAGING = {
    types.TOPIC: Emulated(
        "sns",
        "topics",
        _topics,
        lambda resource, _: physical_name(resource),
        _topic,
        _topic,
        lambda client, entry: client.delete_topic(TopicArn=entry["id"]),
    ),
    types.TOPIC_POLICY: Emulated(
        "sns",
        "topics",
        _topics,
        lambda resource, _: str(resource.inputs["arn"]),
        _topic_policy,
        _topic_policy,
        _nothing,
    ),
    types.SUBSCRIPTION: Emulated(
        "sns",
        "subscriptions",
        _subscriptions,
        _subscription_key,
        _subscribe,
        _subscribe,
        lambda client, entry: client.unsubscribe(SubscriptionArn=entry["id"]),
    ),
    types.QUEUE: Emulated(
        "sqs",
        "queues",
        _queues,
        lambda resource, _: physical_name(resource),
        _queue,
        _queue,
        lambda client, entry: client.delete_queue(QueueUrl=entry["id"]),
    ),
    types.QUEUE_POLICY: Emulated(
        "sqs",
        "queues",
        _queues,
        lambda resource, _: str(resource.inputs["queueUrl"]).rpartition("/")[2],
        _queue_policy,
        _queue_policy,
        _nothing,
    ),
}
