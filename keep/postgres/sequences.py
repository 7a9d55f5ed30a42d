"""Where each sequence is: its last value, and whether that was given out.

A sequence is in no snapshot: it moves on while a dump runs, and pg_dump writes where it is when it comes to it. So it
is read before the dump and after it, and a copy is right whose state lies between the two. A standby does not know
where an unlogged one is, and pg_dump leaves it at its start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal
from pydantic import BaseModel, ConfigDict

_SEQUENCES = """
SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), s.seqincrement, s.seqcycle,
       CASE WHEN c.relpersistence = 'u' AND pg_is_in_recovery() THEN s.seqstart END
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 3
"""
_BATCH = 500
"""Sequences in one query: each is a table of its own."""


class SequenceState(BaseModel):
    """As `SELECT last_value, is_called` of a sequence gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    last_value: int
    is_called: bool


class SequenceProof(BaseModel):
    """Where a sequence was while it was dumped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: SequenceState
    after: SequenceState
    increment: int
    cycles: bool = False

    def next(self, state: SequenceState) -> int:
        """The value that is given out next, where it does not begin again."""
        return state.last_value + (self.increment if state.is_called else 0)

    def has(self, state: SequenceState) -> bool:
        """Whether it may have been so in between."""
        if state in (self.before, self.after):
            return True
        if self.before == self.after:
            return False
        low, high = sorted((self.next(self.before), self.next(self.after)))
        return self.cycles or low <= self.next(state) <= high


def prove(conn: psycopg.Connection[Any]) -> Mapping[str, SequenceProof]:
    """Read where every sequence is now, as the current role; by name with its schema, quoted as SQL has it."""
    found: dict[str, SequenceProof] = {}
    with conn.cursor(row_factory=tuple_row) as cursor:
        there = cursor.execute(_SEQUENCES).fetchall()
        for first in range(0, len(there), _BATCH):
            batch = there[first : first + _BATCH]
            queries = [
                SQL("SELECT {}, last_value, is_called FROM {}").format(Literal(name), Identifier(schema, sequence))
                if start is None
                else SQL("SELECT {}, {}::bigint, false").format(Literal(name), Literal(start))
                for schema, sequence, name, _, _, start in batch
            ]
            states = {
                name: SequenceState(last_value=value, is_called=called)
                for name, value, called in cursor.execute(SQL(" UNION ALL ").join(queries))
            }
            for _, _, name, increment, cycles, _ in batch:
                state = states[name]
                found[name] = SequenceProof(before=state, after=state, increment=increment, cycles=cycles)
    return found


def spanning(before: Mapping[str, SequenceProof], after: Mapping[str, SequenceProof]) -> Mapping[str, SequenceProof]:
    """Join what was read before a dump and after it; a sequence that was dropped or made meanwhile is not in both."""
    return {
        name: each.model_copy(update={"after": after[name].after}) for name, each in before.items() if name in after
    }


def differences(expected: Mapping[str, SequenceProof], actual: Mapping[str, SequenceProof]) -> tuple[str, ...]:
    """Say which sequences are elsewhere than they were when they were dumped; one that moved since is one of them."""
    said: list[str] = []
    for name in sorted({*expected, *actual}):
        was, is_ = expected.get(name), actual.get(name)
        if was is None or is_ is None:
            said.append(f"sequence {name} is {'missing' if is_ is None else 'there and was not'}")
        elif not was.has(is_.before):
            said.append(f"sequence {name} is at {_said(is_.before)} and was at {_said(was.before)}")
    return tuple(said)


def _said(state: SequenceState) -> str:
    return f"{state.last_value}{'' if state.is_called else ', not yet given out'}"
