"""What a plan is made from: what the servers answered, and what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bootstrap.access.upkeep import TableUpkeep
from observe.observation import Observed, Rows


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts:
    """Of the database on the primary."""

    node: str
    at: datetime
    version: int
    """`server_version_num`."""
    owner: str
    """Role that owns the schemas, as access.yaml declares it."""
    observed: Mapping[str, Observed]
    """Observation's id -> what it answered: the same ones that `datatier queries` shows."""
    upkeep: tuple[TableUpkeep, ...] = ()

    def rows(self, observation: str) -> Rows:
        """What an observation brought; none where it was refused."""
        found = self.observed.get(observation)
        return found.rows if found else ()
