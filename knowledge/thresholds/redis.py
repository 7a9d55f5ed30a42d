"""Thresholds of what a Redis or Valkey node tells of itself."""

from __future__ import annotations

from knowledge.alarms.catalogue import REDIS
from knowledge.alarms.redis_thresholds import MEMORY_CRITICAL, MEMORY_HIGH
from knowledge.thresholds.threshold import of_alarms

MEMORY = of_alarms(
    "memory", REDIS, unit="%", warn=("memory-high", MEMORY_HIGH), critical=("memory-critical", MEMORY_CRITICAL)
)
