"""What can run out, when it does, and how sure that is."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from capacity.fit import Trend
from capacity.series import Series

Confidence = Literal["good", "fair", "none"]
"""`good`: what forecasts of 30 and 90 days ago would have said of today is right to 5 % of the limit, and the latest
date is within twelve months where the likely one is; `fair`: not so, or nothing could have been said so early;
`none`: too little history, or a growth that may as well be none; then there is no date."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a forecast would have said of the last day, and what came."""

    days: int
    """How long ago."""
    said: float
    came: float
    right: bool


Section: TypeAlias = Mapping[str, "str | int | Section"]
"""Keys of a stack's file, as they are nested there."""


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What to move to."""

    what: str
    """One sentence with the class, size or setting."""
    settings: Section = field(default_factory=dict)
    """What to write into the stack's file: `{"postgres": {"class": "db.r7g.xlarge"}}`; empty where none helps."""
    lines: tuple[str, ...] = ()
    """The same as lines of that file (`data-tier:...`): all replicas or caches, as naming one takes the rest out."""
    users: tuple[str, ...] = ()
    """What those who use the data tier notice, in the words of the preflight, the worst first."""
    command: str = ""
    """What plans or prepares it: `datatier upgrade plan ...`."""
    blocked: str = ""
    """Why the preflight, or the rules of settings, would not let it pass."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One thing that has an end."""

    name: str
    """`storage`, `storage-autoscaling`, `connections`, `memory`, `iops`, `throughput`, `transaction-ids`,
    `CACHE memory`."""
    node: str
    unit: str
    now: float
    limit: float | None
    """None where nobody knows it."""
    date: datetime.date | None
    """The likely one within twelve months; None where it is not reached, or cannot be said."""
    interval: tuple[datetime.date | None, datetime.date | None]
    """Earliest and latest, with 95 % confidence; None: beyond twelve months."""
    confidence: Confidence
    why: str
    """Growth with its numbers, or why nothing can be said."""
    too_little: bool = False
    """Whether there is too little history to say anything, or one with too many holes."""
    recommendation: Recommendation | None = None
    history: Series | None = None
    """By days, in the unit of `now`."""
    trend: Trend | None = None
    """The line or curve through it; None where nothing can be said."""
    scores: tuple[Score, ...] = ()
    """How forecasts of before did."""
