"""An alarm as CloudWatch has it, and the reasons that a proof writes into it.

The reason is all that is written down of a proof that runs: it says what the state was before, so that whoever comes
after a proof that was killed restores it from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PAGE = 100
"""Names in one DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html"""
REASON_LENGTH = 1023
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html"""
_RINGING = re.compile(
    r"datatier alarms prove ([0-9a-f]+) is a test and nothing is wrong\. Before: (\w+)\. ?(.*)", re.DOTALL
)
_OVER = re.compile(r"datatier alarms prove [0-9a-f]+ is over\. ?(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Bell:
    """An alarm that can be rung."""

    name: str
    composite: bool
    state: str
    reason: str
    enabled: bool
    topics: tuple[str, ...]
    """ARNs to which it speaks in ALARM."""
    others: tuple[str, ...]
    """What else it does in ALARM; nothing of that is proved."""
    suppressor: str
    """Name of the alarm that keeps its actions back while that is in ALARM; empty for none."""
    wait: int
    """Seconds that its actions wait for the suppressor."""

    @property
    def left_over(self) -> bool:
        """Whether a proof has set it and not restored it."""
        return _RINGING.fullmatch(self.reason) is not None

    def of(self, run: str) -> bool:
        """Whether its state is that run's."""
        found = _RINGING.fullmatch(self.reason)
        return found is not None and found[1] == run

    @property
    def before(self) -> tuple[str, str]:
        """State and reason to go back to: what a proof found, or what is there."""
        if found := _RINGING.fullmatch(self.reason):
            return found[2], found[3]
        if found := _OVER.fullmatch(self.reason):
            return self.state, found[1]
        return self.state, self.reason

    def ringing(self, run: str) -> str:
        """The reason under which a run sets it."""
        state, reason = self.before
        text = f"datatier alarms prove {run} is a test and nothing is wrong. Before: {state}. {reason}"
        return text.strip()[:REASON_LENGTH]

    def over(self, run: str) -> str:
        """The reason under which it is restored: recipients of its OK read it."""
        return f"datatier alarms prove {run} is over. {self.before[1]}".strip()[:REASON_LENGTH]


def bells(cloudwatch: Any, names: Sequence[str]) -> dict[str, Bell]:
    """The alarms of these names that there are."""
    found: dict[str, Bell] = {}
    for start in range(0, len(names), PAGE):
        answer = cloudwatch.describe_alarms(
            AlarmNames=list(names[start : start + PAGE]), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=PAGE
        )
        found |= {bell.name: bell for bell in _read(answer)}
    return found


def _read(answer: Mapping[str, Any]) -> Iterator[Bell]:
    for kind in ("MetricAlarms", "CompositeAlarms"):
        for alarm in answer.get(kind) or ():
            actions: Iterable[str] = dict.fromkeys(alarm.get("AlarmActions") or ())
            yield Bell(
                name=alarm["AlarmName"],
                composite=kind == "CompositeAlarms",
                state=alarm["StateValue"],
                reason=alarm.get("StateReason") or "",
                enabled=alarm.get("ActionsEnabled", True),
                topics=tuple(each for each in actions if ":sns:" in each),
                others=tuple(each for each in actions if ":sns:" not in each),
                suppressor=(alarm.get("ActionsSuppressor") or "").rpartition(":alarm:")[2],
                wait=int(alarm.get("ActionsSuppressorWaitPeriod") or 0),
            )
