"""Whether a stack could be had again: its copies and its drills, as the place where they lie knows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from knowledge.thresholds.recovery import BACKUP, DAMAGED, DRILL, DRILL_RESULT, backup, drill, verified
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, judged
from observe.quantities import duration

NOT_DECLARED = (
    "nobody has said where copies lie",
    "data-tier:backup.logical, or `datatier backup create --to copies`",
)
"""Why nothing is known of copies, and what mends it."""
_SECONDS = {"h": 3600, "d": 86_400}


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """The last drill of a kind."""

    at: datetime
    verdict: Literal["passed", "failed", "error"]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Recoverable:
    """What a place has of one stack."""

    place: str | None
    """Its address; None where nobody has said where copies lie, and drills alone are known."""
    backup: tuple[str, datetime] | None = None
    """The newest whole copy: its id, and when it was begun; None where there never was one."""
    verified: tuple[str, datetime] | None = None
    """The newest one that its last verification has found whole."""
    damaged: tuple[str, ...] = ()
    """Copies that are not what was written."""
    drills: Mapping[str, Drilled] = field(default_factory=dict)
    """Kind -> the last one of it."""

    @property
    def drilled(self) -> datetime | None:
        """When something was last restored with a verdict; a drill that broke has none."""
        return max((each.at for each in self.drills.values() if each.verdict != "error"), default=None)

    @property
    def not_passed(self) -> dict[str, Drilled]:
        """The kinds whose last drill has not passed."""
        return {kind: each for kind, each in sorted(self.drills.items()) if each.verdict != "passed"}


def recovery_findings(
    found: Recoverable, now: datetime, limit: float, drill_limit: float | None = None
) -> Iterator[Finding]:
    """Judge it; what never was is worse than old.

    :param limit: seconds that the newest copy may be old.
    :param drill_limit: seconds that the last drill may be old, where the stack has a schedule of them.
    """
    if found.place is None:
        yield _unknown(BACKUP, "age of the last backup", *NOT_DECLARED)
    else:
        yield from _copies(found, found.place, now, limit / _SECONDS["h"])
    due = DRILL if drill_limit is None else drill(drill_limit / _SECONDS["d"])
    last = ("", found.drilled) if found.drilled else None
    yield _aged(due, last, now, "the last drill", "datatier drill pitr")
    wrong = [f"{kind}: {each.verdict}, {each.reason}" for kind, each in found.not_passed.items()]
    said = "; ".join(wrong) or ("every last drill has passed" if found.drills else "there is no drill to judge")
    yield judged(DRILL_RESULT, len(wrong), said, mend="datatier drill report")


def _copies(found: Recoverable, place: str, now: datetime, hours: float) -> Iterator[Finding]:
    def verify(backup: str) -> str:
        return f"datatier backup verify {backup} --from {place} --level 2"

    create, newest = f"datatier backup create --to {place}", found.backup[0] if found.backup else None
    yield _aged(backup(hours), found.backup, now, f"the newest copy in {place}", create)
    unverified = verify(newest) if newest else create
    yield _aged(verified(hours), found.verified, now, f"the newest verified copy in {place}", unverified)
    ids = ", ".join(found.damaged)
    said = f"{ids} in {place} not what was written" if found.damaged else "no copy is known to be damaged"
    yield judged(DAMAGED, len(found.damaged), said, mend=verify(found.damaged[-1] if found.damaged else "ID"))


def not_kept(why: str, mend: str) -> Iterator[Finding]:
    """The same where nobody has said where copies lie, or they cannot be looked at."""
    for threshold, what in ((BACKUP, "age of the last backup"), (DRILL, "age of the last restore drill")):
        yield _unknown(threshold, what, why, mend)


def _unknown(threshold: Threshold, what: str, why: str, mend: str) -> Finding:
    said = f"the {what} is not known: {why}"
    return Finding(check=threshold.id, status=Status.SKIPPED, message=said, threshold=threshold, mend=mend)


def _aged(threshold: Threshold, at: tuple[str, datetime] | None, now: datetime, what: str, mend: str) -> Finding:
    if at is None:
        never = Status.CRITICAL if threshold.id == BACKUP.id else Status.WARN
        said = f"{what}: there never was one"
        return Finding(check=threshold.id, status=never, message=said, threshold=threshold, mend=mend)
    name, when = at
    age = max((now - when).total_seconds(), 0)
    said = f"{what}, {name}," if name else what
    return judged(threshold, age / _SECONDS[threshold.unit], f"{said} is {duration(age)} old", mend=mend)
