"""Thresholds of the maintenance of a stack: how long ago it last ran, and what failed in it."""

from __future__ import annotations

from knowledge.alarms.maintenance import MAINTENANCE as WORDS
from knowledge.maintenance import BETWEEN_DAYS
from knowledge.thresholds.threshold import Threshold, of_alarms

MAINTENANCE_RESULT = of_alarms(
    "maintenance-result",
    WORDS,
    unit="actions",
    warn=("maintenance-failed", 0),
    source="none is expected: what was stopped for the sake of others, or did not fit the budget, has not failed",
)
MAINTENANCE = Threshold(
    id="maintenance",
    warn=BETWEEN_DAYS + 1,
    critical=None,
    unit="d",
    source="maintenance is due once a week (data-tier:maintenance), and may be a day late",
    meaning="Nobody has maintained the stack for more than a week.",
    first_steps=("See what is to be done: `datatier maintain plan`.", "Do it: `datatier maintain run`."),
    runbook=MAINTENANCE_RESULT.runbook,
)
