"""Whether an action helped: its object is looked at again, by the same observation and the same planner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from maintain.action import Action, Kind, MaintenancePlan
from maintain.facts import DatabaseFacts
from maintain.postgres.held import follows
from maintain.report import State
from maintain.run.objects import Object, see
from observe.node import PostgresNode
from observe.observation import Observation, Row
from observe.postgres.tables import TABLES
from observe.postgres.vacuum import VACUUM
from observe.postgres.vacuum_horizon import VACUUM_HORIZON, mend, sentence
from observe.postgres.wraparound import WRAPAROUND_TABLES
from observe.quantities import size
from observe.read import look

Planner = Callable[[DatabaseFacts], MaintenancePlan]
_SEEN_BY: Mapping[Kind, tuple[Observation, ...]] = {
    "vacuum": (VACUUM, WRAPAROUND_TABLES),
    "analyze": (TABLES, VACUUM),
}
"""What an action is planned from and is cheap to ask again. Of the other kinds the object itself tells enough."""


class Verdict(NamedTuple):
    """Whether an action helped."""

    state: State
    """`left` where it will as soon as somebody who follows has caught up."""
    why: str


HELPED = Verdict("done", "")


class Proof:
    """Looks at the primary by a session of the watcher's, which is kept until `close`."""

    def __init__(self, node: PostgresNode, facts: DatabaseFacts, plan: Planner) -> None:
        self._node, self._facts, self._plan = node, facts, plan
        self._conn: psycopg.Connection[Any] | None = None

    @property
    def node(self) -> str:
        """Name of the server."""
        return self._node.name

    def before(self, action: Action) -> Object:
        """What there is. Raise what logging in and asking raise."""
        return see(self._session(), action.object)

    def after(self, action: Action, before: Object) -> tuple[Object, Verdict]:
        """What there is now, and whether it helped. Raise as `before`."""
        conn = self._session()
        now = see(conn, action.object)
        return now, self._verdict(conn, action, before, now)

    def close(self) -> None:
        """End the session."""
        if self._conn is not None:
            self._conn.close()

    def _session(self) -> psycopg.Connection[Any]:
        if self._conn is None or self._conn.closed:
            self._conn = self._node.open()
        return self._conn

    def _verdict(self, conn: psycopg.Connection[Any], action: Action, before: Object, now: Object) -> Verdict:
        if action.kind == "drop-index":
            return _failed(f"{action.object} is still there" if now.there else "")
        if action.kind == "reindex":
            return _failed(_reindexed(action, before, now))
        if action.kind in _SEEN_BY:
            return self._planned_still(conn, action)
        return HELPED

    def _planned_still(self, conn: psycopg.Connection[Any], action: Action) -> Verdict:
        # Not who holds back: held back, it is no longer planned, but it has not helped either.
        tables = {name: each for name, each in self._facts.observed.items() if name == TABLES.id}
        observed = tables | {each.id: look(conn, self._node.name, each) for each in _SEEN_BY[action.kind]}
        facts = replace(self._facts, at=datetime.now(UTC), observed=observed)
        again = next((each for each in self._plan(facts).actions if _same(each, action)), None)
        if again is None or (action.kind == "vacuum" and _dead(facts, action) < _dead(self._facts, action)):
            return HELPED
        said, holder = f"it did not help, {again.why}", self._holder(conn) if action.kind == "vacuum" else None
        if holder is None:
            return _failed(said)
        if follows(holder):
            return Verdict("left", f"{said}; {sentence(holder)}, and is about to follow")
        # Whoever reads a slot may be back in a moment: a replica whose slot is dropped has to be made again.
        back = "bring back who reads it, or where nobody will again " if holder["kind"] == "slot" else ""
        return _failed(f"{said}; {sentence(holder)}: {back}{mend(holder)}")

    def _holder(self, conn: psycopg.Connection[Any]) -> Row | None:
        """Who keeps vacuum from removing anything, however short a time ago it began; None where nobody does."""
        rows = look(conn, self._node.name, VACUUM_HORIZON).rows
        ours = (row for row in rows if row["database"] in (None, self._facts.database) and not row["catalogs_only"])
        return next(ours, None)


def _failed(why: str) -> Verdict:
    return Verdict("failed", why) if why else HELPED


def _same(one: Action, other: Action) -> bool:
    return (one.kind, one.node, one.object) == (other.kind, other.node, other.object)


def _dead(facts: DatabaseFacts, action: Action) -> int:
    return sum(int(str(row["dead"])) for row in facts.rows(VACUUM.id) if row["table"] == action.object)


def _reindexed(action: Action, before: Object, now: Object) -> str:
    if not now.there:
        return f"{action.object} is gone"
    if not now.valid:
        return f"{action.object} is not valid"
    # One that was invalid has no size to compare with.
    if before.valid and before.bytes is not None and now.bytes is not None and now.bytes >= before.bytes:
        return f"{action.object} is not smaller than before: {size(now.bytes)}"
    return ""
