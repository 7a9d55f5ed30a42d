"""A stack against every rule. Pure but for the day, which is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from graph.resource import Resource
from policy.engine import UnknownError
from policy.registry import every
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable
from policy.suppression import Suppression


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """One rule on one resource."""

    rule: PolicyRule
    type: str
    resource: str
    outcome: Literal["passed", "failed", "not applicable", "suppressed"]
    detail: str = ""


def evaluate(
    resources: Iterable[Resource],
    suppressions: Iterable[Suppression] = (),
    *,
    today: date,
    rules: Sequence[PolicyRule] | None = None,
) -> tuple[RuleResult, ...]:
    """Every result, by rule and resource. A production stack is one that protects a resource."""
    everything = tuple(resources)
    stack = RuledStack(resources=everything, production=any(each.protect for each in everything))
    kept = {(s.rule, s.resource): s for s in suppressions if today <= s.until}
    return tuple(
        _result(rule, each, _judged(rule, each, stack), kept.get((rule.id, each.name)))
        for rule in (every() if rules is None else rules)
        for type_ in rule.types
        for each in stack.of(type_)
    )


def _judged(rule: PolicyRule, it: Resource, stack: RuledStack) -> RuleVerdict:
    try:
        return rule.judge(it, stack)
    except UnknownError as error:
        return not_applicable(f"{error.args[0]} is known only after the deployment")


def _result(rule: PolicyRule, it: Resource, verdict: RuleVerdict, kept: Suppression | None) -> RuleResult:
    if verdict.outcome == "failed" and kept:
        detail = f"{verdict.detail}; until {kept.until}: {kept.reason}"
        return RuleResult(rule=rule, type=it.type, resource=it.name, outcome="suppressed", detail=detail)
    return RuleResult(rule=rule, type=it.type, resource=it.name, outcome=verdict.outcome, detail=verdict.detail)


def unused(results: Iterable[RuleResult], suppressions: Iterable[Suppression]) -> tuple[Suppression, ...]:
    """Suppressions that nothing needs: the rule passes, the resource is gone, or the day is past."""
    needed = {(each.rule.id, each.resource) for each in results if each.outcome == "suppressed"}
    return tuple(each for each in suppressions if (each.rule, each.resource) not in needed)
