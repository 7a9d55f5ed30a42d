"""Lets backups go: the manifest first, so that what is left of a removal that was killed looks like no backup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keep import manifest as manifests
from keep.backup.leftovers import ABANDONED, leftovers
from keep.backup.listing import Kept, kept
from keep.backup.retention import Decision, Rule, decide
from keep.place.place import Found, Place


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a removal would do."""

    at: datetime
    decisions: tuple[Decision, ...]
    """On each backup, the oldest first."""
    leftovers: tuple[Found, ...]
    """Objects of killed runs."""

    @property
    def removed(self) -> list[str]:
        """The backups that go."""
        return [each.id for each in self.decisions if not each.keep]


def plan(place: Place, now: datetime, rule: Rule, *, stack: str | None = None) -> Plan:
    """Decide what goes, of one stack's backups or of all, and change nothing."""
    every = [each for each in kept(place) if stack is None or _of(each, stack)]
    first = decide(every, now, rule)
    locked = {
        each.id: held
        for each in first
        if not each.keep and (held := place.locked(f"{each.id}/{manifests.NAME}")) is not None
    }
    decided = decide(every, now, rule, locked) if locked else first
    return Plan(at=now, decisions=tuple(decided), leftovers=tuple(leftovers(place, now)))


def carry_out(place: Place, planned: Plan) -> int:
    """Remove what the plan says, and the parts that killed writers have left; return how many objects went."""
    removed = 0
    for backup in planned.removed:
        place.remove(f"{backup}/{manifests.NAME}")
        rest = list(place.found(f"{backup}/"))
        for found in rest:
            place.remove(found.key)
        removed += 1 + len(rest)
    for found in planned.leftovers:
        place.remove(found.key)
    return removed + len(planned.leftovers) + place.sweep(planned.at - ABANDONED)


def _of(backup: Kept, stack: str) -> bool:
    return backup.source is not None and backup.source.stack == stack
