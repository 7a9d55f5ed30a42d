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
from rehearse.report import StatementPlan

_CATALOG = {"pg_catalog", "information_schema"}


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
) -> tuple[tuple[StatementPlan, ...], tuple[str, ...]]:
    """Return the comparisons, those with another plan first, and ids of statements that only one could plan. Pure."""
    both = [each for each in statements if str(each["id"]) in before and str(each["id"]) in after]
    made = [compared(each, before[str(each["id"])], after[str(each["id"])]) for each in both]
    lost = tuple(str(each["id"]) for each in statements if (str(each["id"]) in before) > (str(each["id"]) in after))
    return tuple(sorted(made, key=lambda each: (not each.changed, -(each.cost_ratio or 0)))), lost
