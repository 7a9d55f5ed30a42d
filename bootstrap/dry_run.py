"""The whole bootstrap as a plan: what a run would do to secrets, roles, caches and schema. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pydantic import JsonValue

from bootstrap import migrate
from bootstrap.access import Access, load_access
from bootstrap.action import Action
from bootstrap.declared_extensions import declared
from bootstrap.drift import judge_schema
from bootstrap.manifest import Manifest
from bootstrap.migrate.found import found_baseline
from bootstrap.postgres import extensions, master
from bootstrap.postgres.change import ident
from bootstrap.postgres.removal import droppable
from bootstrap.reconcile.allowed import BUT_DROPS
from bootstrap.reconcile.engines import engines
from bootstrap.reconcile.plan import plan_on
from bootstrap.run import skipped
from bootstrap.secrets import AwsStore, SecretStore

_THREADS = 8


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What a bootstrap would do, and what it would leave as it is."""

    stack: str
    changes: tuple[Action, ...]
    """In the order in which they would be done."""
    differences: tuple[str, ...]
    """What differs and would stay so, each with what mends it."""
    notes: tuple[str, ...]
    """What this stack and its servers cannot have, what cannot be foreseen, and what was not looked at."""

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.changes or self.differences)

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {
            "stack": self.stack,
            "changes": [change.data() for change in self.changes],
            "differences": list(self.differences),
            "notes": list(self.notes),
        }


def dry_run(manifest: Manifest, *, migrations: Path, store: SecretStore | None = None) -> DryRun:
    """Plan a bootstrap of a deployed stack; nothing is written, neither to an engine nor to the store of secrets.

    Raise BootstrapError or MigrateError where the bootstrap itself would stop before it had done anything.
    """
    access = load_access(manifest.access)
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    try:
        entered = master.look(manifest.postgres, store)
    except master.NoDatabaseError as missing:
        return _without_database(manifest, tuple(_master(manifest, missing.due)))
    with entered.conn as conn, ThreadPoolExecutor(_THREADS, thread_name_prefix="dry-run") as pool:
        on = engines(manifest, access, store, pool, entered)
        planned = plan_on(manifest, access, on)
        of_schema, reported, unseen = _schema(conn, migrations, access, existing=manifest.postgres.existing)
        lacking = extensions.look(conn, declared(migrations.resolve().parent), access.owner)
        first = tuple(_master(manifest, entered.due))
    changes = (*first, *planned.changes, *lacking.actions, *of_schema)
    return DryRun(
        stack=manifest.stack,
        changes=tuple(filter(BUT_DROPS, changes)),
        differences=(*planned.differences, *droppable(planned.changes), *reported),
        notes=(
            *skipped(manifest, access),
            *map(extensions.refused, lacking.denied),
            *lacking.differences,
            *unseen,
            "nobody logged in: what each identity may and may not do is tried by `datatier access verify`",
        ),
    )


def _without_database(manifest: Manifest, first: tuple[Action, ...]) -> DryRun:
    name = manifest.postgres.database
    create = Action(
        engine="postgres",
        target=name,
        verb="create",
        subject=f"database {name}",
        text=f"CREATE DATABASE {ident(name)} ENCODING 'UTF8' TEMPLATE template0",
    )
    after = "secrets, roles, users, extensions and migrations are planned when the database is there"
    return DryRun(stack=manifest.stack, changes=(*first, create), differences=(), notes=(after,))


_OF_MASTER: dict[master.Due, str] = {
    "replace": "the first master password, which the infrastructure's state holds, will be replaced",
    "promote": "the pending master password, which the server takes, will become current",
}


def _master(manifest: Manifest, due: master.Due | None) -> Iterator[Action]:
    if due:
        yield Action(
            engine="secrets",
            target=manifest.postgres.master_secret,
            verb=due,
            subject="secret of master",
            text=_OF_MASTER[due],
            identity="master",
        )


def _schema(
    conn: psycopg.Connection[Any], folder: Path, access: Access, *, existing: bool
) -> tuple[tuple[Action, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the migrations that would run, what differs in the schema, and what cannot be foreseen."""
    runner = migrate.MigrationRunner(migrate.Source.load(folder), migrate.PostgresLedger(conn))
    steps = runner.plan_up()
    there = found_baseline(runner, conn, access.schemas) if existing else None
    taken: tuple[str, ...] = ()
    if there is not None:
        taken = (f"{runner.source.get(there).name} is what is here: it will count as applied",)
        steps = [step for step in steps if step.migration.version != there]
    if steps:
        many = f"{len(steps)} migrations" if len(steps) > 1 else "the migration"
        unseen = f"privileges on what {many} will make, and the schema afterwards, are compared when it is there"
        return tuple(_migration(step, conn.info.dbname) for step in steps), (), (*taken, unseen)
    judged = judge_schema(conn, folder, access.upkeep)
    return (), tuple(f"schema: {each}" for each in judged.counted), taken


def _migration(step: migrate.Move, database: str) -> Action:
    return Action(
        engine="postgres",
        target=database,
        verb="migrate",
        subject=f"migration {step.file.name}",
        text=f"{step.migration.name} up",
    )
