"""One quantity over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Unit = Literal["bytes", "connections", "transactions", "operations/s", "bytes/s", "%", "ms"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """What was measured, the oldest first."""

    name: str
    """`storage`, `connections`, `table public.users`, `keyspace session`."""
    node: str
    """Name of the server: `primary`, a replica's, `CACHE/NODE`."""
    unit: Unit
    times: Sequence[datetime]
    """With their zone, strictly rising."""
    values: Sequence[float]
    """One for each time."""
