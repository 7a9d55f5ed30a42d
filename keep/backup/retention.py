"""What is kept and what is let go, as a rule over the backups of a place: pure, with a reason for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from keep.backup.listing import Kept
from keep.manifest import Source
from knowledge.backups.copies import DAILY_DAYS, KEEP_DAYS

LEVELS = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How long backups are kept: all of the last days, then the first of each week."""

    days: int = KEEP_DAYS
    """Days that the first backup of each week, Sunday to Saturday in UTC, is kept."""
    daily: int = DAILY_DAYS
    """Days that every backup is kept."""

    def all_of(self) -> timedelta:
        """Return the age to which every backup is kept: never less than a day."""
        return timedelta(days=max(1, min(self.daily, self.days)))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of one backup."""

    id: str
    keep: bool
    reason: str


def decide(
    backups: Sequence[Kept], now: datetime, rule: Rule, locked: Mapping[str, str] | None = None
) -> list[Decision]:
    """Decide on each backup of a place, in the order in which they are given.

    `locked`: id -> what keeps it from being removed for good. Backups of different sources do not count for each other;
    what cannot say whose it is counts for nobody, and is let go when it is old.
    """
    sources: dict[Source | None, list[Kept]] = {}
    for each in backups:
        sources.setdefault(each.source, []).append(each)
    reasons: dict[str, str] = {}
    for source, those in sources.items():
        for backup, reason in (_kept if source else _unreadable)(those, now, rule):
            reasons.setdefault(backup, reason)
    for backup, reason in (locked or {}).items():
        reasons.setdefault(backup, reason)
    return [
        Decision(id=each.id, keep=each.id in reasons, reason=reasons.get(each.id) or _old(each, now, rule))
        for each in backups
    ]


def _old(backup: Kept, now: datetime, rule: Rule) -> str:
    if _age(backup, now) < timedelta(days=rule.days):
        return f"older than {rule.all_of().days} days, and not the week's first"
    return f"older than {rule.days} days"


def _unreadable(those: Iterable[Kept], now: datetime, rule: Rule) -> Iterator[tuple[str, str]]:
    """What cannot say whose it is could be anybody's last one: it stays as long as the rule keeps anything."""
    days = max(1, rule.days)
    for each in those:
        if _age(each, now) < timedelta(days=days):
            yield each.id, f"younger than {days} days; it cannot be read"


def _kept(those: Iterable[Kept], now: datetime, rule: Rule) -> Iterator[tuple[str, str]]:
    """Backups of one source that are kept, each with its reasons, the strongest first."""
    oldest_first = sorted(those, key=lambda each: each.id)
    for level in reversed(LEVELS):
        if good := [each for each in oldest_first if each.verified >= level]:
            yield good[-1].id, f"the newest that is verified at level {level}"
    if whole := [each for each in oldest_first if not each.failed]:
        yield whole[-1].id, "the newest"
    yield oldest_first[-1].id, "the newest"
    weeks: dict[tuple[int, int], str] = {}
    for each in oldest_first:
        age = _age(each, now)
        if age < rule.all_of():
            yield each.id, f"younger than {rule.all_of().days} days"
        if each.failed or age >= timedelta(days=rule.days):
            continue
        if weeks.setdefault(_week(each, now), each.id) == each.id:
            yield each.id, f"the first of its week, younger than {rule.days} days"


def _age(backup: Kept, now: datetime) -> timedelta:
    """A name that says no time is that of nothing we made: it is never old."""
    return now - backup.made_at if backup.made_at else timedelta(0)


def _week(backup: Kept, now: datetime) -> tuple[int, int]:
    """Year and week, which begins on Sunday: the full backup of F1 is made in its first night."""
    year, week, _ = ((backup.made_at or now) + timedelta(days=1)).isocalendar()
    return year, week
