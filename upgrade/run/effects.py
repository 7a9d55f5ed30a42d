"""Brings one effect about: looked for first, noted before and after, waited for."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from upgrade.check import Value, texts
from upgrade.effect import Again, Call, Deploy, Effect, Person, Sql
from upgrade.run.errors import AwsError, StepError, WaitingError
from upgrade.run.looking import all_hold, any_holds, seen, wait
from upgrade.run.notes import EffectNote, Notebook
from upgrade.run.world import World
from upgrade.step import UpgradeStep

_SHOWN = timedelta(minutes=5)
"""How soon after a call AWS shows it at the latest; before that a look that finds nothing proves nothing."""


@dataclass(frozen=True, kw_only=True)
class Doing:
    """A step that is being done, or undone."""

    world: World
    book: Notebook
    step: UpgradeStep
    effects: MutableMapping[str, EffectNote]
    """Notes of its effects, by number."""
    agreed: Callable[[UpgradeStep], bool]
    say: Callable[[str], None]

    def begin(self, number: str) -> EffectNote:
        """Note that an effect begins, before it does."""
        if number not in self.effects:
            self.effects[number] = EffectNote(began_at=self.world.now())
        return self.effects[number]

    def keep(self) -> None:
        """Write the notes."""
        self.book.keep()

    def end(self, number: str) -> None:
        """Note that it is over."""
        self.begin(number).ended_at = self.world.now()
        self.keep()


def carry_out(doing: Doing, number: str, effect: Effect) -> None:
    """Do it, or find that it is done. Raise StepError, WaitingError, or what the world raises."""
    match effect:
        case Call():
            _call(doing, number, effect)
        case Deploy():
            _deploy(doing, number, effect)
        case Sql():
            _sql(doing, number, effect)
        case Again():
            _again(doing, effect)
        case Person():
            if not doing.agreed(doing.step):
                raise _by_hand(doing, effect.texts)
    doing.end(number)


def _call(doing: Doing, number: str, call: Call) -> None:
    world = doing.world
    if all_hold(world, call.until):
        return
    known = doing.effects.get(number)
    fresh = known is not None and bool(known.request) and world.now() - known.began_at < _SHOWN
    if not fresh and not any_holds(world, call.made):
        found: dict[str, Value] = {}
        for name, look in call.finds.items():
            value = world.look(look)
            if not texts(value) or texts(value) == ("",):
                raise StepError(f"{call.operation}: AWS knows no {name}: {look}")
            found[name] = [str(each) for each in value] if isinstance(value, list) else str(value)
        note = doing.begin(number)
        resumed = known is not None
        note.began_at = world.now()
        note.was = {each.says: ", ".join(seen(world, each)) for each in call.until}
        doing.keep()
        doing.say(f"{call.service} {call.operation}")
        try:
            note.request = world.call(call, found)
        except AwsError as error:
            # A killed run has made the call, and AWS did not show it yet.
            if not (resumed and error.code.endswith("AlreadyExists")):
                raise
        doing.keep()
    try:
        wait(world, call.until, going=call.made, seconds=call.minutes * 60, say=doing.say)
    except StepError:
        if known := doing.effects.get(number):
            known.request = ""  # the next run may make it again at once
            doing.keep()
        raise


def _deploy(doing: Doing, number: str, deploy: Deploy) -> None:
    world = doing.world
    lacking = world.lacks(deploy.lines)
    if all_hold(world, deploy.until) and not lacking and not deploy.unseen:
        return
    if not any_holds(world, deploy.going):
        if any_holds(world, deploy.pending):
            raise _window(deploy)
        doing.begin(number)
        doing.keep()
        if lacking:
            said = "; ".join(lacking)
            raise WaitingError(
                f"the stack's file has to say {said}; then: {' && '.join((*deploy.before, deploy.command))}",
                needs="deployment",
            )
        doing.say(deploy.command)
        if not world.deploy(deploy) and not (deploy.unseen and doing.agreed(doing.step)):
            if deploy.unseen:
                raise _by_hand(doing, (*deploy.before, deploy.command))
            raise WaitingError(
                f"it is declared and not deployed: {' && '.join((*deploy.before, deploy.command))}", needs="deployment"
            )
        if not all_hold(world, deploy.until) and any_holds(world, deploy.pending):
            raise _window(deploy)
    wait(world, deploy.until, going=deploy.going, seconds=deploy.minutes * 60, say=doing.say)


def _by_hand(doing: Doing, texts: Sequence[str]) -> WaitingError:
    what = "; ".join(texts)
    return WaitingError(
        f"only a person can do it: {what}. Say --accept {doing.step.id} when it is done.", needs="person"
    )


def _window(deploy: Deploy) -> WaitingError:
    return WaitingError(f"{deploy.pending[0].says}: run it again after that", needs="window")


def _sql(doing: Doing, number: str, sql: Sql) -> None:
    rows = doing.world.ask(sql.each)
    note = doing.begin(number)
    back = [str(row[2]) for row in rows if len(row) > 2 and row[2]]
    note.back = [*note.back, *(each for each in back if each not in note.back)]
    doing.keep()
    for role, statement, *_ in rows:
        if statement:
            doing.say(statement)
            doing.world.execute(statement, role)


def _again(doing: Doing, again: Again) -> None:
    prefix, slash, _ = doing.step.id.rpartition("/")
    noted = doing.book.notes.steps.get(f"{prefix}{slash}{again.step}")
    for note in noted.effects.values() if noted else ():
        for statement in note.back:
            doing.say(statement)
            doing.world.execute(statement, None)
