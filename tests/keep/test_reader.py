"""As whom a database is read: nothing is hidden from that role, or nothing is written and the grants are said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich_database import Library

from keep.errors import KeepError
from keep.postgres.reader import Obstacle, reader, refusal

pytestmark = pytest.mark.server

FORCED = (
    "warden cannot copy all of the database, so nothing was written: FORCE ROW LEVEL SECURITY hides rows of "
    'lending.secret_note from its owner too. What would do: ALTER ROLE "warden" BYPASSRLS (as a superuser; or ALTER '
    "TABLE ... NO FORCE ROW LEVEL SECURITY, as its owner)"
)
UNFORCED = "ALTER TABLE lending.secret_note NO FORCE ROW LEVEL SECURITY;"


@contextmanager
def member(server: Library, role: str, of: str) -> Iterator[None]:
    server.execute(f"GRANT {role} TO {of}")
    try:
        yield
    finally:
        server.execute(f"REVOKE {role} FROM {of}")


@pytest.mark.parametrize(
    ("login", "owner", "before", "chosen"),
    [
        ("curator", None, "", None),
        ("archivist", None, "", None),
        ("keeper", "warden", UNFORCED, "warden"),
        ("keeper", None, UNFORCED, None),  # inherits what warden owns
    ],
)
def test_the_owner_reads_or_the_login_itself(
    newest: Library, copied: str, login: str, owner: str | None, before: str, chosen: str | None
) -> None:
    newest.execute(before, copied)
    with newest.connect(login, copied) as conn:
        assert reader(conn, owner) == chosen


def test_another_role_that_the_login_may_become_reads_what_the_owner_cannot(newest: Library, copied: str) -> None:
    with member(newest, "archivist", "keeper"), newest.connect("keeper", copied) as conn:
        assert reader(conn, "warden") == "archivist"


@pytest.mark.parametrize(
    ("login", "owner", "before", "said"),
    [
        ("keeper", "warden", "", FORCED),
        (
            "archivist",
            "warden",
            "",
            'archivist may not become warden, who owns the tables: GRANT "warden" TO "archivist"',
        ),
        (
            "keeper",
            "warden",
            UNFORCED + "CREATE TABLE lending.alien (id serial)",
            "warden cannot copy all of the database, so nothing was written: it may not read sequence "
            "lending.alien_id_seq; it may not read table lending.alien. What would do: GRANT SELECT ON SEQUENCE "
            'lending.alien_id_seq TO "warden"; GRANT SELECT ON TABLE lending.alien TO "warden"',
        ),
        (
            "keeper",
            "warden",
            UNFORCED + 'CREATE SCHEMA "o""f"; CREATE TABLE "o""f".x (); GRANT SELECT ON "o""f".x TO warden;'
            "SELECT lo_from_bytea(12, 'x')",
            "warden cannot copy all of the database, so nothing was written: it may not read large object 12; it may "
            'not read schema "o""f". What would do: GRANT SELECT ON LARGE OBJECT 12 TO "warden"; GRANT USAGE ON SCHEMA '
            '"o""f" TO "warden"',
        ),
        (
            "archivist",
            None,
            "SELECT lo_from_bytea(12, 'x')",  # pg_read_all_data is not for large objects
            "archivist cannot copy all of the database, so nothing was written: it may not read large object 12. What "
            'would do: GRANT SELECT ON LARGE OBJECT 12 TO "archivist"',
        ),
    ],
)
def test_what_hides_anything_is_named_with_the_grant(
    newest: Library, copied: str, login: str, owner: str | None, before: str, said: str
) -> None:
    newest.execute(before, copied)
    with newest.connect(login, copied) as conn, pytest.raises(KeepError) as refused:
        reader(conn, owner)
    assert str(refused.value) == said


def test_a_long_refusal_says_how_much_more() -> None:
    found = [Obstacle(kind="table", name=f"a.t{number}") for number in range(6)]
    assert refusal("desk", [*found, Obstacle(kind="policy", name="a.u")]) == (
        "desk cannot copy all of the database, so nothing was written: it may not read table a.t0; it may not read "
        "table a.t1; it may not read table a.t2; it may not read table a.t3; and 3 more. What would do: ALTER ROLE "
        '"desk" BYPASSRLS; GRANT SELECT ON TABLE a.t0 TO "desk"; GRANT SELECT ON TABLE a.t1 TO "desk"; GRANT SELECT ON '
        'TABLE a.t2 TO "desk" and so on'
    )
