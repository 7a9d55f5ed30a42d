"""What a database holds, as one object of a backup: the rows of its tables, its sequences and its large objects.

The same rows give the same proof on every server from PostgreSQL 15 on, so that a copy is proved where it is restored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from pydantic import BaseModel, ConfigDict

from keep.postgres import large_objects, sequences, tables
from keep.postgres.large_objects import LargeObjectsProof
from keep.postgres.sequences import SequenceProof
from keep.postgres.tables import TableProof


class Proof(BaseModel):
    """What was read in one transaction; names have their schema and are quoted as SQL has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: Mapping[str, TableProof]
    sequences: Mapping[str, SequenceProof]
    large_objects: LargeObjectsProof

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(each.rows for each in self.tables.values())


def prove(conn: psycopg.Connection[Any]) -> Proof:
    """Read everything as the current role, in the current transaction (`snapshot.pinned`, whose settings it needs).

    Raise KeepError for a table that the role may not read, psycopg.Error where the server cannot read one.
    """
    return Proof(tables=tables.prove(conn), sequences=sequences.prove(conn), large_objects=large_objects.prove(conn))


def differences(expected: Proof, actual: Proof) -> tuple[str, ...]:
    """Say one by one what is other than it was; nothing where all is the same."""
    return (
        *tables.differences(expected.tables, actual.tables),
        *sequences.differences(expected.sequences, actual.sequences),
        *large_objects.differences(expected.large_objects, actual.large_objects),
    )


def written(proof: Proof) -> bytes:
    """Return it as JSON."""
    return proof.model_dump_json(indent=1).encode()


def read(data: bytes) -> Proof:
    """Return what `written` wrote."""
    return Proof.model_validate_json(data)
