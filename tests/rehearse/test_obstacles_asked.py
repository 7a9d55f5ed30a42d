"""Every obstacle really made on a server, and found there with what ends it; on the one before 17 and on 17."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from brewery import DATABASE, Brewery

from rehearse.postgres.source import facts

MADE = """
CREATE DOMAIN step AS regproc;
CREATE TABLE "Brew day" (first step, later regprocedure[], kind regclass);
CREATE TABLE vessel (litres integer NOT NULL);
CREATE TABLE kettle () INHERITS (vessel);
ALTER TABLE kettle ALTER COLUMN litres DROP NOT NULL;
"""
UNMADE = 'DROP TABLE "Brew day", vessel, kettle; DROP DOMAIN step'


@contextmanager
def obstructed(at: Brewery) -> Iterator[None]:
    with at.connect("postgres") as conn:
        conn.execute("CREATE DATABASE half_dropped")
        conn.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half_dropped'")
        conn.execute("CREATE ROLE cellarer PASSWORD 'md5" + 32 * "a" + "'")
    with at.connect() as conn:
        conn.execute(MADE)
        conn.execute("SELECT pg_create_logical_replication_slot('export', 'pgoutput')")
        with conn.transaction():
            conn.execute("CREATE TABLE prepared ()")
            conn.execute("PREPARE TRANSACTION 'delivery'")
    try:
        yield
    finally:
        with at.connect() as conn:
            conn.execute("ROLLBACK PREPARED 'delivery'")
            conn.execute("SELECT pg_drop_replication_slot('export')")
            conn.execute(UNMADE)
        with at.connect("postgres") as conn:
            conn.execute("DROP DATABASE half_dropped")
            conn.execute("DROP ROLE cellarer")


COMMON = [
    ("prepared transactions", "delivery", "COMMIT PREPARED 'delivery' or ROLLBACK PREPARED 'delivery'",
     ("pg_upgrade", "dump")),
    ("databases that take no connection", "half_dropped", "DROP DATABASE half_dropped", ("pg_upgrade",)),
    ("columns of reg* types", 'public."Brew day".first',
     'ALTER TABLE public."Brew day" DROP COLUMN first, or ALTER it to TYPE text', ("pg_upgrade",)),
    ("columns of reg* types", 'public."Brew day".later',
     'ALTER TABLE public."Brew day" DROP COLUMN later, or ALTER it to TYPE text', ("pg_upgrade",)),
    ("NOT NULL of children", "public.kettle.litres", "ALTER TABLE public.kettle ALTER COLUMN litres SET NOT NULL",
     ("pg_upgrade",)),
    ("roles with MD5 passwords", "cellarer", "set its password again: \\password cellarer", ()),
]  # fmt: skip
SLOT = {
    16: ("SELECT pg_drop_replication_slot('export'), and make it again afterwards", ("pg_upgrade",)),
    17: ("let its reader catch up, or drop it", ()),
}


@pytest.mark.parametrize("major", [16, 17])
def test_what_is_in_the_way_is_found_with_what_ends_it(brewery_of: Callable[[int], Brewery], major: int) -> None:
    at = brewery_of(major)
    with obstructed(at), at.connect() as conn:
        found = facts(conn, 18)
    told = [(each.check, each.object, each.mend, each.stops) for each in found.obstacles]
    assert sorted(told) == sorted([*COMMON, ("logical replication slots", "export", *SLOT[major])])
    assert (found.major, found.checksums, found.planner["work_mem"]) == (major, True, "6144")
    with at.connect() as conn:
        assert facts(conn, 18).obstacles == ()


def test_who_may_not_look_is_told_so(brewery_of: Callable[[int], Brewery]) -> None:
    at = brewery_of(17)
    with at.connect() as conn:
        conn.execute("SET ROLE brewer")
        assert facts(conn, 18).notes == (
            "roles with MD5 passwords could not be looked at: permission denied for table pg_authid",
        )
    assert DATABASE == "brewery"
