"""What a proof will ring and in which order, as data before anything is touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from alarms.prove.bell import Bell


@dataclass(frozen=True, kw_only=True)
class ProofPlan:
    """The rounds, each rung at once and waited for, and what cannot be rung."""

    rounds: tuple[tuple[Bell, ...], ...]
    silent: Mapping[str, str]
    """Alarm -> why its notification cannot arrive in any case."""


def plan(names: Sequence[str], there: Mapping[str, Bell], topics: Collection[str]) -> ProofPlan:
    """Plan the proof of the alarms of these names; `topics` are those that there are.

    Composites come first: setting their children wakes them too, under CloudWatch's own reason. Whoever suppresses a
    composite comes last: while it is in ALARM, the composite's actions are kept back.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
    """
    silent = {name: reason for name in names if (reason := _silent(there.get(name), there))}
    held = []
    for bell in (there[name] for name in names if name not in silent):
        if gone := [topic for topic in bell.topics if topic not in topics]:
            silent[bell.name] = f"speaks to {', '.join(gone)}, which is not there"
        if left := tuple(topic for topic in bell.topics if topic in topics):
            held.append(replace(bell, topics=left))
    quiet = {bell.suppressor for bell in held if bell.suppressor}
    pages = tuple(bell for bell in held if bell.composite and bell.name not in quiet)
    plain = tuple(bell for bell in held if not bell.composite and bell.name not in quiet)
    last = tuple(bell for bell in held if bell.name in quiet)
    return ProofPlan(rounds=tuple(filter(None, (pages, plain, last))), silent=silent)


def _silent(bell: Bell | None, there: Mapping[str, Bell]) -> str:
    if bell is None:
        return "is declared and is not there: deploy the stack"
    if not bell.enabled:
        return "has its actions disabled"
    if not bell.topics:
        return f"speaks to no topic ({', '.join(bell.others)})" if bell.others else "does nothing in ALARM"
    suppressor = there.get(bell.suppressor)
    if suppressor is not None and suppressor.before[0] == "ALARM":
        return f"is kept silent by {suppressor.name}, which is in ALARM"
    return ""
