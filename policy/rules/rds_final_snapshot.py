"""A deleted primary leaves a snapshot."""

from __future__ import annotations

from graph.replica import replica_source
from graph.resource import Resource
from graph.types import INSTANCE
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    if replica_source(it.inputs):
        return not_applicable("RDS takes none of a replica")
    kept = not it.inputs.get("skipFinalSnapshot") and bool(it.inputs.get("finalSnapshotIdentifier"))
    return required(kept, "skipFinalSnapshot is true or finalSnapshotIdentifier is not set")


RULE = PolicyRule(
    id="rds-final-snapshot",
    controls=(),
    types=(INSTANCE,),
    what=__doc__,
    why="It is the last way back.",
    mend="Leave skipFinalSnapshot off and name finalSnapshotIdentifier.",
    check=check,
    production=True,
)
