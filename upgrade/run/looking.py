"""Looks at what a check says, and waits until it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bootstrap.errors import BootstrapError
from upgrade.check import Check, Described, texts
from upgrade.run.errors import StepError
from upgrade.run.world import World

POLL = 15.0
"""Seconds between two looks."""
_SURE = 3
"""Looks in a row after which a state that AWS may pass through is believed: its answers are eventually consistent."""


def seen(world: World, check: Described) -> tuple[str, ...]:
    """What AWS says of it, as text."""
    return texts(world.look(check.look))


def holds(world: World, check: Check) -> str | None:
    """None where it holds; else what was found in place of it."""
    match check.kind:
        case "described":
            found = seen(world, check)
            return None if check.holds(found) else ", ".join(each or "nothing" for each in found) or "nothing"
        case "asked":
            rows = [str(row[0]) for row in world.ask(check.statement)]
            return None if not rows else _some(rows)
        case "declared":
            wrong = list(world.differences())
            return None if not wrong else _some(wrong)


def all_hold(world: World, checks: Sequence[Check]) -> bool:
    """Whether every one does."""
    return all(holds(world, check) is None for check in checks)


def any_holds(world: World, checks: Sequence[Described]) -> bool:
    """Whether one does."""
    return any(check.holds(seen(world, check)) for check in checks)


def wait(
    world: World,
    until: Sequence[Check],
    *,
    going: Sequence[Described] = (),
    seconds: float,
    say: Callable[[str], None],
) -> None:
    """Look until all holds, and say what is found whenever that changes.

    Raise StepError at the deadline, for what never becomes what is wanted, and where AWS has given up what it had
    begun: `going` was seen to hold, and neither it nor `until` does any more.
    """
    began = world.now()
    lost = idle = 0
    went, shown = False, ""
    while True:
        failing, trouble = _first_failing(world, until)
        if failing is None and trouble is None:
            return
        if trouble is None and failing is not None:
            check, found = failing
            if shown != (shown := f"waiting for: {check.says}; now: {found}"):
                say(shown)
            gone = isinstance(check, Described) and check.lost(seen(world, check))
            lost = lost + 1 if gone else 0
            if lost >= _SURE:
                raise StepError(unmet(check, found))
            if going:
                goes = any_holds(world, going)
                went = went or goes
                idle = idle + 1 if went and not goes else 0
            if idle >= _SURE * 4:
                raise StepError(f"AWS has taken it back: {unmet(check, found)}")
        waited = (world.now() - began).total_seconds()
        if waited >= seconds:
            said = str(trouble) if trouble is not None else unmet(*failing) if failing else ""
            raise StepError(f"not done after {waited / 60:.0f} minutes: {said}")
        world.sleep(POLL)


def _first_failing(world: World, until: Sequence[Check]) -> tuple[tuple[Check, str] | None, BootstrapError | None]:
    """What does not hold yet, with what was found; or what kept it from being looked at, which may pass."""
    try:
        for check in until:
            found = holds(world, check)
            if found is not None:
                return (check, found), None
    except BootstrapError as error:
        if not passing(error):
            raise
        return None, error
    return None, None


def passing(error: BootstrapError) -> bool:
    """Whether it may be otherwise in a while: the account makes too many calls, or a server restarts."""
    return bool(getattr(error, "passing", False))


def unmet(check: Check, found: str) -> str:
    """What was wanted and what was found, with what mends it."""
    return f"wanted: {check.says}; found: {found}" + (f"; {check.mend}" if check.mend else "")


def _some(found: list[str]) -> str:
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
