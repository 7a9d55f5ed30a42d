"""From a function that fails to its topic: Lambda publishes as the function's role, whose policies must allow it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from alarms.finding import BrokenStep, error
from alarms.policies import AccessRequest, PolicyError, Statement, statements
from alarms.publishing import KEY_ACTIONS, PUBLISH, judged
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import FUNCTION, INVOKE_CONFIG, ROLE, ROLE_POLICY
from knowledge.regions import address


def functions(stack: StackIndex) -> Iterator[BrokenStep]:
    """Whether each function may tell the topics that its asynchronous calls name as destinations.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    for config in stack.of(INVOKE_CONFIG):
        for outcome in ("onFailure", "onSuccess"):
            held = (config.inputs.get("destinationConfig") or {}).get(outcome) or {}
            if ":sns:" in str(held.get("destination")):
                yield from _tells(stack, config, str(held["destination"]))


def _tells(stack: StackIndex, config: Resource, arn: str) -> Iterator[BrokenStep]:
    name = str(config.inputs.get("functionName"))
    topic = stack.topics.get(arn)
    function = next((each for each in stack.of(FUNCTION) if name in (each.physical, each.arn)), None)
    if topic is None:
        yield error(
            "topic", config.name, f"it publishes to {arn}, which the stack does not declare",
            "give it the ARN of a topic of this stack, from the topic's own output", name,
        )  # fmt: skip
        return
    if function is None:
        yield error(
            "event source", config.name, f"it is about {name}, and the stack has no such function",
            "take the name from the function's output", name,
        )  # fmt: skip
        return
    role = next((each for each in stack.of(ROLE) if each.arn == function.inputs.get("role")), None)
    if role is None:
        return  # somebody else's, out of sight here
    wanted = [(PUBLISH, topic.arn)]
    if (key := stack.keys.get(str(topic.inputs.get("kmsMasterKeyId")))) is not None:
        wanted += [(action, key.arn) for action in KEY_ACTIONS]
    context = {"aws:SecureTransport": "true", "kms:ViaService": address("sns", stack.region(topic))}
    for action, resource in wanted:
        asked = AccessRequest(kind="Role", principal=role.arn, action=action, resource=resource, context=context)
        if not (verdict := judged(policies_of(stack, role), asked)).allowed:
            yield error(
                "role policy", role.name, f"{verdict.why}, and {function.name} tells {topic.name} of its calls",
                f"allow {action} in a policy of the role", name,
            )  # fmt: skip


def policies_of(stack: StackIndex, role: Resource) -> str:
    """The inline policies of a role as one document; managed ones of AWS give no function a topic."""
    found: list[Statement] = []
    for each in stack.of(ROLE_POLICY):
        if each.inputs.get("role") in (role.physical, role.id):
            with suppress(PolicyError):  # an invalid policy grants nothing
                found += statements(str(each.inputs.get("policy")))
    return json.dumps({"Statement": found})
