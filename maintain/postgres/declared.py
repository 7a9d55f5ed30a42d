"""The tables of access.yaml's `upkeep` as the database has them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from bootstrap.access.upkeep import TableUpkeep
from maintain.facts import DatabaseFacts
from observe.observation import Row, texts


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One that is there or not."""

    upkeep: TableUpkeep
    row: Row
    """Of the observation `kept-tables`."""
    why: str = ""
    """What is in the way of any upkeep; empty where nothing is."""

    @property
    def table(self) -> str:
        """As a statement names it."""
        return str(self.row["table"])


def declared(facts: DatabaseFacts) -> Iterator[Declared]:
    """Each, in the order of the declaration; none where the observation was refused."""
    for row in facts.rows("kept-tables"):
        number = int(str(row["number"]))
        yield Declared(upkeep=facts.upkeep[number], row=row, why=_missing(row, number))


def _missing(row: Row, number: int) -> str:
    if row["kind"] in ("r", "p"):
        return ""
    said = f"access.yaml's upkeep.{number} names {row['table']}, which is no table of the database"
    if row["kind"] is not None:
        return f"{said}, but a view, a foreign table or the like"
    plain = str(row["name"])
    near = get_close_matches(plain, texts(row["others"]), n=1)
    return f"{said}: " + (f"nearest is `{near[0]}`" if near else "migrate, or take it out")
