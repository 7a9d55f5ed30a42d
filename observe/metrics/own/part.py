"""What one reading gave for the exporter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from observe.metrics.family import Family
from observe.metrics.source import Refused


@dataclass(frozen=True, kw_only=True)
class Part:
    """Metrics of one group."""

    families: Sequence[Family] = ()
    refused: Sequence[Refused] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Check -> series that the cap left out."""
