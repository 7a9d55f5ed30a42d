"""What a rule is: a pure function over one resource and its stack, with what, why and the controls it implements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from graph.resource import Resource
from knowledge.networks import too_wide


@dataclass(frozen=True, kw_only=True)
class RuledStack:
    """Every resource, and what kind of stack it is."""

    resources: tuple[Resource, ...]
    production: bool
    """Whether its servers are protected: rules about availability and loss hold there."""

    def of(self, type_: str) -> Iterator[Resource]:
        return (each for each in self.resources if each.type == type_)

    def about(self, type_: str, key: str, it: Resource) -> Iterator[Resource]:
        """The resources of a type whose input `key` refers to `it`."""
        return (each for each in self.of(type_) if each.inputs.get(key) in it.known_as)


@dataclass(frozen=True, kw_only=True)
class RuleVerdict:
    """How a rule came out; `detail` says what is wrong, or why the rule has nothing to say."""

    outcome: Literal["passed", "failed", "not applicable"]
    detail: str = ""


PASSED = RuleVerdict(outcome="passed")


def failed(detail: str) -> RuleVerdict:
    return RuleVerdict(outcome="failed", detail=detail)


def not_applicable(why: str) -> RuleVerdict:
    return RuleVerdict(outcome="not applicable", detail=why)


def required(holds: bool, otherwise: str) -> RuleVerdict:
    return PASSED if holds else failed(otherwise)


Check = Callable[[Resource, RuledStack], RuleVerdict]


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """One rule: what it demands of which resource types, why, and how it judges them."""

    id: str
    controls: tuple[str, ...]
    """Security Hub's FSBP controls and cdk-nag's AwsSolutions rules that it implements; none for a rule of ours."""
    types: tuple[str, ...]
    what: str
    why: str
    mend: str
    check: Check
    production: bool = False
    """Whether it holds in production only."""

    def judge(self, it: Resource, stack: RuledStack) -> RuleVerdict:
        """Try the rule on a resource of one of its types."""
        if self.production and not stack.production:
            return not_applicable("not a production stack")
        return self.check(it, stack)


def statements(policy: Any) -> list[dict[str, Any]]:
    """The statements of a policy document, which Pulumi passes as JSON text."""
    document = json.loads(policy) if isinstance(policy, str) else policy or {}
    found = document.get("Statement", [])
    return found if isinstance(found, list) else [found]


def as_list(value: object) -> list[Any]:
    """IAM's fields are one value or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]


def open_to_all(policy: object) -> bool:
    """Whether a statement lets everybody in, without a condition."""
    return any(
        s.get("Effect") == "Allow" and s.get("Principal") in ("*", {"AWS": "*"}) and not s.get("Condition")
        for s in statements(policy)
    )


def denies_plain(policy: object) -> bool:
    """Whether a statement denies what comes without TLS."""
    return any(
        s.get("Effect") == "Deny" and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for s in statements(policy)
    )


def opened(it: Resource, stack: RuledStack) -> str | None:
    """The excess that the rules of a security group admit together; None where there is none.

    A group is what they all say in `securityGroupId`; a rule about another group or a prefix list has no networks.
    """
    group = it.inputs.get("securityGroupId")
    others = (each for each in stack.of(it.type) if each.inputs.get("securityGroupId") == group)
    return too_wide(block for each in others for block in _blocks(each)) if [*_blocks(it)] else None


def _blocks(it: Resource) -> Iterator[str]:
    return (str(block) for key in ("cidrIpv4", "cidrIpv6") if (block := it.inputs.get(key)))


def is_true(value: object) -> bool:
    """Whether it is true, in the two ways in which the provider takes it."""
    return value is True or value == "true"
