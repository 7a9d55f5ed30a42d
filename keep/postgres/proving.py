"""The proof of a database that nobody else is in: its tables side by side, each in a short transaction.

One transaction, as a copy that writers go on beside takes it, would hold a lock on every table and index until its end.
There is room for `max_locks_per_transaction` x `max_connections` (PostgreSQL, "Lock Management"), of which a server
that thousands of tables are restored into may have less than the one that they come from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from keep.postgres import large_objects, sequences, tables
from keep.postgres.proof import Proof
from keep.postgres.snapshot import pinned
from keep.postgres.tables import Table, TableProof

_LOCKED = 50
"""Tables in one transaction: with a hundred indexes each they still fit into the default of 64 x 100 locks."""


def prove(connect: Callable[[], psycopg.Connection[Any]], role: str | None, jobs: int) -> Proof:
    """Read everything as `role` in so many sessions, the largest tables first. Raise KeepError, psycopg.Error."""
    with connect() as conn, pinned(conn, role):
        found = tables.tables(conn)
        others = sequences.prove(conn), large_objects.prove(conn)
    todo = deque(sorted(found, key=_size, reverse=True))
    with ThreadPoolExecutor(jobs, thread_name_prefix="proof") as pool:
        read = list(pool.map(lambda _: _session(connect, role, todo), range(jobs)))
    proofs = {name: proof for those in read for name, proof in those.items()}
    return Proof(tables=dict(sorted(proofs.items())), sequences=others[0], large_objects=others[1])


def _session(
    connect: Callable[[], psycopg.Connection[Any]], role: str | None, todo: deque[Table]
) -> dict[str, TableProof]:
    proofs: dict[str, TableProof] = {}
    with connect() as conn:
        while todo:
            with pinned(conn, role):
                for _ in range(_LOCKED):
                    try:
                        table = todo.popleft()
                    except IndexError:  # another session has taken the last one
                        break
                    proofs |= tables.prove(conn, [table])
    return proofs


def _size(table: Table) -> int:
    return sum(heap.about or 0 for heap in table.heaps)
