"""What is said of capacity in every form: dates, growth, how sure, the verdict; and the few rows of long lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capacity.recommend.need import reached, running_out
from cli.output import counted
from observe.quantities import size

if TYPE_CHECKING:
    from capacity.limit import Limit
    from capacity.report import CapacityReport, Growth

_MILLION = 10**6
TOP = 10
"""Rows of a list for people: JSON has them all."""
QUERY = 200
"""Characters of a statement: `datatier queries slow` has more."""


def title(limit: Limit) -> str:
    """`storage of primary`, `main memory`, `main memory of main-001`."""
    cache, _, node = limit.node.partition("/")
    if limit.name.startswith(f"{cache} "):
        return f"{limit.name} of {node}" if node else limit.name
    return f"{limit.name} of {limit.node}"


def share(limit: Limit) -> str:
    """`56 % of 90 GiB`, or what it is now where nobody knows a limit."""
    if not limit.limit:
        return quantity(limit, limit.now)
    return f"{100 * limit.now / limit.limit:.0f} % of {quantity(limit, limit.limit)}"


def quantity(limit: Limit, value: float) -> str:
    """A value of a limit without the unit that its name says."""
    if limit.unit.startswith("bytes"):
        return size(value) + limit.unit.removeprefix("bytes")
    return f"{value:,.0f}" if value < _MILLION else f"{value / _MILLION:,.0f} million"


def when(limit: Limit, soon: Sequence[Limit]) -> str:
    """The likely date, or why there is none; `soon` is what runs out."""
    if limit not in soon:
        if limit.date is not None or reached(limit):
            return "RDS grows it"
        if limit.too_little:
            return "too little history"
        return "not foreseen" if limit.confidence == "none" else "not within a year"
    return "now" if reached(limit) else str(limit.date)


def between(limit: Limit) -> str:
    """`2026-09-01 to 2027-01-15`; empty where it is not reached in any case."""
    earliest, latest = limit.interval
    if earliest is None:
        return ""
    return f"{earliest} to {latest}" if latest else f"{earliest} at the earliest"


def sure(limit: Limit) -> str:
    """How sure it is, where there is anything to be sure of."""
    return "" if limit.confidence == "none" else limit.confidence


def verdict(report: CapacityReport) -> str:
    """`2 limits are reached within twelve months, the first on 2026-12-24`."""
    if not report.limits:
        return "no server was seen, so nothing can be said"
    found = running_out(report)
    if not found:
        unknown = sum(each.too_little for each in report.limits)
        if unknown and all(each.too_little or each.confidence == "none" for each in report.limits):
            return "too little history to say when anything runs out"
        said = "nothing is likely to run out within twelve months"
        return f"{said}; of {counted(unknown, 'limit')} there is too little history" if unknown else said
    soonest = "now" if any(map(reached, found)) else f"on {min(str(each.date) for each in found)}"
    if len(found) == 1:
        return f"1 limit is reached within twelve months, {soonest}"
    return f"{len(found)} limits are reached within twelve months, the first {soonest}"


def a_day(found: Growth) -> str:
    """`12 MiB a day (10 MiB to 14 MiB)`, or why nothing is said."""
    if found.by_day is None or found.interval is None:
        return found.why
    low, high = found.interval
    said = f"{size(found.by_day)} a day ({size(low)} to {size(high)})"
    return f"{said}; {found.why}" if found.why else said
