"""Carries a plan out, step by step. Any step may be the last of a run: the next one goes on where it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upgrade.effect import Effect
from upgrade.file import StoredPlan
from upgrade.run.effects import Doing, carry_out
from upgrade.run.errors import StaleError, StepError, WaitingError
from upgrade.run.looking import all_hold, holds, unmet, wait
from upgrade.run.notes import Notebook, StepNote
from upgrade.run.world import World
from upgrade.step import UpgradeStep

_PROOF_SECONDS = 15 * 60.0
"""How long a proof may take to hold: a replica catches up, an alarm settles."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What whoever runs it has agreed to."""

    agreed: Callable[[UpgradeStep], bool]
    """Whether a step that users notice may be done now, or one that only a person can do has been done."""
    go: bool = False
    """Whether steps that are held may be done."""
    until: str | None = None
    """Id of the step after which it stops."""


def run(plan: StoredPlan, world: World, book: Notebook, asked: Asked, say: Callable[[str], None]) -> bool:
    """Do what is left; return whether that was all of it, which it is not where it stops after `asked.until`.

    Raise StaleError, WaitingError, StepError, or what looking raises. What was done until then is noted.
    """
    if any(not _done(book, step) for step in plan.steps):
        _fits(plan, world)
    for step in plan.steps:
        if not _done(book, step):
            _step(step, world, book, asked, say)
        if step.id == asked.until:
            return step is plan.steps[-1]
    return True


def _done(book: Notebook, step: UpgradeStep) -> bool:
    note = book.notes.steps.get(step.id)
    return note is not None and note.state == "done"


def _fits(plan: StoredPlan, world: World) -> None:
    for check in plan.fits:
        if (found := holds(world, check)) is not None:
            wanted = " or ".join(dict.fromkeys(each or "none" for each in check.wanted))
            raise StaleError(
                f"the plan no longer fits what is deployed: {check.says} is {found}, and it was made for {wanted}. "
                "Plan again: `datatier upgrade plan`."
            )


def _step(step: UpgradeStep, world: World, book: Notebook, asked: Asked, say: Callable[[str], None]) -> None:
    steps = book.notes.steps
    note = steps.get(step.id)
    begun = note is not None and note.state == "begun" and bool(note.effects)
    if not begun:
        note = StepNote(state="begun", what=step.what, began_at=world.now())
        if _nothing_to_do(step, world):
            note.found = True
            _end(step, note, world, book, say)
            return
        say(f"{step.what}. Users: {step.users}")
        _may(step, world, asked)
    assert note is not None  # noqa: S101 made above
    steps[step.id] = note
    doing = Doing(world=world, book=book, step=step, effects=note.effects, agreed=asked.agreed, say=say)
    _all(doing, step.do)
    wait(world, step.proofs, seconds=_PROOF_SECONDS, say=say)
    _end(step, note, world, book, say)


def _all(doing: Doing, effects: tuple[Effect, ...]) -> None:
    for number, effect in enumerate(effects):
        known = doing.effects.get(str(number))
        if known is None or known.ended_at is None:
            carry_out(doing, str(number), effect)


def _end(step: UpgradeStep, note: StepNote, world: World, book: Notebook, say: Callable[[str], None]) -> None:
    note.state, note.ended_at = "done", world.now()
    book.notes.steps[step.id] = note
    book.keep()
    say(f"{step.id}: " + ("was done already" if note.found else "done"))


def _nothing_to_do(step: UpgradeStep, world: World) -> bool:
    """Whether all that it is for holds already, as far as AWS or the database shows it."""
    if step.already:
        return all_hold(world, step.already)
    if not step.do or any(effect.kind not in ("call", "deploy") for effect in step.do):
        return False
    for effect in step.do:
        if effect.kind == "deploy" and (effect.unseen or world.lacks(effect.lines)):
            return False
    until = [each for effect in step.do if effect.kind in ("call", "deploy") for each in effect.until]
    return all_hold(world, until) and all_hold(world, step.proofs)


def _may(step: UpgradeStep, world: World, asked: Asked) -> None:
    for check in step.checks:
        if (found := holds(world, check)) is not None:
            raise StepError(f"{step.what}: {unmet(check, found)}")
    if step.hold and not asked.go:
        raise WaitingError(f"{step.what} is held: say --go when it may be done. Users: {step.users}", needs="go")
    if step.noticed and not step.hold and not step.by_hand and not asked.agreed(step):
        raise WaitingError(
            f"users notice it: {step.users} Say --accept {step.id}, or --yes for every such step.", needs="consent"
        )


def undo(plan: StoredPlan, name: str, world: World, book: Notebook, asked: Asked, say: Callable[[str], None]) -> None:
    """Take a step back. Raise StaleError where that cannot be, and what `run` raises."""
    ids = [each.id for each in plan.steps]
    step = plan.steps[ids.index(name)]
    later = [each for each in ids[ids.index(name) + 1 :] if each in book.notes.steps and _counts(book, each)]
    note = book.notes.steps.get(name)
    if note is None or note.state == "undone":
        raise StaleError(f"there is nothing to undo: the step `{name}` was not done.")
    if later:
        raise StaleError(f"`{name}` is not the last that was done: undo {', '.join(reversed(later))} first.")
    if not step.undo:
        raise StaleError(f"`{name}` cannot be undone. {step.no_undo or 'It has changed nothing.'}")
    say(f"Undo: {step.what}")
    if step.noticed and not note.undoing and not asked.agreed(step):
        raise WaitingError(f"users may notice it: {step.users} Say --accept {step.id}, or --yes.", needs="consent")
    doing = Doing(world=world, book=book, step=step, effects=note.undoing, agreed=asked.agreed, say=say)
    _all(doing, step.undo)
    note.state, note.ended_at = "undone", world.now()
    book.keep()
    say(f"{step.id}: undone")


def _counts(book: Notebook, name: str) -> bool:
    note = book.notes.steps[name]
    return note.state == "begun" or (note.state == "done" and not note.found)
