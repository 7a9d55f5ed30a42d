"""A cache takes TLS connections only."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import CACHE
from knowledge.redis.abilities import has_tls_mode
from policy.rule import PASSED, PolicyRule, RuledStack, RuleVerdict, failed, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if it.inputs.get("transitEncryptionEnabled") is not True:
        return failed("transitEncryptionEnabled is not true")
    engine, version = str(it.inputs.get("engine") or "redis"), it.inputs.get("engineVersion")
    if version and not has_tls_mode(engine, str(version)):
        return PASSED
    return required(it.inputs.get("transitEncryptionMode") == "required", "transitEncryptionMode is not required")


RULE = PolicyRule(
    id="cache-tls",
    controls=("ElastiCache.5", "AwsSolutions-AEC3"),
    types=(CACHE,),
    what=__doc__,
    why="Passwords and sessions would cross the network in plain text.",
    mend="Set transitEncryptionEnabled and transitEncryptionMode required.",
    check=check,
)
