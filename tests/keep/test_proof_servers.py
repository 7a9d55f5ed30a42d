"""The proof of a database: the same for the same rows on every server, another one for any other row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich_database import MAJORS, Library

from keep.postgres import proof
from keep.postgres.proof import Proof
from keep.postgres.snapshot import pinned

pytestmark = pytest.mark.server


def proved(server: Library, database: str = "library", user: str = "curator") -> Proof:
    with server.connect(user, database) as conn, pinned(conn):
        return proof.prove(conn)


def test_the_same_rows_have_the_same_proof_on_every_major(library_of: Callable[[int], Library]) -> None:
    first, *others = (proved(library_of(major)) for major in MAJORS)
    for other in others:
        shared = first.tables.keys() & other.tables.keys()
        assert {name: other.tables[name] for name in shared} == {name: first.tables[name] for name in shared}
        assert {"public.branch", "lending.loan", "lending.columnless", '"Odd ""N"" ames"."Ta.ble"'} < shared
        assert other.sequences == first.sequences
        assert other.large_objects == first.large_objects
