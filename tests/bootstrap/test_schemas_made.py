"""When a bootstrap makes declared schemas: after the migrations, which may make them too, or before them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from real_servers import Postgres
from tier import Tier

from bootstrap.migrate import FileError

pytestmark = pytest.mark.server

OWN = "CREATE SCHEMA lending; CREATE TABLE lending.loan (id int);"


def declaring(tier: Tier, migration: str, said: str | None = None) -> None:
    """Declare two schemas, with a migration that makes one of them or not."""
    access = dict(tier.manifest.access)
    migrator = f"{tier.name}_migrator"
    postgres = {**access["identities"][migrator]["postgres"], **({"schemas": said} if said else {})}
    identities = {migrator: {"postgres": postgres}, f"{tier.name}_app": {"postgres": "readwrite"}}
    secrets = {name: tier.manifest.secrets[name] for name in identities}
    access = {"owner": access["owner"], "schemas": ["public", "lending", "jobs"], "identities": identities}
    tier.manifest = tier.manifest.model_copy(update={"access": access, "secrets": secrets})
    (tier.migrations / "000001_first.up.sql").write_text(migration)


def test_a_migration_may_make_a_declared_schema_and_the_others_are_made_after_it(
    postgres18: Postgres, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18)
    declaring(tier, OWN)
    first = tier.run()
    made = {step.name: [each for each in step.detail if "CREATE SCHEMA" in each] for step in first.steps}
    assert {name: each for name, each in made.items() if each} == {
        "privileges": [f'CREATE SCHEMA "jobs" AUTHORIZATION "{tier.name}_owner"']
    }
    assert (first.ok, first.differences) == (True, ())
    with tier.login(f"{tier.name}_migrator") as conn:
        conn.execute("CREATE TABLE jobs.job (id serial)")
    with tier.login(f"{tier.name}_app") as conn:
        conn.execute("INSERT INTO jobs.job DEFAULT VALUES; SELECT FROM lending.loan")
    # What the bootstrap has made is in the way of a migration that does not ask for it.
    (tier.migrations / "000002_jobs.up.sql").write_text("CREATE SCHEMA jobs;")
    with pytest.raises(FileError, match=r"the bootstrap makes what access\.yaml has"):
        tier.run()


def test_where_migrators_make_none_declared_schemas_are_there_before_the_migrations(
    postgres18: Postgres, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18)
    declaring(tier, "CREATE TABLE lending.loan (id int);", "declared")
    assert tier.run().ok
    tier = make_tier(postgres18)
    declaring(tier, "CREATE SCHEMA other;", "declared")
    with pytest.raises(FileError, match=r"write `postgres: \{privileges: migrator, schemas: create\}`"):
        tier.run()
