"""What a threshold is, and how a value is judged by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge.alarms.words import Words


class Status(StrEnum):
    """What came of a look at one thing."""

    OK = "ok"
    """Within its threshold, or without one."""
    WARN = "warn"
    """Somebody should look within the working day."""
    CRITICAL = "critical"
    """Somebody has to look now."""
    SKIPPED = "skipped"
    """Not judged: a right is missing, or there is nothing to judge; the message says which."""
    STALE = "stale"
    """Known only from before; the message says how old it is."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From which value on something is trouble."""

    id: str
    """Unique within its engine, e.g. `connections`."""
    warn: float | None
    """Beyond it: `warn`; None where there is no such step."""
    critical: float | None
    """Beyond it: `critical`."""
    unit: str
    """`%`, `s`, `bytes`, `transactions`, ..."""
    below: bool = False
    """Whether less is worse."""
    source: str
    """Where the numbers come from."""
    meaning: str
    """What is wrong beyond it, one sentence."""
    first_steps: Sequence[str]
    """What to do first, in order."""
    runbook: str
    """Path in the repository, with its section where it has one."""
    alarms: tuple[str, ...] = ()
    """Keys of the CloudWatch alarms on the same fact."""

    def data(self) -> dict[str, float | str | None]:
        """The steps and their unit, as commands print them."""
        return {"warn": self.warn, "critical": self.critical, "unit": self.unit}

    def judge(self, value: float) -> Status:
        """Return where the value stands: beyond a step, never on it, as CloudWatch compares."""
        for limit, status in ((self.critical, Status.CRITICAL), (self.warn, Status.WARN)):
            if limit is not None and (value < limit if self.below else value > limit):
                return status
        return Status.OK


def of_alarms(
    id: str,  # noqa: A002 as the field is called
    words: Words,
    *,
    unit: str,
    warn: tuple[str, float] | None = None,
    critical: tuple[str, float] | None = None,
    below: bool = False,
    source: str = "",
) -> Threshold:
    """The threshold of a fact that CloudWatch watches too: each step is an alarm's key and its number.

    :param source: where the numbers come from, if not from the alarm: one on a verdict has its source here.
    """
    keys = [key for key, _ in filter(None, (critical, warn))]
    first = words[keys[0]]
    return Threshold(
        id=id,
        warn=warn and warn[1],
        critical=critical and critical[1],
        unit=unit,
        below=below,
        source=source or "; ".join(dict.fromkeys(str(words[key]["source"]) for key in keys)),
        meaning=str(first["meaning"]),
        # Without an instance it is not known what it can grow to.
        first_steps=tuple(str(step).replace("{larger}", "a larger class") for step in first["first_steps"]),
        runbook=f"docs/runbooks/{first['runbook']}.md#{keys[0]}",
        alarms=tuple(dict.fromkeys(keys)),
    )
