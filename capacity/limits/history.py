"""The series of one server, by name, and what they say now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capacity.days import Days, Reduce, days
from capacity.series import Series


@dataclass(frozen=True, kw_only=True)
class History:
    """Of one node."""

    node: str
    series: Mapping[str, Series]
    today: int
    """Day (`capacity.days`) that is not over, so that trends leave it out."""

    def last(self, name: str) -> float | None:
        """The newest value; None without one."""
        found = self.series.get(name)
        return found.values[-1] if found and found.values else None

    def by_day(self, name: str, reduce: Reduce = "max") -> Days:
        """Up to yesterday."""
        found = self.series.get(name)
        return days(found, reduce).upto(self.today - 1) if found else Days(numbers=(), values=())
