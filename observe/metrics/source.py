"""What the exporter asks: a server that is kept open between scrapes, or anything else that gives families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from observe.metrics.family import Family, Sample


class Refused(NamedTuple):
    """A metric that is missing, or shows only a part."""

    metric: str
    """Name of the family."""
    reason: str
    """Why: what the server said, or which right is lacking."""
    grant: str
    """The statement, or the line of access.yaml, that ends it; empty where none does."""


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """What one source gave at one scrape."""

    families: Sequence[Family]
    refused: Sequence[Refused] = ()
    ages: Mapping[str, float] = field(default_factory=dict)
    """Group of collectors -> seconds since its values were read; 0 for those of this scrape."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Collector -> series that its cap left out."""


class Own(NamedTuple):
    """One of the exporter's own gauges."""

    name: str
    help: str

    def of(self, samples: Sequence[Sample]) -> Family:
        """It with those samples."""
        return Family(self.name, "gauge", self.help, samples)


AGE = Own("datatier_group_age_seconds", "Seconds since the values of a group of collectors were read.")
REFUSED = Own("datatier_metric_refused", "A metric that is missing or shows only a part, why, and what ends it.")
DROPPED = Own("datatier_series_dropped", "Series that the cap of a collector left out.")


class Source(Protocol):
    """One server, or another thing that reports about itself.

    Only one thread scrapes a source at a time, and always the same one.
    """

    @property
    def name(self) -> str:
        """The node's name, the end of its label `instance`."""

    def scrape(self, deadline: float) -> Scrape:
        """Read what is due until the deadline, a moment of `time.monotonic()`.

        A server that is down or too slow is a scrape that says so (`pg_up 0`), never an error.
        """

    def absent(self) -> Scrape:
        """What is shown in place of a scrape that did not come. Called by other threads: it touches no session."""

    def close(self) -> None:
        """End the session."""


def shown(scrape: Scrape) -> tuple[Family, ...]:
    """All families of a scrape, with what is said of its collectors."""
    refused = [
        Sample((("metric", metric), ("reason", why), ("grant", ends)), 1)
        for metric, why, ends in dict.fromkeys(scrape.refused)
    ]
    return (
        *scrape.families,
        AGE.of([Sample((("group", group),), age) for group, age in scrape.ages.items()]),
        REFUSED.of(refused),
        DROPPED.of([Sample((("collector", name),), count) for name, count in scrape.dropped.items()]),
    )
