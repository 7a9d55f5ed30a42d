"""`bootstrap --dry-run`: the whole run as a plan, from nothing to a stack in which somebody meddled; no write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from real_servers import Postgres, Valkey
from tier import Tier

from bootstrap import drift
from bootstrap.dry_run import DryRun, dry_run
from bootstrap.migrate import MigrateError
from bootstrap.secrets import Secret, SecretStore, SecretVersion, Stage

pytestmark = pytest.mark.server


def planned(tier: Tier) -> DryRun:
    before = state(tier)
    found = dry_run(tier.manifest, migrations=tier.migrations, store=tier.store)
    assert state(tier) == before, "nothing is written"
    return found


def state(tier: Tier) -> list[Any]:
    """What a write would move: databases, roles, memberships, and every stage of every secret."""
    with tier.postgres.superuser() as conn:
        rows = [
            conn.execute(f"SELECT * FROM {table} ORDER BY oid").fetchall()
            for table in ("pg_authid", "pg_auth_members", "pg_database")
        ]
    arns = (tier.manifest.postgres.master_secret, *tier.manifest.secrets.values())
    return [rows, [tier.store.stages(arn) for arn in arns]]


def test_from_nothing_to_as_declared(
    postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18, valkey_server)
    first = planned(tier)
    assert [(a.engine, a.verb, a.subject) for a in first.changes] == [
        ("secrets", "replace", "secret of master"),
        ("postgres", "create", f"database {tier.name}_app"),
    ]
    assert first.differs
    with postgres18.superuser() as conn:
        conn.execute(f"CREATE DATABASE {tier.name}_app OWNER {tier.name}_master")
    second = planned(tier)
    made = [(a.engine, a.verb, a.subject) for a in second.changes]
    assert made[0] == ("secrets", "replace", "secret of master")
    assert {("secrets", "make", f"secret of {name}") for name in tier.manifest.secrets} <= set(made)
    assert {("postgres", "create", f"role {tier.name}_app_{each}") for each in "ab"} <= set(made)
    assert ("redis", "create", f"user {tier.name}_app") in made
    assert made[-1] == ("postgres", "migrate", "migration 000001_first.up.sql")
    assert any("privileges on what the migration will make" in note for note in second.notes)

    report = tier.run()
    settled = planned(tier)
    assert settled.changes == ()
    assert set(report.differences) == {*settled.differences, *settled.notes[:-1]}, "in the words of the run"
    assert settled.notes[-1].startswith("nobody logged in")
    assert [text for text in settled.differences if f"{tier.name}_" in text] == []  # other stacks share the cache


def test_what_somebody_revoked_by_hand_is_the_one_change(settled: Tier) -> None:
    with settled.postgres.superuser(f"{settled.name}_app") as conn:
        conn.execute(f"REVOKE DELETE ON users FROM {settled.name}_app")
    (change,) = planned(settled).changes
    assert change.data() == {
        "engine": "postgres",
        "target": f"{settled.name}_app",
        "action": "grant",
        "subject": f"DELETE on table public.users to {settled.name}_app",
        "sql": f'GRANT DELETE ON TABLE public.users TO "{settled.name}_app"',
        "takes_away": False,
    }
    (step,) = [step for step in settled.run().steps if step.changed]
    assert step.detail == (change.text,), "the run does what was planned"
    assert planned(settled).changes == ()


def test_a_role_that_nobody_declares_is_a_difference_and_no_change(settled: Tier) -> None:
    gone = f"{settled.name}_reporting"
    access = settled.manifest.access
    identities = {name: each for name, each in access["identities"].items() if name != gone}
    manifest = settled.manifest.model_copy(update={"access": {**access, "identities": identities}})
    found = dry_run(manifest, migrations=settled.migrations, store=settled.store)
    assert [a for a in found.changes if a.verb == "drop"] == []
    assert f"role {gone} is marked as managed but no longer declared: `datatier access apply` drops it" in (
        found.differences
    )


def test_a_dirty_migration_stops_the_plan_as_it_stops_the_run(
    postgres18: Postgres, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18)
    tier.run()
    (tier.migrations / "000002_broken.up.sql").write_text("SELECT 1 / 0;")
    assert [a.subject for a in planned(tier).changes] == ["migration 000002_broken.up.sql"]
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        conn.execute("UPDATE schema_migrations SET version = 2, dirty = true")
    with pytest.raises(MigrateError, match="dirty"):
        planned(tier)


class Asked:
    """A store that keeps which secrets it was asked for."""

    def __init__(self, store: SecretStore) -> None:
        self.store, self.arns = store, list[str]()

    def get(self, arn: str, stage: Stage = "AWSCURRENT") -> SecretVersion | None:
        self.arns.append(arn)
        return self.store.get(arn, stage)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.mark.parametrize("look", [dry_run, drift.look])
def test_every_secret_is_read_once(settled: Tier, look: Callable[..., object]) -> None:
    asked = Asked(settled.store)
    look(settled.manifest, migrations=settled.migrations, store=asked)
    manifest = settled.manifest
    administrators = [cache.admin_secret for cache in manifest.caches.values() if cache.admin_secret]
    assert sorted(asked.arns) == sorted([manifest.postgres.master_secret, *administrators, *manifest.secrets.values()])


def test_a_pending_master_password_that_the_server_takes_is_a_change(settled: Tier) -> None:
    arn, old = settled.manifest.postgres.master_secret, settled.credential("master")
    new = Secret("another-password-of-the-master-01")
    settled.store.put_pending(arn, old.model_copy(update={"password": new}))
    assert planned(settled).changes == (), "nobody took it yet"
    with settled.postgres.superuser() as conn:
        conn.execute(f"ALTER ROLE {settled.name}_master PASSWORD '{new.reveal()}'")
    assert [(a.verb, a.subject) for a in planned(settled).changes] == [("promote", "secret of master")]
    assert settled.run().changed == 1
    assert (settled.credential("master").password, planned(settled).changes) == (new, ())
