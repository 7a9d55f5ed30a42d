"""The drill `deletion`: rows deleted by mistake are found in a copy of the moment before, and merged back.

Nobody's rows are at stake: two copies of one moment are restored, the deletion is played on the one, which stands for
the database in use, and the other is what the rows come back from. Since both are of one moment, what the first must be
afterwards is what the second is, row by row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.manifest import Endpoint
from keep.drill import copies, prove, wait
from keep.drill.drill import NotWholeError, Step
from keep.drill.mistake import delete, largest_loss, refuse
from keep.drill.pitr import source_of
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillName
from keep.drill.same_rows import compare
from keep.drill.scene import Scene, Stage
from keep.drill.serve import serve
from keep.drill.steps import answering, source_clock
from keep.drill.words import when
from keep.errors import KeepError
from keep.estate.naming import copy_name
from keep.postgres.merge.find import Wanted
from keep.postgres.merge.merge import Merged, Triggers, merge

USED, COPY = "used", "copy"
"""Parts of the names: the copy that stands for the database in use, and the one that rows come back from."""
_TABLE, _AT, _AGAIN = "deleted from", "restored to", "references set again"


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """Implements `Drill`."""

    table: str | None = None
    """Where rows are deleted, `TABLE` or `SCHEMA.TABLE`; None: where they take rows of most other tables along."""

    @property
    def name(self) -> DrillName:
        return "deletion"

    @property
    def asked(self) -> dict[str, str]:
        return {"table": self.table} if self.table else {}

    def plan(self, scene: Scene, run: str) -> DrillPlan:
        source_of(scene)
        with scene.as_master() as conn:
            refuse(conn, scene.access.owner, self.table)
        prefix = scene.stack.prefix
        return DrillPlan(
            drill="deletion",
            stack=scene.stack.stack,
            makes=tuple(f"instance {copy_name(prefix, run, part)}" for part in (USED, COPY)),
            touches=(f"nothing: rows are deleted in a copy of {scene.source}",),
            does=(
                f"restores {scene.source} to the newest moment that it can be, into an instance that stands for it",
                f"deletes rows of {self.table or 'the table whose rows take most others along'} there, and commits",
                "restores it once more, finds there what was deleted, and merges it back",
                "proves every row and every reference, and logs in as the application",
                "destroys both instances and proves that they are gone",
            ),
            seconds=scene.usual_seconds("deletion"),
        )

    def prepare(self, stage: Stage) -> None:
        """Restore what stands for the database in use, and delete. Done again after a kill it deletes some more."""
        scene, notes = stage.scene, stage.notes
        latest = source_of(scene).latest
        assert latest is not None  # noqa: S101 source_of
        if _AT not in notes.facts:
            notes.facts = {**notes.facts, _AT: latest.isoformat()}
            scene.books.note(notes)
        _restored(stage, USED)
        with scene.as_master(wait.instance_available(scene, stage.name(USED))) as conn:
            table = notes.facts.get(_TABLE) or largest_loss(conn, scene.access.owner, self.table)
            notes.facts = {**notes.facts, _TABLE: table}
            scene.books.note(notes)
            lost = delete(conn, scene.access.owner, table)
        notes.facts = {**notes.facts, "deleted": lost}
        notes.incident_at = source_clock(stage)
        # Had the server been lost with them, this is what no copy would have had; both copies are of a moment before
        # that, so that they are the same.
        newest = source_of(scene).latest
        assert newest is not None  # noqa: S101 source_of
        notes.lost_since(newest, "LatestRestorableTime")

    def steps(self) -> Sequence[Step]:
        return (
            Step(phase="detect", do=_detect),
            Step(phase="restore", do=lambda stage: _restored(stage, COPY)),
            Step(phase="merge", do=_merge),
            Step(phase="prove", do=_prove),
            Step(phase="serve", do=lambda stage: serve(stage, _at(stage, USED))),
        )


def _detect(stage: Stage) -> str:
    facts = stage.notes.facts
    moment = when(datetime.fromisoformat(facts[_AT]))
    return f"{facts['deleted']}; decided to look for them in a copy of {moment} UTC"


def _restored(stage: Stage, part: str) -> str:
    scene, name = stage.scene, stage.name(part)
    at = datetime.fromisoformat(stage.notes.facts[_AT])

    def make() -> None:
        scene.estate.restore_to_point_in_time(scene.source, name, at, made_by=stage.notes.id)

    copies.instance(stage, name, make)
    return answering(stage, name)


def _merge(stage: Stage) -> str:
    """With triggers, as in use; without them where they would make other rows of those that come back."""
    try:
        merged = _merged(stage, carry_out=True, triggers="fire")
    except KeepError as error:
        stage.notes.facts = {**stage.notes.facts, "triggers": f"off, for {error}"}
        merged = _merged(stage, carry_out=True, triggers="off")
    if merged.plan.blocks:
        raise NotWholeError(f"the rows cannot be merged back: {'; '.join(merged.plan.blocks)}")
    set_again = {each.foreign_key: each.rows for each in merged.plan.references if each.rows}
    stage.notes.memory = {**stage.notes.memory, _AGAIN: json.dumps(set_again)}
    back = ", ".join(f"{each.rows} of {each.table}" for each in merged.plan.tables if each.rows)
    references = sum(set_again.values())
    return f"merged back: {back}" + (f"; {references} references that were cleared" if references else "")


def _prove(stage: Stage) -> str:
    notes, scene = stage.notes, stage.scene
    plan = _merged(stage, carry_out=False, triggers="fire").plan
    left = plan.rows + sum(each.rows + each.kept for each in plan.references)
    notes.check("rows back", not left, f"{left} rows or references are still missing" if left else "all of them")
    with scene.as_master(_at(stage, USED)) as used, scene.as_master(_at(stage, COPY)) as copy:
        again: dict[str, int] = json.loads(notes.memory.get(_AGAIN, "{}"))
        for name, ok, detail in compare(copy, used, scene.access.owner, again):
            notes.check(name, ok, detail)
    return prove.prove(stage, _at(stage, USED))


def _merged(stage: Stage, *, carry_out: bool, triggers: Triggers) -> Merged:
    scene = stage.scene
    wanted = [Wanted(table=stage.notes.facts[_TABLE])]
    with scene.as_master(_at(stage, COPY)) as copy, scene.as_master(_at(stage, USED)) as used:
        return merge(copy, used, wanted, role=scene.access.owner, carry_out=carry_out, triggers=triggers)


def _at(stage: Stage, part: str) -> Endpoint:
    return wait.instance_available(stage.scene, stage.name(part))
