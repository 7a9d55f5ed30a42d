"""The resources of a stack by what refers to them: topics by ARN, keys by any of their names, servers by identifier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from graph.resource import Resource
from graph.types import (
    CACHE,
    CHAT,
    COMPOSITE_ALARM,
    EVENT_RULE,
    FUNCTION,
    INSTANCE,
    KEY,
    KEY_ALIAS,
    METRIC_ALARM,
    PROXY,
    QUEUE,
    SUBSCRIPTION,
    TOPIC,
    TOPIC_POLICY,
    VAULT,
)
from knowledge.regions import partition_of


@dataclass(frozen=True, kw_only=True)
class AccountRegion:
    """Account and region of a stack, which ARNs in policies are compared with."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """AWS partition of the region, such as `aws` or `aws-cn`."""
        return partition_of(self.region).name

    def arn(self, service: str, rest: str, region: str | None = None) -> str:
        """An ARN of this place."""
        return f"arn:{self.partition}:{service}:{region or self.region}:{self.account}:{rest}"


class StackIndex:
    """An index over resources; it changes nothing."""

    def __init__(self, resources: Iterable[Resource], place: AccountRegion) -> None:
        self.resources = tuple(resources)
        self.place = place
        self._by_type: dict[str, list[Resource]] = {}
        for each in self.resources:
            self._by_type.setdefault(each.type, []).append(each)

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types, in the order of declaration."""
        return [each for kind in types for each in self._by_type.get(kind, ())]

    def region(self, resource: Resource) -> str:
        """The region of a resource: its own, or the stack's."""
        return str(resource.inputs.get("region") or self.place.region)

    @cached_property
    def topics(self) -> dict[str, Resource]:
        """SNS topics by ARN."""
        return {topic.arn: topic for topic in self.of(TOPIC)}

    @cached_property
    def topic_policies(self) -> dict[str, tuple[Resource, str]]:
        """Topic's ARN -> the resource that declares its policy, and the policy."""
        inside = {t.arn: (t, str(t.inputs["policy"])) for t in self.of(TOPIC) if t.inputs.get("policy")}
        return inside | {str(p.inputs.get("arn")): (p, str(p.inputs.get("policy"))) for p in self.of(TOPIC_POLICY)}

    @cached_property
    def subscriptions(self) -> dict[str, list[Resource]]:
        """Topic's ARN -> its subscriptions, chat channels among them."""
        found: dict[str, list[Resource]] = {}
        for each in self.of(SUBSCRIPTION):
            found.setdefault(str(each.inputs.get("topic")), []).append(each)
        for each in self.of(CHAT):
            for topic in each.inputs.get("snsTopicArns") or []:
                found.setdefault(str(topic), []).append(each)
        return found

    @cached_property
    def keys(self) -> dict[str, Resource]:
        """By ARN, id, alias and ARN of the alias."""
        found = {name: key for key in self.of(KEY) for name in (key.arn, key.id, key.outputs.get("keyId")) if name}
        for alias in self.of(KEY_ALIAS):
            target = found.get(str(alias.inputs.get("targetKeyId")))
            if target is not None:
                found |= {alias.physical: target, self.place.arn("kms", alias.physical, self.region(alias)): target}
        return found

    @cached_property
    def queues(self) -> dict[str, Resource]:
        """SQS queues by ARN."""
        return {queue.arn: queue for queue in self.of(QUEUE)}

    @cached_property
    def alarms(self) -> dict[str, Resource]:
        """Metric and composite alarms by name."""
        return {alarm.physical: alarm for alarm in self.of(METRIC_ALARM, COMPOSITE_ALARM)}

    @cached_property
    def servers(self) -> dict[str, dict[tuple[str, str], Resource]]:
        """Dimension -> (region, value) -> the resource that publishes metrics under it."""
        found: dict[str, dict[tuple[str, str], Resource]] = {
            dimension: {(self.region(each), each.physical): each for each in self.of(kind)}
            for dimension, kind in DIMENSIONS.items()
        }
        found["CacheClusterId"] = {
            (self.region(group), str(node)): group
            for group in self.of(CACHE)
            for node in group.outputs.get("memberClusters") or []
        }
        return found


DIMENSIONS = {
    "DBInstanceIdentifier": INSTANCE,
    "FunctionName": FUNCTION,
    "TopicName": TOPIC,
    "QueueName": QUEUE,
    "ProxyName": PROXY,
    "BackupVaultName": VAULT,
    "RuleName": EVENT_RULE,
}
"""Dimension -> type of the resource whose name it holds; cache nodes are not resources and are handled separately."""
