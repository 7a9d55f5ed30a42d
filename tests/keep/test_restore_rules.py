"""What a restore decides without a server: runs of pg_restore, its complaints, names, statements about a database."""

from __future__ import annotations

from datetime import datetime

import pytest

from keep.errors import AskedError, DamagedError, KeepError
from keep.postgres.archive import Entry, dumped_by, parsed, statements
from keep.postgres.fingerprint import of_definition
from keep.postgres.loading import failure, jobs, judged
from keep.postgres.naming import aside
from keep.postgres.properties import creation, renamed
from keep.postgres.steps import steps


def header(version: tuple[int, int], *texts: str, size: int = 4) -> bytes:
    """The first bytes of an archive as pg_dump of that archive version writes them (ReadHead's other side)."""

    def integer(value: int) -> bytes:
        return b"\0" + value.to_bytes(size, "little")

    compression = b"\0" if version >= (1, 15) else integer(0)
    return (
        b"PGDMP" + bytes([*version, 0, size, 8, 1]) + compression + integer(7) * 7
        + b"".join(integer(len(text.encode())) + text.encode() for text in texts) + b"more"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("head", "major"),
    [
        (header((1, 16), "shop", "18.6", "18.4"), 18),
        (header((1, 14), "shop", "15.20 (Debian 15.20-0+deb12u1)", "15.20 (Debian 15.20-0+deb12u1)"), 15),
        (header((1, 16), "läden", "17.2", "19beta1", size=8), 19),
    ],
)
def test_an_archive_says_which_pg_dump_wrote_it(head: bytes, major: int) -> None:
    assert dumped_by(head, "it") == major


@pytest.mark.parametrize(
    "head", [b"", b"PGDMP\x01", b"-- PostgreSQL database dump", header((1, 16), "shop", "18.6", "")]
)
def test_what_is_no_archive_is_not_read_as_one(head: bytes) -> None:
    with pytest.raises(DamagedError, match=r"^it is "):
        dumped_by(head, "it")


def entry(number: int, kind: str, *needs: int) -> Entry:
    return Entry(number=number, kind=kind, rest="s t o", needs=frozenset(needs), line=f"{number}; 0 0 {kind} s t o")


def test_the_longest_kind_that_fits_is_an_entry_s() -> None:
    lines = [
        "; comment", "", "1; 0 0 MATERIALIZED VIEW DATA sales mv o", ";\tdepends on: 9 8 9",
        "2; 1 2 VIEW sales VIEW DATA o",
        "3; 0 0 SEQUENCE OWNED BY s t o", "4; 0 0 BLOB - 17 o", "5; 0 0 INDEX s ATTACH o",
    ]  # fmt: skip
    assert [(each.number, each.kind, each.rest, each.needs) for each in parsed(lines)] == [
        (1, "MATERIALIZED VIEW DATA", "sales mv o", {8, 9}),
        (2, "VIEW", "sales VIEW DATA o", set()),
        (3, "SEQUENCE OWNED BY", "s t o", set()),
        (4, "BLOB", "- 17 o", set()),
        (5, "INDEX", "s ATTACH o", set()),
    ]


def test_what_speaks_of_partitions_is_done_by_one_job_after_rows_and_indexes() -> None:
    """Table 1 has partition 2, table 3 has none; publication 30 is needed by 31, which is about table 1."""
    entries = [
        entry(9, "ENCODING"), entry(1, "TABLE"), entry(2, "TABLE", 1), entry(3, "TABLE"),
        entry(4, "TABLE ATTACH", 1, 2), entry(10, "TABLE DATA", 2), entry(11, "TABLE DATA", 3),
        entry(20, "CONSTRAINT", 1), entry(21, "INDEX", 2), entry(22, "TRIGGER", 1), entry(23, "TRIGGER", 3),
        entry(24, "FK CONSTRAINT", 3, 1), entry(25, "COMMENT", 20), entry(30, "PUBLICATION"),
        entry(31, "PUBLICATION TABLE", 30, 1), entry(32, "FK CONSTRAINT", 3, 33), entry(33, "CONSTRAINT", 3),
    ]  # fmt: skip
    sections = {
        each.number: "pre-data" if each.number < 9 else "data" if each.number < 20 else "post-data" for each in entries
    }
    del sections[9]
    found = [([each.number for each in step.entries], step.side_by_side) for step in steps(entries, sections)]
    assert found == [
        ([9, 1, 2, 3, 4], False), ([10, 11, 20, 21, 33], True), ([22, 24, 30, 31], False), ([23, 25, 32], True),
    ]  # fmt: skip
    assert [step.side_by_side for step in steps(entries[:1], sections)] == [False]


ERROR = "pg_restore: error: could not execute query: ERROR:  "
OLD = [
    "pg_restore: while INITIALIZING:", f'{ERROR}unrecognized configuration parameter "transaction_timeout"',
    "Command was: SET transaction_timeout = 0;",
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "wrong", "accounted"),
    [
        ([], "", False),
        ([*OLD, "pg_restore: warning: errors ignored on restore: 1"], "", True),
        ([*OLD, *OLD, "pg_restore: warning: errors ignored on restore: 2"], "", True),
        ([*OLD, "pg_restore: warning: errors ignored on restore: 2"], "", False),
        ([*OLD, f'{ERROR}unrecognized parameter "pg_attver"'], 'unrecognized parameter "pg_attver"', False),
        (
            [f"{ERROR}relation \"a\" does not exist", "LINE 1: CREATE ...", f"{ERROR}another"],
            'relation "a" does not exist', False,
        ),
        (
            ['pg_restore: error: COPY failed for table "a": ERROR:  duplicate key value violates unique constraint "p"',
             "DETAIL:  Key (name)=(Ada Lovelace) already exists.", 'CONTEXT:  COPY a, line 2: "Ada Lovelace"'],
            'COPY failed for table "a": ERROR:  duplicate key value violates unique constraint "p"', False,
        ),
        (["pg_restore: error: connection to server failed"], "connection to server failed", False),
        (["pg_restore: [archiver (db)] error: broken"], "broken", False),
    ],
)  # fmt: skip
def test_what_pg_restore_complains_of(lines: list[str], wrong: str, accounted: bool) -> None:
    said = judged(lines)
    assert (said.wrong, said.accounted) == (wrong, accounted)
    assert "Ada" not in said.wrong


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ('permission denied to create extension "vector"', AskedError),
        ('could not extend file "base/1/2": No space left on device', KeepError),
        ("out of shared memory", KeepError),
        ("server closed the connection unexpectedly", KeepError),
        ("terminating connection due to administrator command", KeepError),
        ('connection to server at "127.0.0.1", port 1 failed: FATAL:  sorry, too many clients already', KeepError),
        ('relation "a" does not exist', DamagedError),
        ('COPY failed for table "a": ERROR:  duplicate key value violates unique constraint "p"', DamagedError),
        ("could not read from input file: end of file", DamagedError),
    ],
)
def test_whose_fault_a_complaint_is(wrong: str, kind: type[KeepError]) -> None:
    """Only what is wrong with a backup makes its verification fail."""
    assert type(failure(wrong)) is kind


@pytest.mark.parametrize(("cpus", "number"), [(None, 2), (1, 2), (2, 2), (3, 3), (64, 4)])
def test_jobs(cpus: int | None, number: int) -> None:
    assert jobs(cpus) == number


@pytest.mark.parametrize(
    ("database", "name"),
    [
        ("shop", "shop_restored_20261129_235507"),
        ("s" * 63, "s" * 38 + "_restored_20261129_235507"),
        ("ä" * 31, "ä" * 19 + "_restored_20261129_235507"),
    ],
)
def test_a_name_aside_is_one_that_postgresql_does_not_cut(database: str, name: str) -> None:
    assert aside(database, "restored", datetime(2026, 11, 29, 23, 55, 7)) == name
    assert len(name.encode()) <= 63


SCRIPT = r"""--
-- PostgreSQL database dump
--

\restrict Xk2

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: it's a "shop"; Type: DATABASE; Schema: -; Owner: warden
--

CREATE DATABASE "it's a ""shop"" WITH" WITH TEMPLATE = template0 ENCODING = 'LATIN1' LOCALE = 'C';


ALTER DATABASE "it's a ""shop"" WITH" OWNER TO warden;

\unrestrict Xk2
\encoding SQL_ASCII
\connect -reuse-previous=on "dbname='it\\'s a ""shop"" WITH'"
\restrict Xk2

COMMENT ON DATABASE "it's a ""shop"" WITH" IS 'of the town;
-- and

SET of
\connect ; with an '' in it';
ALTER ROLE desk IN DATABASE "it's a ""shop"" WITH" SET a TO E'\\;
';

-- PostgreSQL database dump complete
"""


def test_what_pg_restore_writes_is_taken_apart_at_its_statements_whatever_is_in_a_name_or_a_text() -> None:
    found = statements(SCRIPT)
    assert [each.partition(" ")[0] for each in found] == ["CREATE", "ALTER", "COMMENT", "ALTER"]
    assert found[2].endswith("'of the town;\n-- and\n\nSET of\n\\connect ; with an '' in it'")
    assert creation(found) == "TEMPLATE = template0 ENCODING = 'LATIN1' LOCALE = 'C'"


@pytest.mark.parametrize(
    ("statement", "becomes"),
    [
        ("ALTER DATABASE shop OWNER TO shop", 'ALTER DATABASE "Other one" OWNER TO shop'),
        (
            "ALTER DATABASE shop SET search_path TO 'shop', 'public'",
            "ALTER DATABASE \"Other one\" SET search_path TO 'shop', 'public'",
        ),
        (
            "ALTER ROLE shop IN DATABASE shop SET application_name TO 'DATABASE shop'",
            "ALTER ROLE shop IN DATABASE \"Other one\" SET application_name TO 'DATABASE shop'",
        ),
        (
            "COMMENT ON DATABASE shop IS 'the\nALTER DATABASE shop of shop'",
            "COMMENT ON DATABASE \"Other one\" IS 'the\nALTER DATABASE shop of shop'",
        ),
        (
            "REVOKE CONNECT,TEMPORARY ON DATABASE shop FROM PUBLIC",
            'REVOKE CONNECT,TEMPORARY ON DATABASE "Other one" FROM PUBLIC',
        ),
        ("GRANT CONNECT ON DATABASE shop TO shop", 'GRANT CONNECT ON DATABASE "Other one" TO shop'),
        ("ALTER DATABASE shop CONNECTION LIMIT = 5", 'ALTER DATABASE "Other one" CONNECTION LIMIT = 5'),
    ],
)
def test_a_statement_about_a_database_becomes_one_about_another_and_texts_in_it_stay(
    statement: str, becomes: str
) -> None:
    assert renamed(statement, "shop", "Other one") == becomes
    quoted = statement.replace("DATABASE shop ", 'DATABASE "My shop" ', 1)
    assert renamed(quoted, "My shop", "Other one") == becomes


CHECK = "CHECK (((kind)::text = ANY ({})))"
FIRST = CHECK.format("(ARRAY['a'::character varying, 'b'::character varying])::text[]")
AGAIN = CHECK.format("ARRAY[('a'::character varying)::text, ('b'::character varying)::text]")


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        (FIRST, AGAIN, True),
        (FIRST, AGAIN.replace("'b'", "'c'"), False),
        ("(x >= 0)", "(x > 0)", False),
        ("a::timestamp(3) with time zone", "a", True),
        ('a::sales."Odd type"[]', "a", True),
        ("CREATE INDEX i ON t (a, b)", "CREATE INDEX i ON t (b, a)", False),
    ],
)
def test_an_expression_that_is_read_again_is_the_same(was: str, now: str, same: bool) -> None:
    first, second = ({"tables": {"t": {"constraints": {"c": text}}}} for text in (was, now))
    assert (of_definition(first) == of_definition(second)) is same


def test_a_definition_that_lacks_something_is_another_one() -> None:
    assert of_definition({"tables": {"t": {}, "u": {}}}) != of_definition({"tables": {"t": {}}})
