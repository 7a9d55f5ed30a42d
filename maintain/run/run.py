"""Does what is planned, one action after the other, on one connection, as long as nobody feels it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.manifest import PRIMARY
from knowledge.thresholds.while_maintaining import AGAIN_SECONDS, PASSING_SECONDS, PAUSE_SECONDS, TRIES
from maintain.action import Action, MaintenancePlan, Skipped
from maintain.report import Done, MaintenanceReport, State, left
from maintain.run.attempt import Attempt, End, attempt
from maintain.run.budget import Budget, check
from maintain.run.leftovers import drop
from maintain.run.objects import Object
from maintain.run.proof import Proof
from maintain.run.under_way import under_way
from maintain.run.watch import Watch
from observe.quantities import duration

Say = Callable[[str], None]
_POLL_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Means:
    """With what a run works."""

    conn: psycopg.Connection[Any]
    """That `session.begin` has made ready, with the lock of maintenance."""
    watch: Watch
    proof: Proof
    budget: Budget
    cache: Callable[[Action], Done] = left
    """Does an action on a cache's node."""
    say: Say = lambda _: None
    pause: Callable[[float], None] = sleep


def run(plan: MaintenancePlan, means: Means) -> MaintenanceReport:
    """Carry it out. Raise AskedError where the budget is too short for any of it."""
    check(means.budget, plan.actions)
    began = datetime.now(UTC)
    work = _Run(means)
    work.all(plan.actions)
    return MaintenanceReport(
        began_at=began.isoformat(timespec="seconds"),
        seconds=round(means.budget.seconds - means.budget.left, 3),
        budget_seconds=means.budget.seconds,
        done=tuple(work.done),
        stopped=work.stopped,
        unseen=means.watch.unseen,
    )


def on_caches(plan: MaintenancePlan, budget: Budget, cache: Callable[[Action], Done], say: Say) -> MaintenanceReport:
    """Carry out what is about caches alone; a database that was wanted and did not answer has failed.

    Raise AskedError where the budget is too short for any of it.
    """
    check(budget, plan.actions)
    silent = (each for each in plan.skipped if each.object == PRIMARY)
    began, done = datetime.now(UTC), [_silent(each) for each in silent]
    for action in plan.actions:
        say(_begun(action))
        done.append(cache(action) if budget.fits(action) else left(action, budget.lacks(action)))
    return MaintenanceReport(
        began_at=began.isoformat(timespec="seconds"),
        seconds=round(budget.seconds - budget.left, 3),
        budget_seconds=budget.seconds,
        done=tuple(done),
    )


def _silent(skipped: Skipped) -> Done:
    return Done(kind="", node=PRIMARY, object=PRIMARY, statement="", state="failed", detail=skipped.why)


def _begun(action: Action) -> str:
    """One line; the plan and the report have the statements, which may be long."""
    return f"{action.kind} {action.object}"


class _Run:
    def __init__(self, means: Means) -> None:
        self._means = means
        self.done: list[Done] = []
        self.stopped = ""

    def all(self, actions: Sequence[Action]) -> None:
        """Each its turn; another one at the end for those without their lock, or that a replica still held back."""
        behind: list[tuple[Action, Done]] = []
        for action in actions:
            self._turn(action, TRIES, lambda action, done: behind.append((action, done)))
        if behind and not self.stopped:
            self._means.pause(min(AGAIN_SECONDS, self._means.budget.left))
        for action, first in behind:
            if self.stopped:
                self.done.append(first)
            else:
                self._turn(action, 1, lambda _, done: self.done.append(done), before=first.tries)

    def _turn(self, action: Action, tries: int, again: Callable[[Action, Done], None], *, before: int = 0) -> None:
        means = self._means
        if not self.stopped and means.budget.left and not means.budget.fits(action):
            self.done.append(left(action, means.budget.lacks(action)))
            return
        self.stopped = self.stopped or self._reason(action)
        if self.stopped:
            self.done.append(left(action))
            return
        means.say(_begun(action))
        if action.node != means.proof.node:
            self.done.append(means.cache(action))
            return
        try:
            found = self._tried(action, tries, before)
        except (BootstrapError, psycopg.Error) as error:  # of the looks before and after it
            self.stopped = f"the server could not be looked at: {' '.join(str(error).split())}"
            self.done.append(left(action))
            return
        if found.state == "left":
            again(action, found)
        else:
            self.done.append(found)
        if found.state != "done":
            means.say(f"{found.state}: {found.detail}")

    def _reason(self, action: Action) -> str:
        """Why nothing more is begun; empty where nothing is in the way, or has passed in time."""
        means, until = self._means, monotonic() + PASSING_SECONDS
        said = ""
        while True:
            if not means.budget.left:
                return f"the budget of {duration(means.budget.seconds)} is used up" + (f"; {said}" if said else "")
            if means.conn.closed:
                return "the connection was lost"
            reason = means.watch.trouble(action.kind) or under_way(means.conn)
            if not reason or monotonic() > until:
                return reason
            if reason != said:
                means.say(f"waits: {reason}")
                said = reason
            means.pause(_POLL_SECONDS)

    def _tried(self, action: Action, tries: int, before: int) -> Done:
        means = self._means
        was = means.proof.before(action)
        began, found = monotonic(), None
        for number in range(1, tries + 1):
            found = attempt(means.conn, action, means.budget, means.watch)
            if found.end != "locked" or number == tries or not means.budget.left:
                break
            means.say(f"again in {duration(PAUSE_SECONDS)}: {found.detail}")
            means.pause(min(PAUSE_SECONDS, means.budget.left))
        assert found is not None  # noqa: S101 it is tried once at least
        return self._concluded(action, found, was, tries=before + number, seconds=monotonic() - began)

    def _concluded(self, action: Action, found: Attempt, was: Object, *, tries: int, seconds: float) -> Done:
        state, detail, now = _STATES[found.end], found.detail, was
        if found.end == "lost":
            self.stopped = detail
        else:
            try:
                if found.end in ("stopped", "locked", "failed"):
                    detail = "; ".join(filter(None, (detail, drop(self._means.conn, action, was, self._means.proof))))
                now, verdict = self._means.proof.after(action, was)
                if found.end == "done":
                    state, detail = verdict
            except (BootstrapError, psycopg.Error) as error:
                state, self.stopped = "failed", f"the server could not be looked at: {' '.join(str(error).split())}"
                detail = "; ".join(filter(None, (detail, f"what came of it is not known: {self.stopped}")))
        if found.end == "stopped" and not found.watched.stopped:
            self.stopped = detail
        return Done(
            kind=action.kind,
            node=action.node,
            object=action.object,
            statement=action.statement,
            state=state,
            seconds=round(seconds, 3),
            detail=detail,
            tries=tries,
            rows=found.rows,
            bytes_before=was.bytes,
            bytes_after=now.bytes,
            blocked_seconds=round(found.watched.blocked_seconds, 3),
            lag_seconds=round(found.watched.lag_seconds, 3),
        )


_STATES: dict[End, State] = {
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "locked": "left",
    "gone": "left",
    "lost": "stopped",
}
