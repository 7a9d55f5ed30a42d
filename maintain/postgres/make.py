"""An action on a table, with what all of them say: who may, how long, which node."""

from __future__ import annotations

from maintain.action import Action, Kind, Lock
from maintain.estimate import seconds
from maintain.facts import DatabaseFacts
from maintain.postgres.rights import Right


def action(
    facts: DatabaseFacts,
    kind: Kind,
    name: str,
    statement: str,
    right: Right,
    why: str,
    bytes_: int | None,
    dirtied: int = 0,
) -> Action:
    """One statement outside of a transaction under the lock that lets reads and writes go on."""
    lock: Lock = "SHARE UPDATE EXCLUSIVE"
    return Action(
        kind=kind,
        node=facts.node,
        object=name,
        statements=(statement,),
        why=why,
        lock=lock,
        needs=right.needs,
        role=right.role,
        bytes=bytes_,
        seconds=seconds(facts.took.get(statement), bytes_, dirtied),
    )
