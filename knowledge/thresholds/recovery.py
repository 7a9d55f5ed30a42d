"""Thresholds of what could be had again: how old the last backup and the last drill are, and how they came out."""

from __future__ import annotations

from dataclasses import replace

from knowledge.alarms.facts import FACTS
from knowledge.backups.copies import BETWEEN_MINUTES, MAKING_MINUTES
from knowledge.thresholds.threshold import Threshold, of_alarms

_DUE = (BETWEEN_MINUTES + MAKING_MINUTES) / 60
"""Hours after which the next backup should have been whole."""
BACKUP = of_alarms(
    "backup",
    FACTS,
    unit="h",
    warn=("backup-old", _DUE),
    source="a copy is made each day (data-tier:backup.logical), and may take two hours",
)
VERIFIED = of_alarms(
    "backup-verified",
    FACTS,
    unit="h",
    warn=("backup-unverified", _DUE + BETWEEN_MINUTES / 60),
    source="each copy is verified once it is made: one that was not may be a mishap, two are not",
)
DAMAGED = of_alarms(
    "backup-damaged",
    FACTS,
    unit="backups",
    warn=("backup-damaged", 0),
    source="none is expected: a hash differs only where something has changed what was kept",
)
DRILL = of_alarms(
    "drill",
    FACTS,
    unit="d",
    warn=("drill-old", 35),
    source="a drill each month by hand: 35 days leave out none; data-tier:backup.drills says otherwise",
)
DRILL_RESULT = of_alarms(
    "drill-result",
    FACTS,
    unit="drills",
    warn=("drill-failed", 0),
    source="the last drill of each kind is expected to have passed",
)


def backup(limit: float) -> Threshold:
    """The threshold of a stack that says how old its newest backup may become, in hours."""
    return replace(BACKUP, warn=limit, source="the stack's schedule of copies, and the time that one may take")


def drill(limit: float) -> Threshold:
    """The threshold of a stack whose drills run on a schedule: how old the last one may become, in days."""
    return replace(DRILL, warn=limit, source="the stack's schedule of drills, and a week")


def verified(limit: float) -> Threshold:
    """The same of the newest one that was verified: one more may be missing."""
    return replace(VERIFIED, warn=limit + BETWEEN_MINUTES / 60)
