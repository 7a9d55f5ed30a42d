"""The ordered steps of a bootstrap: from a deployed stack to one that is migrated, least-privileged and proven."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from redis.exceptions import RedisError

from bootstrap import deadline, migrate, report
from bootstrap.access import Access, Finding, analyse, load_access
from bootstrap.application import DEFINITION
from bootstrap.credentials import HeldCredential, read_all, stage_all
from bootstrap.declared_extensions import DeclaredExtension, declared
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.migrate.found import found_baseline
from bootstrap.postgres import extensions, master
from bootstrap.postgres.lock import hold
from bootstrap.postgres.master import Master
from bootstrap.postgres.removal import droppable
from bootstrap.reconcile.allowed import BUT_DROPS
from bootstrap.reconcile.apply import apply as reconcile
from bootstrap.reconcile.engines import Engines, engines, wanted_roles
from bootstrap.secrets import AwsStore, SecretStore, open_postgres

_THREADS = 8

Progress = Callable[[str, float], None]
"""Called after each step with its name and its seconds."""


def run(
    manifest: Manifest,
    *,
    migrations: Path,
    progress: Progress | None = None,
    store: SecretStore | None = None,
    left: deadline.Left | None = None,
) -> report.Report:
    """Bring everything inside the engines into its declared state and prove it.

    `left` says how many seconds are left for it; when they run out it stops between two migrations (OutOfTimeError).
    Raise BootstrapError or MigrateError when a step cannot be done; running it again goes on where it stopped.
    A check that comes out wrong does not raise: see `Report.ok`.
    """
    access = load_access(manifest.access)
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="bootstrap") as pool:
        return _Run(manifest, access, store, pool, progress or _quiet, left).go(migrations)


def _quiet(name: str, seconds: float) -> None:
    """Show nothing."""


class _Run:
    def __init__(
        self,
        manifest: Manifest,
        access: Access,
        store: SecretStore,
        pool: Executor,
        progress: Progress,
        left: deadline.Left | None,
    ) -> None:
        self._manifest = manifest
        self._access = access
        self._store = store
        self._pool = pool
        self._progress = progress
        self._left = left
        self._steps: list[report.Step] = []
        self._differences: list[str] = list(skipped(manifest, access))
        self._schema_errors = 0

    def go(self, folder: Path) -> report.Report:
        began = time.perf_counter()
        with self._step("master") as done:
            entered = master.enter(self._manifest.postgres, self._store, self._manifest.passwords)
            done.extend(entered.done)
        with _explained("lock"), entered.conn, hold(entered.conn) as ended:
            self._differences += ended
            on = engines(self._manifest, self._access, self._store, self._pool, entered)
            held = self._access_in(on)
            migration = self._schema(entered, held, on, folder)
            self._compare(entered, folder)
            checks = self._verified(entered, held)
            before = tuple(still_there(entered.conn, self._access, held))
        return report.Report(
            stack=self._manifest.stack,
            seconds=round(time.perf_counter() - began, 4),
            steps=tuple(self._steps),
            migration=migration,
            checks=checks,
            differences=tuple(self._differences),
            schema_errors=self._schema_errors,
            warnings=(*(str(found) for found in self._findings() if found.level == "warning"), *before),
        )

    def _findings(self) -> tuple[Finding, ...]:
        return analyse(self._access, clustered=[name for name, c in self._manifest.caches.items() if c.cluster_mode])

    def _access_in(self, on: Engines) -> Mapping[str, HeldCredential]:
        """Credentials, roles and users: everything before the schema."""
        with self._step("secrets") as done:
            found = read_all(self._manifest, self._access, self._store, self._pool)
            held, staged = stage_all(found, self._store, self._pool)
            done.extend(staged)
        applied = reconcile(self._manifest, self._access, held, on, BUT_DROPS, step=self._step, migrations_follow=True)
        self._differences += applied.differences
        return applied.held

    def _schema(
        self, entered: Master, held: Mapping[str, HeldCredential], on: Engines, folder: Path
    ) -> report.MigrationReached:
        with self._step("extensions") as done:
            declares = declared(folder.resolve().parent)
            found = extensions.ensure(entered.conn, declares, self._access.owner)
            done.extend(found.made)
            self._differences += found.differences
        with self._step("migrations") as done:
            try:
                version, applied = self._migrate(entered, held, folder)
            except migrate.FileError as error:
                blame_extensions(error, declares, found.differences)
                blame_schemas(error)
                raise
            done.extend(applied)
        wanted = wanted_roles(self._manifest, self._access, held)
        with self._step("privileges") as done:
            done.extend(map(str, on.database.apply(wanted, BUT_DROPS).changes))
            left = on.database.compare(wanted)
            self._differences += (*left.differences, *droppable(left.actions))
        return version

    def _migrate(
        self, entered: Master, held: Mapping[str, HeldCredential], folder: Path
    ) -> tuple[report.MigrationReached, list[str]]:
        """Migrate as the migrator, whose login acts as the owner."""
        migrators = self._access.with_privilege("migrator")
        if not migrators:
            raise BootstrapError(
                "access.yaml has no identity with `postgres: migrator`; add one, it runs the migrations"
            )
        credential = held[migrators[0]].credential
        user, password = credential.username, credential.password
        if user is None:
            raise BootstrapError(f"the secret of {migrators[0]} has no PostgreSQL login; run the bootstrap again")
        target = self._manifest.postgres
        with open_postgres(target, target.primary, user, password) as conn:
            ledger = migrate.PostgresLedger(conn, entered.conn)
            runner = migrate.MigrationRunner(migrate.Source.load(folder), ledger, role=self._access.owner)
            there = found_baseline(runner, entered.conn, self._access.schemas) if target.existing else None
            if there is not None:
                runner.force(there)
            applied = [f"{runner.source.get(there).name} taken as applied: it is what was here"] if there else []
            applied += self._up(runner)
            self._differences += (*ledger.ended, *runner.notes)
            version = runner.version()
        return report.MigrationReached(version=version.version, dirty=version.dirty), applied

    def _up(self, runner: migrate.MigrationRunner) -> list[str]:
        done: list[str] = []

        def between(step: migrate.Move, seconds: float | None) -> None:
            if seconds is None:
                deadline.check(self._left)
            else:
                done.append(step.file.name)

        try:
            return [f"{step.name} {step.direction}" for step in runner.up(progress=between)]
        except deadline.OutOfTimeError:
            raise deadline.stopped(done, [step.file.name for step in runner.plan_up()]) from None

    def _compare(self, entered: Master, folder: Path) -> None:
        """Compare the schema with the definition next to the migrations, where there is one."""
        from bootstrap import schema

        path = schema.beside(folder)
        if path is None:
            return
        with self._step("schema"):
            found = schema.judge(entered.conn, schema.with_periods(schema.load(path), self._access.upkeep))
            self._schema_errors = len(found.wrong)
            self._differences += [f"schema: {each}" for each in found.counted]
            # The extensions that are missing were reported by the step before.
            self._differences += [f"schema: {found.note}"] * any(each.kind != "extension" for each in found.aside)

    def _verified(self, entered: Master, held: Mapping[str, HeldCredential]) -> tuple[report.Check, ...]:
        from bootstrap.verify import verify

        with self._step("verify"):
            row = entered.conn.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
            credentials = {name: h.credential for name, h in held.items()}
            lsn = row[0] if row and self._manifest.postgres.replicas else None
            return verify(self._manifest, self._access, credentials, self._store, self._pool, lsn=lsn)

    @contextmanager
    def _step(self, name: str) -> Iterator[list[str]]:
        began = time.perf_counter()
        done: list[str] = []
        with _explained(name):
            yield done
        seconds = round(time.perf_counter() - began, 4)
        self._steps.append(report.Step(name=name, seconds=seconds, changed=len(done), detail=tuple(done)))
        self._progress(name, seconds)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what a driver raises into a sentence that says in which step it was and what mends it."""
    try:
        yield
    except psycopg.Error as error:
        # Only the primary message: the others may quote the statement. A lost connection has none.
        lost = "the connection was lost" if isinstance(error, psycopg.OperationalError) else type(error).__name__
        reason = error.diag.message_primary or lost
        raise BootstrapError(f"{name}: PostgreSQL: {reason}; run the bootstrap again, it goes on from here") from None
    except (RedisError, OSError) as error:
        raise BootstrapError(f"{name}: {error}; run the bootstrap again, it goes on from here") from None


# What PostgreSQL says where a type, a function, an operator or an extension is not there (Appendix A, "Error Codes").
_ABSENT = {"42704", "42883", "0A000", "58P01", "3F000"}


def blame_extensions(
    error: migrate.FileError, declares: Sequence[DeclaredExtension], differences: Sequence[str]
) -> None:
    """Say of a migration that failed which extension it lacks, where that is likely what it comes of."""
    lacking = [each for each in differences if each.startswith("extension ")]
    if lacking and error.sqlstate in _ABSENT:
        error.comes_of("; ".join(lacking))
    elif error.sqlstate == "42501" and "create extension" in error.what:
        error.explain(
            f'declare the extension in {DEFINITION}: {{"extensions": {{"NAME": {{}}}}}}; the bootstrap makes it before '
            "the migrations, as the master, and CREATE EXTENSION IF NOT EXISTS then finds it"
        )
    elif error.sqlstate in _ABSENT and not declares:
        error.explain(f"where an extension brings it, declare that in {DEFINITION}")


def blame_schemas(error: migrate.FileError) -> None:
    """Say of a migration that made a schema and failed what access.yaml has to do with it."""
    if error.sqlstate == "42501" and "permission denied for database" in error.what:
        error.explain(
            "access.yaml lets no migrator make schemas: write `postgres: {privileges: migrator, schemas: create}`; "
            "IF NOT EXISTS needs that right too, even where the bootstrap has made the schema"
        )
    elif error.sqlstate == "42P06":
        error.explain("the bootstrap makes what access.yaml has in `schemas`: write CREATE SCHEMA IF NOT EXISTS")


def still_there(conn: psycopg.Connection[Any], access: Access, held: Mapping[str, HeldCredential]) -> Iterator[str]:
    """Whoever still logs in to PostgreSQL as before the stack, and what ends that."""
    asked = [name for name, each in held.items() if "postgres" in access.present(name) and not each.credential.moved]
    query = "SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND rolname = ANY(%s) ORDER BY 1"
    for (name,) in conn.execute(query, (asked,)).fetchall() if asked else ():
        yield (
            f"{name}: the login from before the stack works on beside the secret's; when its users read the secret, "
            f"`datatier access rotate {name}` ends it after the grace"
        )


def skipped(manifest: Manifest, access: Access) -> Iterator[str]:
    """What is declared for caches that this stack does not have, or that know no users."""
    elsewhere = sorted(name for name, keyspace in access.keyspaces.items() if keyspace.cache not in manifest.caches)
    if elsewhere:
        yield f"key spaces without their cache in this stack: {', '.join(elsewhere)}"
    for name, identity in access.identities.items():
        if name in access.by_token and access.logins(name) and manifest.postgres.iam_region is None:
            yield f"{name}: auth: iam needs RDS with IAM authentication; here it logs in with a password"
        for cache in identity.redis:
            target = manifest.caches.get(cache)
            if target and name in access.by_token and not (target.iam_cache or target.auth_secret):
                yield f"{name}: auth: iam needs ElastiCache with users; in `{cache}` it logs in with a password"
            if target is None:
                yield f"{name}: its rules for the cache `{cache}` are skipped, this stack has none of that name"
    for cache, target in manifest.caches.items():
        if target.auth_secret and (names := access.cache_users(cache)):
            yield f"{cache} knows no users, only an AUTH token: the rules of {', '.join(names)} limit nobody there"
