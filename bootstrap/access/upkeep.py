"""What maintenance does in a table by itself: partitions made ahead, and rows that are over their time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bootstrap.access import names
from bootstrap.access.postgres import Model, ObjectName, timed
from bootstrap.periods import Period


def _seconds(value: object) -> int:
    seconds = names.duration(value)
    if not seconds:
        raise ValueError("needs a duration such as `7d`")
    return seconds


_AHEAD: dict[Period, int] = {"day": 14, "week": 4, "month": 3, "year": 1}
_DAYS: dict[Period, int] = {"day": 1, "week": 7, "month": 28, "year": 365}
"""Of the shortest one."""
_BETWEEN_RUNS = 8
"""Days: a week, and one for the run that was late."""


class Partitions(Model):
    """Partitions by a range of time, one for each period in UTC."""

    every: Period = "month"
    """Length of a period."""
    ahead: int | None = Field(default=None, ge=1, le=400)
    """Periods after the present one that have a partition: 14 days, 4 weeks, 3 months or 1 year when absent."""
    keep: int | None = Field(default=None, ge=1, le=4000)
    """Periods before the present one that stay; all of them when absent."""
    then: Literal["drop", "detach"] = "drop"
    """What becomes of an older one. A detached one stays as a table, without what its parent's policies hide."""

    @property
    def coming(self) -> int:
        """Periods after the present one that have a partition."""
        return self.ahead or _AHEAD[self.every]

    @model_validator(mode="after")
    def _sensible(self) -> Partitions:
        """`ahead` reaches at least 8 days, as maintenance comes once a week. `then` needs `keep`."""
        if self.coming * _DAYS[self.every] < _BETWEEN_RUNS:
            raise ValueError(
                f"`ahead: {self.ahead}` is over before a weekly run comes again: at least {_BETWEEN_RUNS} days, or "
                "leave it out"
            )
        if self.keep is None and "then" in self.model_fields_set:
            raise ValueError(f"`then: {self.then}` says what becomes of older ones, and without `keep` none is older")
        return self


class Expiry(Model):
    """Rows go when a point in time of theirs is past."""

    column: ObjectName
    """Of type timestamptz, timestamp (UTC) or date; a row without a value stays."""
    after: Annotated[int, timed(_seconds)]
    """Seconds past it after which a row may go."""


class TableUpkeep(Model):
    """What maintenance does in one table."""

    schema_name: ObjectName = Field(default="public", alias="schema")
    """Schema of the table."""
    table: ObjectName
    """The table."""
    partitions: Partitions | None = None
    expire: Expiry | None = None

    @model_validator(mode="after")
    def _something(self) -> TableUpkeep:
        """One of `partitions` and `expire`, or both."""
        if self.partitions is None and self.expire is None:
            raise ValueError("says nothing to do: give it `partitions`, `expire` or both")
        return self
