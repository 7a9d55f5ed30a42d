"""The look at a bootstrapped stack: nothing where nothing differs, each difference with what mends it, no write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from real_servers import Postgres
from tier import Tier

from bootstrap import schema
from bootstrap.application import DEFINITION
from bootstrap.drift import Drift, look
from bootstrap.handler import handler
from bootstrap.request import VARIABLE, RequestError, digest

pytestmark = pytest.mark.server
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:app-bootstrap"


class UnderAlias:
    """Lambda's context of a caller that named the alias; how long is left is nobody's business in a look."""

    invoked_function_arn = f"{FUNCTION}:check"

    def get_remaining_time_in_millis(self) -> int:
        raise AssertionError("a look asks for no time")


@pytest.fixture
def defined(postgres18: Postgres, make_tier: Callable[..., Tier]) -> Tier:
    """A stack that is bootstrapped, and the definition of its schema where the bootstrap looks for it."""
    tier = make_tier(postgres18)
    tier.run()
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        found = schema.definition_of(schema.read(conn))
    path = tier.migrations.parent / DEFINITION
    path.parent.mkdir(exist_ok=True)
    path.write_text(schema.dump(found))
    return tier


def state(conn: psycopg.Connection[Any]) -> list[Any]:
    """What a write would move: roles with their memberships, privileges of tables, and the schema."""
    return [
        conn.execute("SELECT * FROM pg_authid ORDER BY oid").fetchall(),
        conn.execute("SELECT * FROM pg_auth_members ORDER BY oid").fetchall(),
        conn.execute("SELECT oid, relname, relacl::text FROM pg_class ORDER BY oid").fetchall(),
    ]


def test_nothing_differs(defined: Tier) -> None:
    found = look(defined.manifest, prove=True, store=defined.store, migrations=defined.migrations)
    assert (found.stack, found.found, found.failed, found.ok) == (defined.name, (), (), True)
    assert {each.outcome for each in found.checks} == {"allowed", "refused"}


def test_what_differs_is_told_and_left(defined: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    name, database = defined.name, f"{defined.name}_app"
    with defined.postgres.superuser(database) as conn:
        conn.execute("ALTER TABLE users DROP COLUMN email")
        conn.execute(f"GRANT DELETE ON events TO {name}_reporting")
        before = state(conn)
    monkeypatch.setattr("bootstrap.handler.BUNDLED", defined.migrations)
    event = {"action": "check", "manifest": defined.manifest.model_dump(mode="json")}
    found = Drift.model_validate(handler(event, UnderAlias()))
    with defined.postgres.superuser(database) as conn:
        assert state(conn) == before
    told = {each.where: each for each in found.found}
    assert told["schema"].what == "column users.email: missing"
    assert told["schema"].mend.startswith("ALTER TABLE public.users ADD COLUMN email text")
    revoked = told[f"postgres {database}"]
    assert "REVOKE" in revoked.mend
    assert "events" in revoked.mend
    assert (len(found.found), found.checks, found.ok) == (2, (), False)

    # The same caller cannot have it mended, nor sent elsewhere.
    with pytest.raises(RequestError, match="only looks"):
        handler(event["manifest"], UnderAlias())
    monkeypatch.setenv(VARIABLE, digest({"stack": "another"}))
    with pytest.raises(RequestError, match="not the manifest"):
        handler(event, UnderAlias())


def test_a_database_at_another_migration_is_told_once(defined: Tier, tmp_path: Path) -> None:
    path = defined.migrations.parent / DEFINITION
    newer = schema.load(path) | {"version": 99, "tables": {}}
    path.write_text(schema.dump(newer))  # type: ignore[arg-type]
    found = look(defined.manifest, store=defined.store, migrations=defined.migrations)
    assert [(each.where, each.what[:54]) for each in found.found] == [
        ("schema", "migration schema_migrations: the definition is that of")
    ]
