"""Every recovery point has a last day."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import BACKUP_PLAN
from policy.rule import PolicyRule, RuledStack, RuleVerdict, as_list, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    endless = [
        str(each.get("ruleName"))
        for each in as_list(it.inputs.get("rules"))
        if not (each.get("lifecycle") or {}).get("deleteAfter")
        or not all((copy.get("lifecycle") or {}).get("deleteAfter") for copy in as_list(each.get("copyActions")))
    ]
    return required(not endless, f"{', '.join(endless)} keeps recovery points, or their copies, for ever")


RULE = PolicyRule(
    id="backup-expires",
    controls=(),
    types=(BACKUP_PLAN,),
    what=__doc__,
    why="What is kept for ever is paid for ever, and holds what people had a right to see deleted.",
    mend="Set lifecycle.deleteAfter of each rule and of each of its copies.",
    check=check,
)
