"""The tables of access.yaml's `upkeep` as the database has them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from bootstrap.access.upkeep import TableUpkeep
from maintain.action import Skipped
from maintain.facts import DatabaseFacts
from maintain.postgres.rights import refused
from observe.observation import Row, texts


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One that is there or not."""

    upkeep: TableUpkeep
    row: Row
    """Of the observation `kept-tables`."""
    missing: Skipped | None = None
    """What is in the way of any upkeep."""

    @property
    def table(self) -> str:
        """As a statement names it."""
        return str(self.row["table"])


def declared(facts: DatabaseFacts) -> Iterator[Declared]:
    """Each, in the order of the declaration; none where the observation was refused."""
    for row in facts.rows("kept-tables"):
        number = int(str(row["number"]))
        yield Declared(upkeep=facts.upkeep[number], row=row, missing=_missing(facts, row, number))


def _missing(facts: DatabaseFacts, row: Row, number: int) -> Skipped | None:
    table, said = str(row["table"]), f"access.yaml's upkeep.{number} names {row['table']}"
    if row["kind"] in ("r", "p"):
        return refused(facts, table, row, said) if row["owner"] != facts.owner else None
    said += ", which is no table of the database"
    if row["kind"] is not None:
        return Skipped(object=table, why=f"{said}, but a view, a foreign table or the like")
    near = get_close_matches(str(row["name"]), texts(row["others"]), n=1)
    return Skipped(object=table, why=f"{said}: " + (f"nearest is `{near[0]}`" if near else "migrate, or take it out"))
