"""Real tools as sibling logins of a tier without migrations: docs/migration-tools.md says of them what happens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from real_servers import emulator, postgres, postgres_binaries
from tier import REGION, Tier

from bootstrap.access import load_access
from bootstrap.application import NONE_YET
from bootstrap.drift import look
from bootstrap.report import Report
from knowledge.postgres.tools import tools

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
REAL = Path(__file__).parent / "real"
NODE = (REAL / "node", REAL / "more")
PYTHON = ROOT / ".venv" / "clients-postgres" / "bin" / "python"
TRIED = {name: tool for name, tool in tools().items() if tool.tried == "test"}
N = "depot"
WORKER = {"schema": "graphile_worker", "table": "*"}
WORKER |= {"rules": {"worker": {"roles": [f"{N}_app"], "using": "true", "check": "true"}}}
ACCESS = {
    "owner": f"{N}_owner",
    "schemas": ["public", *(schema for tool in tools().values() for schema in tool.schemas)],
    "identities": {
        f"{N}_migrator": {"postgres": {"privileges": "migrator", "limits": {"connection_limit": 5}}},
        f"{N}_app": {"postgres": "readwrite"},
    },
    "policies": [WORKER],
}
# A table of each tool's own, which the application shall read and write.
TABLES = {
    "alembic": "public.alembic_things",
    "django": "public.auth_group",
    "drizzle": "public.drizzle_things",
    "golang-migrate": "public.golang_things",
    "graphile-worker": "graphile_worker._private_tasks",
    "knex": "public.knex_things",
    "node-pg-migrate": "public.pgm_things",
    "pg-boss": "pgboss.queue",
    "procrastinate": "public.procrastinate_jobs",
    "typeorm": "public.typeorm_things",
}


@dataclass
class Migrated:
    """What each tool said, in the order of what happened."""

    tier: Tier
    first: Report
    """The bootstrap before anything was there."""
    migrated: dict[str, str] = field(default_factory=dict)
    """Tool -> empty, or its error, as the migrator."""
    before: dict[str, str] = field(default_factory=dict)
    """The queue in Node as the application, before the second bootstrap."""
    second: Report | None = None
    used: dict[str, str] = field(default_factory=dict)
    """As the application after it."""


def url(tier: Tier, identity: str) -> str:
    credential = tier.credential(identity)
    assert credential.password
    where = f"127.0.0.1:{tier.postgres.port}/{tier.manifest.postgres.database}"
    return f"postgresql://{credential.username}:{credential.password.reveal()}@{where}"


def installed(mode: str, *folders: Path) -> list[list[str | Path]]:
    """The commands of the tools in Node that are here."""
    if shutil.which("node") is None:
        return []
    return [["node", each / "main.mjs", mode] for each in folders if (each / "node_modules" / "ready").exists()]


def said_by(commands: Sequence[Sequence[str | Path]], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Tool -> empty, or its error."""
    for command in commands:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for line in done.stdout.splitlines():
            said = json.loads(line)
            yield said["tool"], said.get("error", "")


def say(tier: Tier, identity: str, mode: str) -> Iterator[tuple[str, str]]:
    environment = {**os.environ, "DATABASE_URL": url(tier, identity)}
    yield from said_by([[PYTHON, REAL / "python" / "tools.py", mode], *installed(mode, *NODE)], environment)
    if migrate := _golang_migrate():
        with tempfile.TemporaryDirectory(prefix="dt-tool-") as folder:
            up = "CREATE TABLE golang_things (id serial PRIMARY KEY, name text);"
            (Path(folder) / "1_things.up.sql").write_text(up)
            database = (
                environment["DATABASE_URL"].replace("postgresql", "pgx5")
                + "?sslmode=disable&x-migrations-table=golang_migrations"
            )
            command = [migrate, "-path", folder, "-database", database, "up"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            yield "golang-migrate", "" if done.returncode == 0 else done.stderr


def _golang_migrate() -> Path | str | None:
    """`make tools` and `make interop` build it."""
    built = ROOT / "build" / "bin" / "migrate"
    return built if built.exists() else shutil.which("migrate")


@pytest.fixture(scope="module")
def migrated() -> Iterator[Migrated]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-aws-", dir="/tmp") as aws,
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as data,
        emulator(Path(aws), REGION) as endpoint,
        postgres(postgres_binaries()["18"], Path(data), 18) as server,
    ):
        folder = Path(aws) / "application" / "migrations"
        folder.mkdir(parents=True)
        (folder / NONE_YET).touch()
        tier = Tier(N, server, endpoint, folder)
        secrets = {name: arn for name, arn in tier.manifest.secrets.items() if name in ACCESS["identities"]}
        tier.manifest = tier.manifest.model_copy(update={"access": ACCESS, "secrets": secrets})
        found = Migrated(tier, tier.run())
        found.migrated = dict(say(tier, f"{N}_migrator", "migrate"))
        queue = installed("use", REAL / "node")
        found.before = dict(said_by(queue, {**os.environ, "DATABASE_URL": url(tier, f"{N}_app")}))
        found.second = tier.run()
        found.used = dict(say(tier, f"{N}_app", "use"))
        yield found


def said(found: Mapping[str, str], tool: str) -> str:
    """What a tool said; skips where its runtime is not here."""
    if tool not in found:
        pytest.skip(f"{tool} is not here: make tools")
    return found[tool]


@pytest.mark.parametrize("tool", TRIED)
def test_a_tool_migrates_as_the_migrator_and_all_is_the_owners(migrated: Migrated, tool: str) -> None:
    assert said(migrated.migrated, tool) == ""
    with migrated.tier.login(f"{N}_app") as conn:
        owner = conn.execute("SELECT relowner::regrole::text FROM pg_class WHERE oid = %s::regclass", (TABLES[tool],))
        assert owner.fetchone() == (f"{N}_owner",)
        conn.execute(f"SELECT FROM {TABLES[tool]}; DELETE FROM {TABLES[tool]} WHERE false".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"ALTER TABLE {TABLES[tool]} ADD COLUMN odd int".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"CREATE TABLE {TABLES[tool].split('.')[0]}.odd (id int)".encode())


@pytest.mark.parametrize("tool", TRIED)
def test_what_becomes_of_it_at_the_applications_start(migrated: Migrated, tool: str) -> None:
    error = said(migrated.used, tool)
    if tool == "procrastinate":  # what the application starts is its worker; `schema --apply` is the migrator's
        assert error == ""
    else:
        assert (error == "") == (TRIED[tool].at_start == "passes"), error


def test_a_queue_with_row_level_security_works_from_the_next_bootstrap_on(migrated: Migrated) -> None:
    assert "row-level security" in said(migrated.before, "graphile-worker")
    assert said(migrated.used, "graphile-worker") == ""


def test_drizzle_says_why_it_may_not_run_as_the_application(migrated: Migrated) -> None:
    assert said(migrated.used, "drizzle") == f"42501 permission denied for database {N}_app"


def test_without_migrations_of_ours_the_tier_is_as_declared(migrated: Migrated) -> None:
    second, tier = migrated.second, migrated.tier
    assert second is not None
    for report in (migrated.first, second):
        assert [check for check in report.checks if not check.ok] == []
        assert (report.ok, report.migration.version, report.differences) == (True, None, ())
    changed: dict[str, Any] = {step.name: step.detail for step in second.steps if step.changed}
    assert set(changed) <= {"roles"}
    assert all("graphile_worker" in each for each in changed.get("roles", ()))
    drift = look(tier.manifest, migrations=tier.migrations, prove=True, store=tier.store)
    assert (drift.ok, drift.found, drift.failed) == (True, (), ())


def test_each_tool_that_the_page_calls_tested_is(migrated: Migrated) -> None:
    assert load_access(ACCESS).unwise == ()
    assert set(migrated.migrated) <= set(TRIED) == set(TABLES)
    assert {name for name, tool in TRIED.items() if tool.runtime == "Python"} <= set(migrated.migrated)
