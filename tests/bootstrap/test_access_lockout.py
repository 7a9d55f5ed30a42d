"""An apply shuts nobody out who is in use, and comes to an end: siblings, sessions, whoever applies, owners."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from own_database import PASSWORD, Database

from bootstrap.postgres.apply import ApplyError
from bootstrap.reconcile.allowed import Allowed
from bootstrap.reconcile.by_url import apply_urls, plan_urls

pytestmark = pytest.mark.server


def planned(database: Database) -> list[str]:
    with database.master() as conn:
        return [change.text for change in plan_urls(database.access(), conn, None, "main").changes]


@pytest.mark.parametrize(
    ("logins", "expected"),
    [
        (("LOGIN", "LOGIN"), ["LOGIN", "LOGIN"]),  # a rotation's grace: nobody but the store knows which is current
        (("NOLOGIN", "LOGIN"), ["NOLOGIN", "LOGIN"]),
        (("LOGIN", "NOLOGIN"), ["LOGIN", "NOLOGIN"]),
        (("NOLOGIN", "NOLOGIN"), ["LOGIN", "NOLOGIN"]),
    ],
)
def test_by_url_a_sibling_that_may_log_in_stays(
    database: Database, logins: tuple[str, str], expected: list[str]
) -> None:
    database.apply(database.access())
    for sibling, login in zip("ab", logins, strict=True):
        database.execute(f"ALTER ROLE {{n}}_app_{sibling} {login}")
    with database.master() as conn:
        apply_urls(database.access(), conn, None, "main", Allowed())
    can = database.ask("SELECT array_agg(rolcanlogin ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^{n}_app_[ab]$'")
    assert ["LOGIN" if each else "NOLOGIN" for each in can] == expected
    assert planned(database) == []


def test_a_login_with_a_session_is_told_and_left(database: Database) -> None:
    access = database.access()
    database.apply(access)
    n = database.n
    database.execute(f"ALTER ROLE {{n}}_app_b LOGIN PASSWORD '{PASSWORD}'")
    with database.connect(f"{n}_app_b"):
        assert database.plan(access) == []
        assert [text for text in database.differences(access) if f"{n}_app_b" in text] == [
            f"role {n}_app_b shall not log in, and somebody is logged in as it, so it may go on: end those sessions "
            "first, then plan again (`datatier access rotate --finish` ends a rotation's grace)"
        ]
    database.apply(access)
    assert not database.ask("SELECT rolcanlogin FROM pg_roles WHERE rolname = '{n}_app_b'")


NO_LOGIN = {"privileges": "custom", "login": "none", "grants": [{"privileges": ["usage"]}]}


@pytest.mark.parametrize(
    "declared",
    [
        {"owner": "{n}_master"},
        {"identities": {"{n}_master": {"postgres": NO_LOGIN}, "{n}_app": {"postgres": "readwrite"}}},
    ],
)
def test_who_applies_does_not_shut_itself_out(database: Database, declared: dict[str, Any]) -> None:
    """The master by another name is the declared owner, or an identity without a login."""
    access = database.access(**declared)
    for _ in range(2):
        with database.master() as conn, suppress(ApplyError):
            done = apply_urls(access, conn, None, "main", Allowed())
    kept = database.ask("SELECT array[rolcanlogin, rolcreaterole] FROM pg_roles WHERE rolname = '{n}_master'")
    assert kept == [True, True]
    if database.server.major < 16:  # from 16 on nobody administers itself, so nothing at all is applied
        assert done.changes == ()
    else:
        with database.master() as conn, pytest.raises(ApplyError, match="is who is logged in, and nobody administers"):
            apply_urls(access, conn, None, "main", Allowed())


def test_a_role_with_a_session_is_not_dropped(database: Database) -> None:
    two = {"{n}_app": {"postgres": "readwrite"}, "{n}_old": {"postgres": "readonly"}}
    database.apply(database.access(identities=two))
    database.execute(f"ALTER ROLE {{n}}_old_a PASSWORD '{PASSWORD}'")
    with database.connect(f"{database.n}_old_a"):
        database.apply(database.access())
        told = [text for text in database.differences(database.access()) if "somebody is logged in as it" in text]
        assert [text.split()[1] for text in told] == [f"{database.n}_old_a", f"{database.n}_old"]
    database.apply(database.access())
    assert database.ask("SELECT count(*) FROM pg_roles WHERE rolname ~ '^{n}_old'") == 0


@pytest.mark.parametrize("owner", ["{n}_app", "{n}_app_a"])
@pytest.mark.parametrize("allowed", [Allowed(), Allowed(owner=False)])
def test_an_identity_that_owns_the_database_needs_no_grant_on_it(
    database: Database, owner: str, allowed: Allowed
) -> None:
    database.apply(database.access())
    # From PostgreSQL 16 a creator has ADMIN on what it made, without the privileges.
    options = " WITH INHERIT TRUE, SET TRUE" if database.server.major >= 16 else ""
    database.execute(f"ALTER DATABASE {{n}} OWNER TO {owner}; GRANT {{n}}_owner, {owner} TO {{n}}_master{options}")
    with database.master() as conn:
        first = apply_urls(database.access(), conn, None, "main", allowed)
        again = apply_urls(database.access(), conn, None, "main", allowed)
    assert [change.verb for change in first.changes if change.verb in {"own", "grant"}] == (
        ["own"] * (2 if owner == "{n}_app" else 1) if allowed.owner else []
    )
    assert again.changes == ()
    assert bool(again.skipped) is not allowed.owner
    if allowed.owner:
        assert database.ask("SELECT has_database_privilege('{n}_app', '{n}', 'CONNECT')")


def test_an_identity_that_owns_the_schema_needs_no_grant_on_it(database: Database) -> None:
    database.apply(database.access())
    database.execute("ALTER SCHEMA public OWNER TO {n}_app")
    assert database.plan(database.access()) == []
    (told,) = [text for text in database.differences(database.access()) if "owns schema" in text]
    assert told.startswith(f"{database.n}_app has `owns schema public`")
    database.execute(told.rpartition(": ")[2])
    assert [change.verb for change in database.apply(database.access()).changes] == ["grant"]
    assert database.differences(database.access()) == []
