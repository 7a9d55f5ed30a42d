"""The plans of the source's slowest statements, as a server of this computer would run them: nothing is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from observe.errors import QuestionError
from observe.observation import Row
from observe.postgres.explain import plan
from rehearse.postgres.plans import Plan, compared, root, schemas
from rehearse.report import Obstacle, StatementPlan

_CATALOG = {"pg_catalog", "information_schema"}


_SHOWN = 300
"""Characters of a statement that are shown."""
STATEMENTS = 20
"""That take most of the time, whose plans are compared."""


def plans(conn: psycopg.Connection[Any], statements: Sequence[Row], settings: Mapping[str, str]) -> dict[str, Plan]:
    """Return id of a statement -> its plan, of those that can be planned here and read more than the catalog.

    Planned as the role that ran it, whose policies are part of the plan; with the source's settings for the planner.
    """
    found: dict[str, Plan] = {}
    roles = {name for (name,) in conn.execute("SELECT rolname FROM pg_roles")}
    for each in statements:
        with conn.transaction(force_rollback=True):
            _set(conn, settings)
            role = str(each["user"])
            if role in roles:
                conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
            try:
                with conn.transaction():
                    made = root(json.loads("\n".join(plan(conn, str(each["query"]), form="JSON"))))
            except QuestionError:
                continue
        if schemas(made) - _CATALOG:
            found[str(each["id"])] = made
        if len(found) == STATEMENTS:
            break
    return found


def _set(conn: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        try:
            with conn.transaction():
                conn.execute("SELECT set_config(%s, %s, true)", (name, value))
        except psycopg.Error:  # one that this version does not have
            continue


def differences(
    statements: Sequence[Row], before: Mapping[str, Plan], after: Mapping[str, Plan]
) -> tuple[tuple[StatementPlan, ...], tuple[Obstacle, ...]]:
    """Return the comparisons, those with another plan first, and what only the old server could plan. Pure."""
    made, lost = list[StatementPlan](), list[Obstacle]()
    for each in statements:
        was, is_ = before.get(str(each["id"])), after.get(str(each["id"]))
        if was is not None and is_ is not None:
            made.append(compared(each, was, is_))
        elif was is not None:
            text = " ".join(str(each["query"]).split())[:_SHOWN]
            what = f"somebody runs it, and the new version cannot plan it: {text}"
            mend = "change the statement: a function, a column or a type that it names is no longer there"
            lost.append(Obstacle(check="statements", object=str(each["id"]), what=what, mend=mend))
    return tuple(sorted(made, key=lambda each: (not each.changed, -(each.cost_ratio or 0)))), tuple(lost)
