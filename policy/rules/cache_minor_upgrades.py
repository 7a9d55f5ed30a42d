"""Minor versions are taken by themselves."""

from __future__ import annotations

from policy.rule import CACHE, Resource, Rule, Stack, Verdict, is_true, required


def check(it: Resource, stack: Stack) -> Verdict:
    return required(is_true(it.inputs.get("autoMinorVersionUpgrade", True)), "autoMinorVersionUpgrade is false")


RULE = Rule(
    id="cache-minor-upgrades",
    controls=("ElastiCache.2",),
    types=(CACHE,),
    what=__doc__,
    why="They carry the security fixes.",
    mend="Leave autoMinorVersionUpgrade on.",
    check=check,
)
