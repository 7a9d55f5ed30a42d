"""How old the newest copy and the last drill of a stack are, and how they came out, for the exporter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime

from observe.health.recovery import NOT_DECLARED, Recoverable, recovery_findings
from observe.metrics.family import Family, Sample, gauge
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.part import Part
from observe.metrics.own.source import STACK, Group, OwnSource
from observe.metrics.source import Refused

EVERY = 900.0
"""Seconds between two readings: a listing, and a small object or two for each copy."""
BACKUP, VERIFIED, DAMAGED = (
    "datatier_backup_age_seconds",
    "datatier_backup_verified_age_seconds",
    "datatier_backup_damaged",
)
DRILL, FAILED = "datatier_drill_age_seconds", "datatier_drill_failed"
NAMES = (BACKUP, VERIFIED, DAMAGED, DRILL, FAILED)
Now = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def recovery_source(
    read: Callable[[], Recoverable], limit: float, now: Now = _now, *, drill_limit: float | None = None
) -> OwnSource[None]:
    """What is known of a stack's copies and drills.

    :param read: looks at the place where they lie. May raise BootstrapError.
    :param limit: seconds that the newest copy may be old.
    :param drill_limit: seconds that the last drill may be old, where the stack has a schedule of them.
    """

    def part(_: None) -> Part:
        return _part(read(), now(), limit, drill_limit)

    return OwnSource(STACK, lambda: nullcontext(None), [Group("recovery", EVERY, (*NAMES, STATUS), part)])


def not_kept_source(why: str, mend: str) -> OwnSource[None]:
    """The same where nobody has said where copies lie: it is said in the place of each metric."""
    part = Part(refused=[Refused(name, why, mend) for name in (BACKUP, DRILL)])
    return OwnSource(STACK, lambda: nullcontext(None), [Group("recovery", EVERY, (BACKUP, DRILL), lambda _: part)])


def _part(found: Recoverable, now: datetime, limit: float, drill_limit: float | None) -> Part:
    verdicts = checks(recovery_findings(found, now, limit, drill_limit))
    unknown = [Refused(BACKUP, *NOT_DECLARED)] if found.place is None else []
    return Part(families=(*_families(found, now), *verdicts.families), refused=[*verdicts.refused, *unknown])


def _families(found: Recoverable, now: datetime) -> Iterator[Family]:
    ages = (
        (BACKUP, "Seconds since the newest whole backup was begun.", found.backup[1] if found.backup else None),
        (VERIFIED, "The same of the newest one that was verified.", found.verified[1] if found.verified else None),
        (DRILL, "Seconds since a drill last ended with a verdict.", found.drilled),
    )
    for name, text, at in ages:
        yield Family(name, "gauge", text, [] if at is None else [Sample((), (now - at).total_seconds())])
    if found.place is not None:
        yield gauge(DAMAGED, "Backups that are not what was written.", len(found.damaged))
    yield gauge(FAILED, "Kinds of drills of which the last one has not passed.", len(found.not_passed))
