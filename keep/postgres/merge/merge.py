"""Brings rows back from a copy: a plan that changes nothing, or the same with its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import psycopg
from pydantic import BaseModel, ConfigDict

from keep.errors import KeepError
from keep.postgres.merge.apply import apply
from keep.postgres.merge.find import Wanted, find
from keep.postgres.merge.judge import MergePlan, judge
from keep.postgres.merge.side import side
from keep.postgres.merge.stage import Staging

Triggers = Literal["fire", "off"]
"""Whether user's triggers fire for what comes back."""


class Merged(BaseModel):
    """What a merge has done, or would do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: MergePlan
    done: bool
    sequences: tuple[str, ...] = ()
    """Sequences that were set forward."""


def merge(
    copy: psycopg.Connection[Any],
    database: psycopg.Connection[Any],
    wanted: Sequence[Wanted],
    *,
    role: str | None,
    carry_out: bool,
    triggers: Triggers = "fire",
) -> Merged:
    """Bring back what `database` lacks of `wanted`, all or nothing; without `carry_out` only say what it is.

    Both sessions are autocommit and become `role`, the owner of the tables, where one is given. Where the plan has
    blocks nothing is changed. Raise AskedError for what is not there; KeepError where it was begun and rolled back.
    """
    try:
        with side(copy, role, keep=False) as of, side(database, role, keep=carry_out) as into:
            staging = Staging(of, into)
            found = find(staging, wanted)
            plan = judge(staging, found)
            done = carry_out and not plan.blocks
            if not done:
                into.transaction.force_rollback = True
                return Merged(plan=plan, done=False)
            return Merged(plan=plan, done=True, sequences=apply(staging, found, fire=triggers == "fire"))
    except psycopg.Error as error:
        # Only the primary message: the others may quote rows.
        reason = error.diag.message_primary or type(error).__name__
        raise KeepError(f"nothing was merged: {reason}") from None
