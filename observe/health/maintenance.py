"""How long ago a stack was last maintained and what failed in it, as the reports of the runs say. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from knowledge.thresholds.maintenance import MAINTENANCE, MAINTENANCE_RESULT
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, judged
from observe.quantities import duration

_DAY = 86_400
_RUN, _REPORT = "datatier maintain run", "datatier maintain report"


@dataclass(frozen=True, kw_only=True)
class Maintained:
    """The last run."""

    at: datetime
    failed: tuple[str, ...]
    """The statements that failed."""


def maintenance_findings(last: Maintained | None, now: datetime) -> Iterator[Finding]:
    """Judge it; where there never was a run there is nothing to judge."""
    if last is None:
        yield from not_known("no run is known on this computer", _RUN)
        return
    age = max((now - last.at).total_seconds(), 0)
    yield judged(MAINTENANCE, age / _DAY, f"the last maintenance is {duration(age)} old", mend=_RUN)
    said = f"failed: {'; '.join(last.failed)}" if last.failed else "nothing of it has failed"
    yield judged(MAINTENANCE_RESULT, len(last.failed), said, mend=_REPORT)


def not_known(why: str, mend: str) -> Iterator[Finding]:
    """The same where the reports are elsewhere, or there is none."""
    said = f"the age of the last maintenance is not known: {why}"
    yield Finding(check=MAINTENANCE.id, status=Status.SKIPPED, message=said, threshold=MAINTENANCE, mend=mend)
