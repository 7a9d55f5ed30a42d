"""What is said of capacity in every form: dates, growth, how sure, the verdict; and the few rows of long lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capacity.recommend.need import runs_out
from capacity.words import amount
from cli.output import counted
from observe.quantities import size

if TYPE_CHECKING:
    from capacity.limit import Limit
    from capacity.report import CapacityReport, Growth

TOP = 10
"""Rows of a list for people: JSON has them all."""


def share(limit: Limit) -> str:
    """`50 GiB of 90 GiB, 56 %`."""
    now = amount(limit.now, limit.history.unit) if limit.history else _plain(limit.now, limit.unit)
    if not limit.limit:
        return now
    most = amount(limit.limit, limit.history.unit) if limit.history else _plain(limit.limit, limit.unit)
    unit = f" {limit.unit}"
    return f"{now.removesuffix(unit) if most.endswith(unit) else now} of {most}, {100 * limit.now / limit.limit:.0f} %"


def _plain(value: float, unit: str) -> str:
    return size(value) if unit == "bytes" else f"{value:,.0f} {unit}"


def when(limit: Limit) -> str:
    """The likely date, or why there is none."""
    if limit.limit is not None and limit.now >= limit.limit:
        return "now"
    if limit.date is not None:
        return str(limit.date)
    return "cannot say" if limit.confidence == "none" else "not within twelve months"


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
    found = [each for each in report.limits if runs_out(each)]
    if not found:
        unknown = sum(each.confidence == "none" for each in report.limits)
        said = "nothing is likely to run out within twelve months"
        return f"{said}; of {counted(unknown, 'limit')} nothing can be said" if unknown else said
    first, verb = min(when(each) for each in found), "is" if len(found) == 1 else "are"
    soonest = "now" if any(when(each) == "now" for each in found) else f"on {first}"
    first_words = "" if len(found) == 1 else "the first "
    return f"{counted(len(found), 'limit')} {verb} reached within twelve months, {first_words}{soonest}"


def a_day(found: Growth) -> str:
    """`12 MiB a day (10 MiB to 14 MiB)`, or why nothing is said."""
    if found.by_day is None or found.interval is None:
        return found.why
    low, high = found.interval
    said = f"{size(found.by_day)} a day ({size(low)} to {size(high)})"
    return f"{said}; {found.why}" if found.why else said
