"""What the live topics and keys allow, read back and judged: why a message was lost, or would be.

An emulator delivers whatever the policies say. There a message that arrived is proof of the way only; this is the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from alarms.prove.bell import Bell
from alarms.prove.outcome import Clients, ProofOutcome
from alarms.publishers import alarm_publisher
from alarms.publishing import reaches
from alarms.stack import AccountRegion, StackIndex
from graph.resource import Resource
from graph.types import COMPOSITE_ALARM, KEY, METRIC_ALARM, TOPIC


def read_back(
    clients: Clients, topics: Sequence[str], there: Mapping[str, Bell], outcomes: Sequence[ProofOutcome]
) -> list[ProofOutcome]:
    """The outcomes with what the live policies say of them."""
    if clients.enforcing and all(outcome.arrived for outcome in outcomes):
        return list(outcomes)  # nothing to explain
    _, _, _, region, account, _ = topics[0].split(":", 5)
    stack = StackIndex(_resources(clients, topics), AccountRegion(account=account, region=region))
    return [_judged(clients, stack, there, outcome) for outcome in outcomes]


def _judged(clients: Clients, stack: StackIndex, there: Mapping[str, Bell], outcome: ProofOutcome) -> ProofOutcome:
    if not outcome.topic or (outcome.arrived and clients.enforcing):
        return outcome
    kind = COMPOSITE_ALARM if there[outcome.alarm].composite else METRIC_ALARM
    alarm = Resource(type=kind, name=outcome.alarm, id=outcome.alarm, inputs={"name": outcome.alarm})
    found = [
        f"{each.step}: {each.what}"
        for each in reaches(stack, alarm_publisher(stack, alarm, outcome.topic))
        if each.severity == "error"
    ]
    if not found:
        return outcome
    if outcome.arrived:
        return replace(outcome, arrived=False, why=f"it arrived here, and AWS would drop it ({'; '.join(found)})")
    return replace(outcome, why=f"{outcome.why} ({'; '.join(found)})")


def _resources(clients: Clients, topics: Sequence[str]) -> Iterator[Resource]:
    keys: dict[str, Resource] = {}
    for arn in topics:
        held = clients.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        key = held.get("KmsMasterKeyId") or ""
        inputs: dict[str, Any] = {"kmsMasterKeyId": key, "policy": held.get("Policy")}
        inputs["fifoTopic"] = held.get("FifoTopic") == "true"
        yield Resource(type=TOPIC, name=arn.rpartition(":")[2], id=arn, inputs=inputs, outputs={"arn": arn})
        if key and not key.endswith("alias/aws/sns") and key not in keys:
            keys[key] = _key(clients, key)
    yield from keys.values()


def _key(clients: Clients, key: str) -> Resource:
    about = clients.kms.describe_key(KeyId=key)["KeyMetadata"]
    policy = clients.kms.get_key_policy(KeyId=about["KeyId"], PolicyName="default")["Policy"]
    return Resource(
        type=KEY,
        name=key.rpartition("/")[2],
        id=key,
        inputs={"policy": policy, "isEnabled": about.get("Enabled", True)},
        outputs={"arn": about["Arn"], "keyId": about["KeyId"]},
    )
