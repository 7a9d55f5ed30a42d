"""Sets alarms and restores them, several at once, as fast as CloudWatch lets it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from alarms.prove.bell import Bell, bells

# CloudWatch takes a few SetAlarmState a second and refuses the rest: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
THROTTLED = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "LimitExceeded")
PAUSE_SECONDS = 1.0
WORKERS = 8


class Ringer:
    """The alarms of one proof."""

    def __init__(self, cloudwatch: Any, run: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._cloudwatch = cloudwatch
        self._run = run
        self._pause = pause
        self.touched: list[Bell] = []
        """As they were, in the order in which they were set."""

    def ring(self, bell: Bell) -> None:
        """Set one to ALARM; one that is in ALARM first to OK, as only a change of state acts."""
        self.touched.append(bell)
        if bell.state == "ALARM":
            self._set(bell.name, "OK", bell.ringing(self._run))
        self._set(bell.name, "ALARM", bell.ringing(self._run))

    def again(self, bell: Bell) -> None:
        """Ring one whose message did not come: the subscription may have been too young for it."""
        self._set(bell.name, "OK", bell.ringing(self._run))
        self._set(bell.name, "ALARM", bell.ringing(self._run))

    def restore(self) -> list[str]:
        """Put every touched alarm back; returns those that could not be, with the reason."""
        return restore(self._cloudwatch, [bell.name for bell in self.touched], self._run, self._set, self._run)

    def clear(self, there: Iterable[Bell]) -> list[str]:
        """Put back what killed proofs left in ALARM; returns their names."""
        left = [bell.name for bell in there if bell.left_over]
        restore(self._cloudwatch, left, self._run, self._set, None)
        return left

    def _set(self, name: str, state: str, reason: str) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                self._cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)
            except self._cloudwatch.exceptions.ClientError as refused:
                if refused.response["Error"]["Code"] not in THROTTLED or time.monotonic() > deadline:
                    raise
                self._pause(PAUSE_SECONDS)
            else:
                return


def restore(
    cloudwatch: Any, names: Sequence[str], run: str, put: Callable[[str, str, str], None], owner: str | None
) -> list[str]:
    """Put back the alarms whose state is still a proof's: that of run `owner`, of any where it is None.

    Metric alarms go first: a composite then follows its children by itself, which SetAlarmState alone would not make it
    do (API_SetAlarmState: it "returns to its actual state only once any of its children alarms change state").
    """
    failed: list[str] = []

    def back(bell: Bell) -> None:
        try:
            put(bell.name, bell.before[0], bell.over(run))
        except Exception as problem:
            failed.append(f"{bell.name} ({problem})")

    for composite in (False, True):
        # Read again: CloudWatch may have reset it itself, or put it into a real state.
        there = [bell for bell in bells(cloudwatch, names).values() if bell.composite is composite]
        ours = [bell for bell in there if (bell.left_over if owner is None else bell.of(owner))]
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            list(pool.map(back, ours))
    return failed
