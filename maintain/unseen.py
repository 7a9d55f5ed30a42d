"""What was not to be seen, and so is not planned either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from knowledge.thresholds.threshold import Status
from maintain.action import Skipped
from observe.observation import Observed


def unseen(observed: Iterable[Observed]) -> Iterator[Skipped]:
    """One for each right or answer that was missing, whatever it was missing for."""
    said: dict[tuple[str, str], Skipped] = {}
    for each in observed:
        for finding in each.findings:
            if finding.status is Status.SKIPPED:
                skipped = Skipped(object=f"{each.node}: {each.observation.id}", why=finding.message, mend=finding.mend)
                said.setdefault((each.node, finding.message), skipped)
    yield from said.values()
