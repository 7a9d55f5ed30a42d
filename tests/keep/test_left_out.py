"""What is not in a copy is named in its manifest."""

from __future__ import annotations

import pytest
from rich_database import Library

from keep.postgres.left_out import ALWAYS, left_out, unproved, warnings

pytestmark = pytest.mark.server

MADE = """
CREATE SUBSCRIPTION "Sub" CONNECTION 'host=nowhere password=hush' PUBLICATION p WITH (connect = false);
CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE lending.away (id int) SERVER far;
CREATE USER MAPPING FOR desk SERVER far OPTIONS (user 'u', password 'hush');
CREATE TABLE lending.kept_elsewhere (id int) TABLESPACE shelf;
CREATE TABLE lending.of_extension (id int); INSERT INTO lending.of_extension VALUES (1);
ALTER EXTENSION citext ADD TABLE lending.of_extension;
CREATE TABLE lending.configuration (id int); ALTER EXTENSION citext ADD TABLE lending.configuration;
UPDATE pg_extension SET extconfig = ARRAY['lending.configuration'::regclass], extcondition = '{""}'
  WHERE extname = 'citext';
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'lending.title_lower'::regclass;
"""


def test_everything_that_is_missing_is_named(newest: Library, copied: str) -> None:
    with newest.connect(database=copied) as conn:
        conn.execute("SET allow_in_place_tablespaces = on")
        conn.execute("CREATE TABLESPACE shelf LOCATION ''")
        try:
            conn.execute(MADE.encode())
            found = left_out(conn), unproved(conn), warnings(conn)
        finally:
            conn.execute('ALTER SUBSCRIPTION "Sub" SET (slot_name = NONE); DROP SUBSCRIPTION "Sub"')
            conn.execute("DROP TABLE IF EXISTS lending.kept_elsewhere")
            conn.execute("DROP TABLESPACE shelf")
    assert found == (
        (
            'subscription "Sub": a copy must not draw from its source\'s publisher; CREATE SUBSCRIPTION makes it',
            "the rows of foreign table lending.away, which are on another server",
            "tablespace shelf, which the copy's tables name: where it is missing they lie in the default one",
            "index lending.title_lower, which is invalid: CREATE INDEX CONCURRENTLY has failed, drop it",
            "the rows of lending.of_extension, which belongs to an extension that does not have them dumped",
            *ALWAYS,
        ),
        (
            "materialized view lending.popular: a restore computes it from the tables",
            "configuration table lending.configuration of an extension, of which the dump has what was added to it",
        ),
        ("the archive holds the password of user mapping desk at far in clear: keep it as you keep that",),
    )


def test_what_only_others_see_is_named_to_who_reads(newest: Library, copied: str) -> None:
    newest.execute(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
        "CREATE USER MAPPING FOR desk SERVER far OPTIONS (user 'u', password 'hush')",
        copied,
    )
    with newest.connect("archivist", copied) as conn:
        assert left_out(conn) == (
            "the options of user mapping desk at far, which only its user and a superuser see",
            *ALWAYS,
        )
        assert warnings(conn) == ()


def test_a_plain_database_has_nothing_to_be_named(newest: Library) -> None:
    with newest.empty() as name, newest.connect(database=name) as conn:
        assert (left_out(conn), unproved(conn), warnings(conn)) == (ALWAYS, (), ())
