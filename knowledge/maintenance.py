"""Scheduled maintenance: where it can run and how long it may take there."""

from __future__ import annotations

from knowledge import limits

KIND = "maintenance"
"""What follows the prefix in the names of what does it."""
FUNCTION_MINUTES = limits.MAINTENANCE_FUNCTION_SECONDS.taken[0][1] // 60
"""Most minutes of work in a function; beyond, a task does it."""
REST_SECONDS = 60
"""What a function has beyond its budget."""
BETWEEN_DAYS = 7
"""From one run to the next."""
