"""A function runs on a supported Python."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import FUNCTION
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required

# docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_SUPPORTED = frozenset({"python3.12", "python3.13", "python3.14"})


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    runtime = str(it.inputs.get("runtime"))
    return required(runtime in _SUPPORTED, f"runtime is {runtime}")


RULE = PolicyRule(
    id="lambda-runtime",
    controls=("Lambda.2", "AwsSolutions-L1"),
    types=(FUNCTION,),
    what=__doc__,
    why="An old runtime gets no security fixes and can no longer be deployed.",
    mend="Take a newer runtime.",
    check=check,
)
