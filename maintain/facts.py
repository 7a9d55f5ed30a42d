"""What a plan is made from: what the servers answered, and what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from bootstrap.access.upkeep import TableUpkeep
from observe.observation import Observed, Row, Rows
from observe.postgres.tables import TABLES


@dataclass(frozen=True, kw_only=True)
class CacheFacts:
    """Of one node of a cache."""

    node: str
    """`CACHE/NODE`, or the cache's name where only its endpoint is known."""
    cache: str
    row: Row
    """What `fragmentation` brought."""
    hosted: bool
    """Whether ElastiCache runs it, with parameters by its parameter group."""
    purger: str | None
    """Identity that may send MEMORY PURGE, empty where a cache knows no users; None where nobody may."""


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
    database: str = ""
    """Name of the database; what is open in another one does not hold back this one's vacuum."""
    maintainer: str = ""
    """Identity with `postgres: maintainer`, from 17 on a member of pg_maintain; empty where none is declared."""
    schemas: tuple[str, ...] = ("public",)
    """Those of the declaration, in which the maintainer may name what there is."""
    free_bytes: int | None = None
    """Free on the server's volume; None where nothing says so, as PostgreSQL does not."""
    took: Mapping[str, float] = field(default_factory=dict)
    """Statement -> seconds that it took last time."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Statement -> what the server said when it failed last time."""
    reset_statistics: bool = False
    """Whether pg_stat_statements is to be reset."""

    def rows(self, observation: str) -> Rows:
        """What an observation brought; none where it was refused."""
        found = self.observed.get(observation)
        return found.rows if found else ()

    @cached_property
    def tables(self) -> Mapping[str, Row]:
        """Every table by its name, as a statement has it."""
        return {str(row["table"]): row for row in self.rows(TABLES.id)}

    def table_of(self, row: Row) -> Row | None:
        """The table that a row with `relid` is about; None where it was made or dropped while the server was asked."""
        return self.by_oid.get(int(str(row["relid"])))

    @cached_property
    def by_oid(self) -> Mapping[int, Row]:
        """Every table by its oid, and by that of its TOAST table."""
        found = {}
        for row in self.rows(TABLES.id):
            found[int(str(row["relid"]))] = row
            if row["toast"]:
                found[int(str(row["toast"]))] = row
        return found
