"""Carries a drill out: claims the stack, does the steps and times them, destroys what was made, judges and reports.

One drill at a time for a stack: two would measure each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import redis

from bootstrap.errors import BootstrapError
from keep.drill import cache_proof, canary, tidy
from keep.drill.drill import Drill, NotWholeError
from keep.drill.notes import Notes, alive, me
from keep.drill.plan import DrillPlan
from keep.drill.report import DrillReport, Phase, PhaseName
from keep.drill.scene import Scene, Stage
from keep.drill.verdict import DESTROYED, judge, rto
from keep.drill.words import new_run
from keep.errors import AskedError, KeepError

_RENEW = 30.0
"""Seconds between two renewals of the notes, by which others see that the run is alive."""
_TROUBLE = (BootstrapError, psycopg.Error, redis.RedisError, OSError)


def carry_out(drill: Drill, scene: Scene, *, resume: bool = False) -> DrillReport:
    """Do it and return its report, which is kept by then. Raise AskedError or KeepError where it cannot even begin.

    :param resume: go on with the run of this drill that was killed, in place of removing what it has left.
    """
    notes = _resumed(drill, scene) if resume else _begun(drill, scene)
    stage = Stage(scene=scene, notes=notes)
    broke: str | None = None
    not_whole: str | None = None
    with _renewed(scene, notes):
        try:
            if notes.incident_at is None:
                drill.prepare(stage)
                scene.books.note(notes)
            for step in drill.steps():
                if all(phase.name != step.phase for phase in notes.phases):
                    with _timed(stage, step.phase) as said:
                        said.append(step.do(stage))
        except NotWholeError as error:
            not_whole = str(error)
        except _TROUBLE as error:
            broke = _sentence(error)
        with _timed(stage, "destroy") as said:
            gone, left = _destroyed(stage)
            said.append(left or _gone(gone))
    report = scene.books.append(_report(notes, scene, broke, not_whole))
    scene.books.ended(notes.id)
    return report


def planned(drill: Drill, scene: Scene) -> DrillPlan:
    """Return what it would do. Raise AskedError for what cannot be."""
    return drill.plan(scene, new_run(scene.now()))


def clean(scene: Scene) -> tuple[str, ...]:
    """Remove what drills have left, whoever made it, and return what that was. Raise KeepError while a drill runs."""
    before = _free(scene)
    gone = tidy.cleared(scene)
    with scene.as_master() as conn:
        return (*before, *gone, *_dropped(conn))


def _begun(drill: Drill, scene: Scene) -> Notes:
    now = scene.now()
    run = new_run(now)
    drill.plan(scene, run)
    _free(scene)
    notes = Notes(
        id=run,
        drill=drill.name,
        stack=scene.stack.stack,
        asked=drill.asked,
        holder=me(),
        began_at=now,
        renewed_at=now,
    )
    scene.books.claim(notes)
    return notes


def _resumed(drill: Drill, scene: Scene) -> Notes:
    found = scene.books.running()
    if found is None or found.drill != drill.name:
        there = "no drill was killed" if found is None else f"the one that was killed is `{found.drill}`"
        raise AskedError(f"there is nothing to go on with: {there}. Leave --resume out.")
    _refuse_alive(scene, found)
    if found.asked != drill.asked:
        raise AskedError(f"the run {found.id} was asked for {found.asked or 'nothing'}: ask for the same, or begin one")
    found.facts = {**found.facts, "resumed": "a run that was killed went on; the time between counts"}
    _taken_over(scene, found)
    return found


def _free(scene: Scene) -> tuple[str, ...]:
    """Refuse where a drill runs; of one that was killed remove what it made, and report that it has no verdict.

    Return what was removed. On AWS that takes minutes: whoever begins meanwhile is refused too.
    """
    if (found := scene.books.running()) is None:
        return ()
    _refuse_alive(scene, found)
    scene.say(f"the drill {found.id} was killed: removing what it has left")
    where = _cut_short(found)
    _taken_over(scene, found)
    with _renewed(scene, found):
        gone, left = _destroyed(Stage(scene=scene, notes=found))
    found.facts = {**found.facts, "removed": _gone(gone)}
    end = f"{left}: `datatier drill clean` removes it" if left else "a later run removed what it had made"
    scene.books.append(_report(found, scene, f"the drill was killed{where}; {end}", None))
    scene.books.ended(found.id)
    return gone


def _taken_over(scene: Scene, notes: Notes) -> None:
    notes.holder, notes.renewed_at = me(), scene.now()
    scene.books.note(notes)


def _cut_short(found: Notes) -> str:
    """Add the phase that a run was killed in, for as long as is known, and say which that was."""
    if found.running is None or found.running_since is None:
        return ""
    seconds = round(max((found.renewed_at - found.running_since).total_seconds(), 0), 3)
    killed = Phase(name=found.running, began_at=found.running_since, seconds=seconds, detail="killed", ok=False)
    found.phases = [*found.phases, killed]
    return f" in the phase {found.running}"


def _refuse_alive(scene: Scene, found: Notes) -> None:
    if alive(found, scene.now()):
        raise KeepError(
            f"the drill {found.drill} of {found.stack} runs since {found.began_at:%H:%M:%S} UTC"
            f" (process {found.holder.pid} on {found.holder.host}): wait until it has ended"
        )


@contextmanager
def _timed(stage: Stage, name: PhaseName) -> Iterator[list[str]]:
    """Time a phase; what it did is the last thing in the list that the block is given. A killed one has no end."""
    notes, scene = stage.notes, stage.scene
    if notes.running != name or notes.running_since is None:
        notes.running_since = scene.now()
    notes.running = name
    began = notes.running_since
    scene.books.note(notes)
    scene.say(name)
    said: list[str] = []
    ok = True
    try:
        yield said
    except _TROUBLE as error:
        ok = False
        said.append(_sentence(error))
        raise
    finally:
        if said:
            seconds = round(max((scene.now() - began).total_seconds(), 0), 3)
            phase = Phase(name=name, began_at=began, seconds=seconds, detail=said[-1], ok=ok)
            notes.phases = [*notes.phases, phase]
            notes.running, notes.running_since = None, None
            scene.books.note(notes)


def _destroyed(stage: Stage) -> tuple[tuple[str, ...], str]:
    """Close and remove all that the run has made, and what drills before it have left.

    Return what that was, and why something is still there: a check that fails.
    """
    scene = stage.scene
    left: list[str] = []
    gone: tuple[str, ...] = ()
    try:
        stage.closing.close()
        gone = tidy.cleared(scene)
    except _TROUBLE as error:
        left.append(_sentence(error))
    try:
        with scene.as_master() as conn:
            gone = (*gone, *_dropped(conn))
    except _TROUBLE as error:
        left.append(f"the heartbeats' database is still there: {_sentence(error)}")
    try:
        cache_proof.swept(stage)
    except _TROUBLE as error:
        left.append(f"the heartbeat in the cache is still there: {_sentence(error)}")
    why = "; ".join(left)
    stage.notes.check(DESTROYED, not left, why or _gone(gone))
    return gone, why


def _gone(what: tuple[str, ...]) -> str:
    return f"gone: {', '.join(what)}" if what else "nothing was there"


def _dropped(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    return tuple(f"database {name}" for name in canary.remove(conn))


@contextmanager
def _renewed(scene: Scene, notes: Notes) -> Iterator[None]:
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_RENEW):
            notes.renewed_at = scene.now()
            try:
                scene.books.note(notes)
            except KeepError:
                continue  # the next step's note says why it cannot be kept

    thread = threading.Thread(target=renew, name="drill-notes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _report(notes: Notes, scene: Scene, broke: str | None, not_whole: str | None) -> DrillReport:
    verdict, reason = judge(notes, scene.objective, broke, not_whole)
    return DrillReport(
        id=notes.id,
        drill=notes.drill,
        stack=notes.stack,
        verdict=verdict,
        reason=reason,
        began_at=notes.began_at,
        incident_at=notes.incident_at,
        rto_seconds=rto(notes),
        rpo_seconds=notes.rpo_seconds,
        objective=scene.objective,
        phases=tuple(notes.phases),
        checks=tuple(notes.checks),
        facts=notes.facts,
    )


def _sentence(error: Exception) -> str:
    """Of PostgreSQL only the primary message: the others may quote rows."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return " ".join((said or str(error) or type(error).__name__).split())
