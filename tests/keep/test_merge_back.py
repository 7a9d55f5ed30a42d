"""Rows that were deleted by mistake come back from a copy as they were, or nothing does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from postgres_server import binaries
from rich_database import Library

from keep.errors import AskedError, KeepError
from keep.postgres import tables
from keep.postgres.merge.catalogue import read
from keep.postgres.merge.find import Wanted
from keep.postgres.merge.integrity import orphans
from keep.postgres.merge.merge import Merged, merge
from keep.postgres.merge.side import Side
from keep.postgres.snapshot import pinned

pytestmark = pytest.mark.server

# As warden, beside the library: what a deletion does by every kind of foreign key.
CLUB = r"""
CREATE SCHEMA club;
CREATE TABLE club.hall (code text PRIMARY KEY, name text UNIQUE, changed timestamptz NOT NULL DEFAULT 'epoch');
CREATE TABLE club.member (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL, hall text,
  sponsor integer REFERENCES club.member ON DELETE CASCADE, label text GENERATED ALWAYS AS ('m-' || mail) STORED,
  CONSTRAINT member_hall FOREIGN KEY (hall) REFERENCES club.hall ON UPDATE CASCADE ON DELETE SET NULL);
CREATE UNIQUE INDEX member_mail ON club.member (lower(mail));
CREATE UNIQUE INDEX member_label ON club.member (label);
CREATE TABLE club.booking (
  id integer PRIMARY KEY, hall text NOT NULL REFERENCES club.hall ON DELETE CASCADE, days int4range NOT NULL,
  who integer DEFAULT 1,
  CONSTRAINT booking_who FOREIGN KEY (who) REFERENCES club.member ON DELETE SET DEFAULT,
  EXCLUDE USING gist (days WITH &&));
CREATE TABLE club.note (member integer REFERENCES club.member ON DELETE CASCADE, text text);
CREATE TABLE club.team (id integer PRIMARY KEY, captain integer NOT NULL);
CREATE TABLE club.player (id integer PRIMARY KEY, team integer NOT NULL REFERENCES club.team ON DELETE CASCADE);
CREATE TABLE club.log (at bigserial PRIMARY KEY, what text);
INSERT INTO club.hall VALUES ('a', 'Great'), ('b', 'Small');
INSERT INTO club.member (mail, hall, sponsor) VALUES ('One@x', 'a', NULL), ('two@x', 'a', 1), ('three@x', 'b', 2),
  ('four@x', 'a', NULL);
INSERT INTO club.booking VALUES (1, 'a', '[1,3)', 4), (2, 'b', '[5,6)', 2);
INSERT INTO club.note VALUES (2, 'twice'), (2, 'twice'), (2, 'once'), (4, 'of four'), (NULL, 'of nobody');
INSERT INTO club.team VALUES (1, 11), (2, 21);
INSERT INTO club.player VALUES (11, 1), (12, 1), (21, 2);
ALTER TABLE club.team ADD CONSTRAINT team_captain FOREIGN KEY (captain) REFERENCES club.player ON DELETE CASCADE;
CREATE FUNCTION club.logged() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO club.log (what) VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END $$;
CREATE FUNCTION club.stamped() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.changed = '2026-01-01'; RETURN NEW; END $$;
CREATE TRIGGER logged AFTER INSERT OR DELETE ON club.member FOR EACH ROW EXECUTE FUNCTION club.logged();
ALTER TABLE club.member ENABLE ALWAYS TRIGGER logged;
CREATE TRIGGER asleep BEFORE INSERT ON club.member FOR EACH ROW EXECUTE FUNCTION club.stamped();
ALTER TABLE club.member DISABLE TRIGGER asleep;
CREATE TRIGGER stamped BEFORE INSERT OR UPDATE ON club.hall FOR EACH ROW EXECUTE FUNCTION club.stamped();
CREATE TABLE club.season (id integer, at date, host integer, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE club.season_26 PARTITION OF club.season FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE club.season_27 PARTITION OF club.season FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
CREATE TABLE club.match (
  id integer PRIMARY KEY, season integer, at date, twice integer GENERATED ALWAYS AS (id * 2) STORED UNIQUE,
  FOREIGN KEY (season, at) REFERENCES club.season_26 ON DELETE CASCADE);
CREATE TABLE club.goal (
  id integer PRIMARY KEY, half integer,
  match integer GENERATED ALWAYS AS (half * 2) STORED REFERENCES club.match (twice) ON DELETE CASCADE);
INSERT INTO club.season VALUES (1, '2026-05-01', NULL), (2, '2027-05-01', 1), (3, '2026-06-01', NULL);
INSERT INTO club.match VALUES (1, 1, '2026-05-01'), (2, 3, '2026-06-01');
INSERT INTO club.goal VALUES (1, 1), (2, 2);
UPDATE club.season SET host = 1 WHERE id = 1;
ALTER TABLE club.season_26 ADD FOREIGN KEY (host) REFERENCES club.match ON DELETE CASCADE;
CREATE FUNCTION club.alone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.host = NULL; RETURN NEW; END $$;
CREATE TRIGGER alone BEFORE INSERT ON club.season_26 FOR EACH ROW EXECUTE FUNCTION club.alone();
"""


class Pair:
    """A database and the copy of it that was taken before a mistake."""

    def __init__(self, server: Library, live: str, copy: str) -> None:
        self.server, self.live, self.copy = server, live, copy

    def lose(self, sql: str) -> None:
        """Run SQL on the database, as the owner of its tables."""
        self.server.execute(sql, self.live, role="warden")

    def merge(self, *wanted: Wanted, carry_out: bool = True, triggers: Any = "fire") -> Merged:
        """As the master, who owns nothing and may not make temporary tables as the owner."""
        with self.server.connect("keeper", self.copy) as copy, self.server.connect("keeper", self.live) as live:
            return merge(copy, live, wanted, role="warden", carry_out=carry_out, triggers=triggers)

    def differences(self) -> tuple[str, ...]:
        """In what the rows of the database differ from the copy's."""
        with (
            self.server.connect(database=self.copy) as copy,
            self.server.connect(database=self.live) as live,
            pinned(copy),
            pinned(live),
        ):
            return tables.differences(tables.prove(copy), tables.prove(live))

    def ask(self, sql: str) -> Any:
        return self.server.ask(sql, self.live)


@contextmanager
def pair_on(server: Library) -> Iterator[Pair]:
    with server.copy() as live:
        server.execute(CLUB, live, role="warden")
        with server.copy(live) as copy:
            yield Pair(server, live, copy)


@pytest.fixture
def pair(newest: Library) -> Iterator[Pair]:
    with pair_on(newest) as made:
        yield made


def rows(merged: Merged) -> dict[str, int]:
    return {each.table: each.rows for each in merged.plan.tables}


# What is lost, what is asked for, rows that come back, references that do, and what is other than it was afterwards.
CASES: dict[str, tuple[str, Sequence[Wanted], dict[str, int], dict[str, int], tuple[str, ...]]] = {
    "a table without references": (
        "DELETE FROM ONLY lending.medium WHERE id > 2",
        [Wanted(table="lending.medium")],
        {"lending.medium": 2},
        {},
        (),
    ),
    "those of a condition, in the words of the table's own schema": (
        "DELETE FROM lending.loan WHERE state <> 'lent'",
        [Wanted(table="lending.loan", where="state = 'back'::state -- the rest was meant")],
        {"lending.loan": 40},
        {},
        ("table lending.loan has 80 rows and had 120",),
    ),
    "children that cannot have been there without it": (
        "DELETE FROM lending.loan WHERE reader IN (1001, 1002); DELETE FROM lending.reader WHERE id IN (1001, 1002)",
        [Wanted(table="lending.reader", where="id = 1001")],
        {"lending.reader": 1, "lending.loan": 4, "lending.secret_note": 1},
        {},
        (
            "table lending.loan has 116 rows and had 120",
            "table lending.reader has 29 rows and had 30",
            "table lending.secret_note has 4 rows and had 5",
        ),
    ),
    "partitions, an identity, forced row security, more than one table": (
        "DELETE FROM lending.loan; DELETE FROM lending.reader",
        [Wanted(table="lending.loan"), Wanted(table="lending.reader")],
        {"lending.loan": 120, "lending.reader": 30, "lending.secret_note": 5},
        {},
        (),
    ),
    "a tree and its children, rows that are there twice": (
        "DELETE FROM club.member WHERE id = 2; DELETE FROM club.log",
        [Wanted(table="club.member", where="id = 2")],
        {"club.member": 2, "club.note": 3},
        {"club.booking.booking_who": 1},
        (),
    ),
    "references that were set to NULL, but not where another value was given": (
        """DELETE FROM club.hall; INSERT INTO club.hall VALUES ('c', 'New');
           UPDATE club.member SET hall = 'c' WHERE id = 2""",
        [Wanted(table="club.hall")],
        {"club.hall": 2, "club.booking": 2},
        {"club.member.member_hall": 3},
        ("table club.hall has 3 rows and had 2", "table club.member has 4 rows as it had, but not the same"),
    ),
    "references that were set to their default": (
        "DELETE FROM club.member WHERE id = 4; DELETE FROM club.log",
        [Wanted(table="club.member")],
        {"club.member": 1, "club.note": 1},
        {"club.booking.booking_who": 1},
        (),
    ),
    "a circle": (
        "DELETE FROM club.team WHERE id = 1",
        [Wanted(table="club.team")],
        {"club.team": 1, "club.player": 2},
        {},
        (),
    ),
    "a key and a trigger that only a partition has, one to a partition, generated columns that refer": (
        "DELETE FROM club.season WHERE id = 1",
        [Wanted(table="club.season")],
        {"club.season": 1, "club.match": 1, "club.goal": 1},
        {},
        (),
    ),
    "odd names and no key": (
        """DELETE FROM "Odd ""N"" ames"."Ta.ble"; DELETE FROM lending.visit""",
        [Wanted(table='Odd "N" ames.Ta.ble'), Wanted(table="lending.visit")],
        {'Odd "N" ames.Ta.ble': 3, "lending.visit": 1},
        {},
        (),
    ),
    "nothing is missing": ("SELECT", [Wanted(table="club.player")], {"club.player": 0}, {}, ()),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_deleted_comes_back_as_it_was(pair: Pair, case: str) -> None:
    lost, wanted, back, references, after = CASES[case]
    pair.lose(lost)
    before = pair.differences()
    planned = pair.merge(*wanted, carry_out=False, triggers="off")
    assert (rows(planned), planned.done, pair.differences()) == (back, False, before)
    done = pair.merge(*wanted, triggers="off")
    assert done.plan == planned.plan
    assert done.done
    assert {each.foreign_key: each.rows for each in done.plan.references if each.rows} == references
    assert pair.differences() == after
    again = pair.merge(*wanted, triggers="off")
    assert (set(rows(again).values()), pair.differences()) == ({0}, after)


@pytest.mark.parametrize("major", [min(binaries())])
def test_on_the_oldest_server(library_of: Callable[[int], Library], major: int) -> None:
    with pair_on(library_of(major)) as pair:
        pair.lose("DELETE FROM lending.loan; DELETE FROM lending.reader; DELETE FROM club.team")
        pair.merge(Wanted(table="lending.reader"), Wanted(table="club.team"), triggers="off")
        assert pair.differences() == ()


BLOCKED: dict[str, tuple[str, Wanted, tuple[str, ...]]] = {
    "a unique expression was taken": (
        "DELETE FROM club.member WHERE id = 4; INSERT INTO club.member (mail) VALUES ('FOUR@X')",
        Wanted(table="club.member"),
        (
            "1 rows of club.member meet others that are there now in member_mail: "
            "leave them out by a condition, or change those that are there",
        ),
    ),
    "a generated column was taken": (
        "DELETE FROM club.member WHERE id = 4; DROP INDEX club.member_mail; "
        "INSERT INTO club.member (mail) VALUES ('four@x')",
        Wanted(table="club.member"),
        (
            "1 rows of club.member meet others that are there now in member_label: "
            "leave them out by a condition, or change those that are there",
        ),
    ),
    "what is exclusive was taken": (
        "DELETE FROM club.booking WHERE id = 1; INSERT INTO club.booking VALUES (3, 'b', '[2,4)', 1)",
        Wanted(table="club.booking"),
        (
            "1 rows of club.booking meet others that are there now in booking_days_excl: "
            "leave them out by a condition, or change those that are there",
        ),
    ),
    "a parent is missing too": (
        "DELETE FROM lending.loan; DELETE FROM lending.reader WHERE id = 1001",
        Wanted(table="lending.loan"),
        (
            "4 rows of lending.loan refer to rows of lending.reader that are not there (loan_reader_fkey): "
            "merge lending.reader too, or leave them out by a condition",
        ),
    ),
    "a column that must have a value is new": (
        "DELETE FROM club.player; ALTER TABLE club.player ADD shirt integer NOT NULL",
        Wanted(table="club.player"),
        ("club.player.shirt did not exist then, may not be NULL and has no default: give it one",),
    ),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_what_is_in_the_way_is_said_and_nothing_changes(pair: Pair, case: str) -> None:
    lost, wanted, blocks = BLOCKED[case]
    pair.lose(lost)
    before = pair.differences()
    merged = pair.merge(wanted)
    assert (merged.plan.blocks, merged.done, pair.differences()) == (blocks, False, before)


ASKED = {
    "an unknown table": (Wanted(table="lending.book"), "the copy has no table `lending.book`"),
    "a table of another schema": (Wanted(table="reader"), "of a schema other than public is SCHEMA.TABLE"),
    "no condition": (Wanted(table="club.hall", where="nmae = 'x'"), 'for club.hall is not one: column "nmae" does not'),
    "a condition that fails": (Wanted(table="club.hall", where="1 / 0 = 1"), "is not one: division by zero"),
    "two statements": (Wanted(table="club.hall", where="true); DELETE FROM club.hall; --"), "is not one: syntax error"),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_cannot_be_asked_for_is_said(pair: Pair, case: str) -> None:
    wanted, sentence = ASKED[case]
    with pytest.raises(AskedError, match=re.escape(sentence)):
        pair.merge(wanted)
    assert pair.differences() == ()


def test_a_key_that_was_used_again_is_told_and_left(pair: Pair) -> None:
    pair.lose(
        """DELETE FROM club.player WHERE id = 12; INSERT INTO club.player VALUES (12, 2);
           DELETE FROM club.hall WHERE code = 'b'; INSERT INTO club.booking VALUES (2, 'a', '[7,9)', 2)"""
    )
    before = pair.differences()
    merged = pair.merge(Wanted(table="club.player"), carry_out=False)
    assert [(each.rows, each.there, each.other) for each in merged.plan.tables] == [(0, 3, 1)]
    assert merged.plan.tables[0].remarks[0].startswith("there with other values than in the copy: 1, changed")
    merged = pair.merge(Wanted(table="club.hall"), carry_out=False)
    assert [(each.table, each.rows, each.other) for each in merged.plan.tables] == [
        ("club.hall", 1, 0),
        ("club.booking", 0, 1),
    ]
    assert pair.differences() == before


def test_triggers_fire_unless_they_are_off_and_are_afterwards_as_they_were(pair: Pair) -> None:
    states = "SELECT array_agg(tgname::text || tgenabled::text ORDER BY tgname) FROM pg_trigger WHERE tgname !~ 'RI_'"
    before = pair.ask(states)
    pair.lose("DELETE FROM club.member WHERE id = 4; DELETE FROM club.log; DELETE FROM club.hall WHERE code = 'b'")
    fired = pair.merge(Wanted(table="club.member", where="id = 4"))
    assert [each.triggers for each in fired.plan.tables] == [("logged",), ()]
    assert pair.ask("SELECT array_agg(what) FROM club.log") == ["INSERT member"]
    with pytest.raises(KeepError, match=r"^1 rows of club.hall are not as they were; its triggers \(stamped\) have"):
        pair.merge(Wanted(table="club.hall"))
    assert pair.ask("SELECT count(*) FROM club.hall") == 1
    assert pair.merge(Wanted(table="club.hall"), triggers="off").done
    assert pair.ask(states) == before


def test_sequences_go_forward_and_never_backward(pair: Pair) -> None:
    pair.lose("DELETE FROM club.member WHERE id > 1; ALTER TABLE club.member ALTER id RESTART WITH 3")
    assert pair.merge(Wanted(table="club.member")).sequences == ("club.member_id_seq",)
    pair.lose("INSERT INTO club.member (mail) VALUES ('next@x')")
    assert pair.ask("SELECT max(id) FROM club.member") == 5
    pair.lose("DELETE FROM club.member WHERE id = 4; ALTER TABLE club.member ALTER id RESTART WITH 100")
    assert pair.merge(Wanted(table="club.member")).sequences == ()
    pair.lose("INSERT INTO club.member (mail) VALUES ('hundredth@x')")
    assert pair.ask("SELECT max(id) FROM club.member") == 100


def test_columns_that_one_side_lacks_are_named(pair: Pair) -> None:
    pair.lose(
        """DELETE FROM club.note; ALTER TABLE club.note DROP text; ALTER TABLE club.note ADD at date DEFAULT 'epoch';
           ALTER TABLE club.note ADD whose integer UNIQUE REFERENCES club.player,
             ADD of integer DEFAULT 11 REFERENCES club.player;
           ALTER TABLE club.note ALTER member TYPE bigint"""
    )
    merged = pair.merge(Wanted(table="club.note"))
    assert merged.plan.tables[0].remarks == (
        "what was in text is left out: the database has no such column",
        "what did not exist then gets its default: at, whose, of",
        "has no key: rows are found by all their columns, and how often each occurs",
        "member was integer and is bigint",
    )
    assert pair.ask("SELECT array_agg(ROW(member, at)::text ORDER BY member) FROM club.note") == [
        "(2,1970-01-01)",
        "(2,1970-01-01)",
        "(2,1970-01-01)",
        "(4,1970-01-01)",
        "(,1970-01-01)",
    ]


def test_references_that_cannot_be_found_again_are_named(pair: Pair) -> None:
    pair.lose("CREATE TABLE club.seen (hall text CONSTRAINT seen_hall REFERENCES club.hall ON DELETE SET NULL)")
    pair.server.execute("CREATE TABLE club.seen (hall text)", pair.copy, role="warden")
    pair.lose("DELETE FROM club.hall")
    assert pair.merge(Wanted(table="club.hall"), carry_out=False).plan.remarks == (
        "club.seen.seen_hall: what referred to the deleted rows cannot be found again, for club.seen has no key",
    )


def test_a_reference_without_its_row_is_found_where_the_constraint_is_valid(pair: Pair) -> None:
    """As a tool leaves it that restores with session_replication_role = replica."""
    pair.server.execute("SET session_replication_role = replica; DELETE FROM lending.reader WHERE id < 1003", pair.live)
    with pair.server.connect("curator", pair.live) as conn, conn.transaction(force_rollback=True) as transaction:
        conn.execute("SET LOCAL search_path = ''")
        side = Side(conn=conn, transaction=transaction, catalogue=read(conn))
        found = {key.shown: number for key, number in orphans(side, side.catalogue.keys).items()}
    assert found == {"lending.loan.loan_reader_fkey": 12, "lending.secret_note.secret_note_reader_fkey": 3}
