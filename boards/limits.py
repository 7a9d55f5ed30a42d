"""The limits that a panel shows: those of the alerts on the same fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from boards.panels.panel import Panel
from boards.rules.rule import Rule


class Limit(NamedTuple):
    """A line in a panel."""

    value: float
    severity: str
    """`warning` or `critical`."""
    source: str
    """Where the number comes from."""


def limits(panel: Panel, rules: Iterable[Rule]) -> tuple[Limit, ...]:
    """The limits of its alerts, the least first; where servers have several of their own, all of them."""
    wanted: Mapping[str, None] = dict.fromkeys(panel.alarms)
    found = {Limit(rule.condition.limit, rule.severity, rule.source) for rule in rules if rule.key in wanted}
    return tuple(sorted(found))
