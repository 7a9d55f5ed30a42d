"""What maintenance does in a table by itself: partitions made ahead, and rows that are over their time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from bootstrap.access import names
from bootstrap.access.postgres import Model, ObjectName

Period = Literal["day", "week", "month", "year"]


def _seconds(value: object) -> int:
    seconds = names.duration(value)
    if not seconds:
        raise ValueError("needs a duration such as `7d`")
    return seconds


class Partitions(Model):
    """Partitions by a range of time, one for each period in UTC."""

    every: Period = "month"
    ahead: int = Field(default=3, ge=1, le=120)
    """Periods after the present one that have a partition."""
    keep: int | None = Field(default=None, ge=1, le=1200)
    """Periods before the present one that stay; all of them when absent."""
    then: Literal["drop", "detach"] = "drop"
    """What becomes of an older one. A detached one stays as a table of its own."""


class Expiry(Model):
    """Rows go when a point in time of theirs is past."""

    column: ObjectName
    """Of type timestamptz, timestamp (UTC) or date; a row without a value stays."""
    after: Annotated[int, BeforeValidator(_seconds)]
    """Seconds past it after which a row may go."""


class TableUpkeep(Model):
    """One table."""

    schema_name: ObjectName = Field(default="public", alias="schema")
    table: ObjectName
    partitions: Partitions | None = None
    expire: Expiry | None = None

    @model_validator(mode="after")
    def _something(self) -> TableUpkeep:
        if self.partitions is None and self.expire is None:
            raise ValueError("says nothing to do: give it `partitions`, `expire` or both")
        return self
