"""What is known of one server while it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observed, Rows, judged


@dataclass
class Seen:
    """Written by the thread that looks; read by another one as soon as nobody waits any more."""

    seconds: float
    """How long it is waited for."""
    ms: float | None = None
    """How long one statement took; None while none was answered."""
    error: str = ""
    """Why it let nobody in; empty where it does, and where it says nothing."""
    done: bool = False
    """Whether all was asked."""
    observed: list[Observed] = field(default_factory=list)

    @property
    def up(self) -> bool:
        """Whether it answered at all."""
        return self.ms is not None

    def took(self, began: float) -> None:
        """Keep the time since `began`, a moment of `perf_counter`."""
        self.ms = round(1000 * (perf_counter() - began), 1)

    def rows(self, observation: str) -> Rows | None:
        """What it answered to an observation; None where it has not."""
        return next((each.rows for each in self.observed if each.observation.id == observation), None)

    def answered(self, up: Threshold, response: Threshold, mend: str) -> Iterator[Finding]:
        """What its silence or the time of its answer means; `mend` shows what a slow one is busy with."""
        if self.ms is None:
            yield judged(up, 0, self.error or f"no answer in {self.seconds:g} s", mend=up.runbook)
            return
        yield judged(response, self.ms, f"answers in {self.ms:g} ms", mend=mend)
        if not self.done:
            said = f"the rest was not answered in {self.seconds:g} s"
            yield Finding(check=response.id, status=Status.SKIPPED, message=said, threshold=response)
