"""`datatier migrate`: the schema's versions, as the migrator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.secrets import Secret
from cli.doors import by_url, open_database
from cli.duration import duration
from cli.errors import FAILED, WRONG_INPUT, InputError, NothingUpError
from cli.files import writing
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, PathOption, StackOption
from cli.output import console, counted, emit_json, escape, table
from cli.project import migrations
from cli.rehearse import rehearse

app = typer.Typer(no_args_is_help=True, help="Move the schema along its migrations (golang-migrate's table and lock).")
app.command()(rehearse)

if TYPE_CHECKING:  # brings psycopg, which other commands do without
    from bootstrap import migrate
    from bootstrap.manifest import Manifest

DryRunFlag = Annotated[bool, typer.Option("--dry-run", help="Print what would run, and change nothing.")]
WaitOption = Annotated[
    float,
    typer.Option("--wait", parser=duration, metavar="DURATION", help="How long to wait for another migration to end."),
]
LockTimeoutOption = Annotated[
    float,
    typer.Option(
        "--lock-timeout",
        parser=duration,
        metavar="DURATION",
        help="How long a statement may wait for a table; 0 for ever.",
    ),
]
StatementTimeoutOption = Annotated[
    float,
    typer.Option(
        "--statement-timeout", parser=duration, metavar="DURATION", help="How long a statement may take; 0 for ever."
    ),
]
LagOption = Annotated[
    float | None,
    typer.Option(
        "--max-replica-lag",
        parser=duration,
        metavar="DURATION",
        help="Stop before a file while a replica is further behind.",
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="RULE", help="Pass over what a rule finds; docs/migrations.md lists them."),
]
SnapshotFlag = Annotated[
    bool, typer.Option("--snapshot", help="Take an RDS snapshot first, where there is something to do.")
]
WAIT, LOCK, STATEMENT = 15.0, 5.0, 600.0


@contextmanager
def _runner(
    stack: str | None,
    manifest: str | None,
    url: str | None,
    path: Path | None,
    *,
    allow: list[str] | None = None,
    snapshot: bool = False,
    **options: Any,
) -> Iterator[migrate.MigrationRunner]:
    """As whoever the URL says, or as the stack's migrator, who acts as the owner."""
    from bootstrap import migrate

    target: Secret | Manifest | None = by_url(url, stack, manifest)
    if target is None:
        from cli.target import find_manifest

        target = find_manifest(stack, manifest)
    source = migrate.Source.load(path or migrations(), allow or ())
    identity, owner = ("", None) if isinstance(target, Secret) else _migrator(target)
    with open_database(target, identity) as connection:
        if snapshot:
            from bootstrap.migrate.snapshot import snapshot_of

            options["snapshot"] = snapshot_of(connection.info.host)
        ledger = migrate.PostgresLedger(connection)
        runner = migrate.MigrationRunner(source, ledger, role=owner, **options)
        try:
            yield runner
        finally:
            for sentence in runner.notes:
                console(stderr=True).print(f"[yellow]note:[/] {escape(sentence)}")


def _migrator(target: Manifest) -> tuple[str, str]:
    from bootstrap.access import load_access

    access = load_access(target.access)
    migrators = access.with_privilege("migrator")
    if not migrators:
        raise InputError("access.yaml has no identity with `postgres: migrator`.")
    return migrators[0], access.owner


def _done(applied: list[migrate.AppliedFile], json: bool) -> None:
    if json:
        emit_json([asdict(each) for each in applied])
        return
    for each in applied:
        console().print(f"{each.version}/{each.direction[0]} {each.name} [dim]{each.seconds:.3f} s[/]")
    if not applied:
        console().print("no change")


def _planned(steps: list[migrate.Move], json: bool) -> None:
    """The SQL as a script that says where each file begins: comments and the files as they are."""
    if json:
        emit_json(
            [
                {
                    "version": step.migration.version,
                    "name": step.migration.name,
                    "direction": step.kind,
                    "before": None if step.before < 0 else step.before,
                    "target": None if step.target < 0 else step.target,
                    "file": step.file.path,
                    "sql": step.sql,
                }
                for step in steps
            ]
        )
        return
    for step in steps:
        at, to = ("none" if v < 0 else v for v in (step.before, step.target))
        console().print(f"[bold]-- {step.file.name} ({at} -> {to})[/]")
        console().print(escape(step.sql.rstrip()) + "\n")
    if not steps:
        console().print("no change")


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:%Y-%m-%d %H:%M:%S%z}" if isinstance(value, datetime) else str("" if value is None else value)


@app.command()
def up(
    count: Annotated[int | None, typer.Argument(min=0, help="How many; all when absent.")] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    dry_run: DryRunFlag = False,
    wait: WaitOption = WAIT,
    lock_timeout: LockTimeoutOption = LOCK,
    statement_timeout: StatementTimeoutOption = STATEMENT,
    max_replica_lag: LagOption = None,
    snapshot: SnapshotFlag = False,
    allow: AllowOption = None,
    json: JsonFlag = False,
) -> None:
    """Apply the next migrations.

    [bold]Examples:[/] datatier migrate up    datatier migrate up 1    datatier migrate up --dry-run
    """
    with _runner(
        stack,
        manifest,
        database_url,
        path,
        snapshot=snapshot and not dry_run,
        allow=allow,
        lock_wait=wait,
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        max_replica_lag=max_replica_lag,
    ) as runner:
        _planned(runner.plan_up(count), json) if dry_run else _done(runner.up(count), json)


@app.command()
def down(
    count: Annotated[int | None, typer.Argument(min=0, help="How many to undo.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Undo every migration.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    dry_run: DryRunFlag = False,
    wait: WaitOption = WAIT,
    lock_timeout: LockTimeoutOption = LOCK,
    statement_timeout: StatementTimeoutOption = STATEMENT,
    max_replica_lag: LagOption = None,
    snapshot: SnapshotFlag = False,
    allow: AllowOption = None,
    json: JsonFlag = False,
) -> None:
    """Undo the last migrations.

    [bold]Examples:[/] datatier migrate down 1    datatier migrate down --all
    """
    if (count is None) is not every:
        raise InputError("say how many to undo, or --all: `datatier migrate down 1`.")
    with _runner(
        stack,
        manifest,
        database_url,
        path,
        snapshot=snapshot and not dry_run,
        allow=allow,
        lock_wait=wait,
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        max_replica_lag=max_replica_lag,
    ) as runner:
        _planned(runner.plan_down(count), json) if dry_run else _done(runner.down(count), json)


@app.command("down-to")
def down_to(
    target: Annotated[int, typer.Argument(min=0, help="Version to stop at; what is above it is undone.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    dry_run: DryRunFlag = False,
    wait: WaitOption = WAIT,
    lock_timeout: LockTimeoutOption = LOCK,
    statement_timeout: StatementTimeoutOption = STATEMENT,
    max_replica_lag: LagOption = None,
    snapshot: SnapshotFlag = False,
    allow: AllowOption = None,
    json: JsonFlag = False,
) -> None:
    """Undo everything above a version.

    [bold]Example:[/] datatier migrate down-to 5
    """
    with _runner(
        stack,
        manifest,
        database_url,
        path,
        snapshot=snapshot and not dry_run,
        allow=allow,
        lock_wait=wait,
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        max_replica_lag=max_replica_lag,
    ) as runner:
        _planned(runner.plan_down_to(target), json) if dry_run else _done(runner.down_to(target), json)


@app.command()
def goto(
    target: Annotated[int, typer.Argument(min=0, help="Version to move to, up or down.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    dry_run: DryRunFlag = False,
    wait: WaitOption = WAIT,
    lock_timeout: LockTimeoutOption = LOCK,
    statement_timeout: StatementTimeoutOption = STATEMENT,
    max_replica_lag: LagOption = None,
    snapshot: SnapshotFlag = False,
    allow: AllowOption = None,
    json: JsonFlag = False,
) -> None:
    """Move up or down to a version.

    [bold]Example:[/] datatier migrate goto 5
    """
    with _runner(
        stack,
        manifest,
        database_url,
        path,
        snapshot=snapshot and not dry_run,
        allow=allow,
        lock_wait=wait,
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        max_replica_lag=max_replica_lag,
    ) as runner:
        _planned(runner.plan_goto(target), json) if dry_run else _done(runner.goto(target), json)


@app.command(context_settings={"ignore_unknown_options": True})
def force(
    target: Annotated[int, typer.Argument(min=-1, help="Version that the schema really is at; -1 for none.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    wait: WaitOption = WAIT,
) -> None:
    """Declare the schema to be at a version and clean; nothing is run. The way out of a dirty state.

    [bold]Examples:[/] datatier migrate force 7    datatier migrate force -1
    """
    with _runner(stack, manifest, database_url, path, lock_wait=wait) as runner:
        runner.force(None if target == -1 else target)
    console().print("no migration" if target == -1 else f"{target}, clean")


@app.command()
def validate(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Look at the files only, even where a tier is up.")
    ] = False,
    style: Annotated[
        bool, typer.Option("--style", help="Without a database too, say what columns are better made of.")
    ] = False,
    allow: AllowOption = None,
    json: JsonFlag = False,
) -> None:
    """Check the files, beside the database where there is one: numbers, missing or edited files, late versions, lint.

    Without a tier, a URL or a manifest the files are checked by themselves. Exit 2 on an error, as
    `up` does; all else exits 0.
    What is a matter of style is told of files that the database has not applied yet, without one by --style.

    [bold]Examples:[/] datatier migrate validate    datatier migrate validate --offline --json
    """
    problems = None if offline else _validated(stack, manifest, database_url, path, allow)
    if problems is None:
        from bootstrap import migrate

        problems = migrate.validate(migrate.Source.load(path or migrations(), allow or ()), style=style)
    if json:
        emit_json([asdict(problem) for problem in problems])
    else:
        for problem in problems:
            colour = "red" if problem.severity == "error" else "yellow"
            console().print(f"[{colour}]{problem.severity}[/] {escape(str(problem))} [dim]({problem.rule})[/]")
        counts = Counter(problem.severity for problem in problems)
        said = [
            f"{counts[word]} of style" if word == "style" else counted(counts[word], word)
            for word in ("error", "warning", "style", "note")
            if counts[word]
        ]
        console().print(", ".join(said) or "no problems")
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(WRONG_INPUT)


def _validated(
    stack: str | None, manifest: str | None, url: str | None, path: Path | None, allow: list[str] | None
) -> tuple[migrate.FileProblem, ...] | None:
    """Beside the database; None where none was named and none is up."""
    try:
        with _runner(stack, manifest, url, path, allow=allow) as runner:
            return runner.validate()
    except NothingUpError:
        if stack is not None or manifest is not None:
            raise
        console(stderr=True).print("[yellow]note:[/] no database is up: the files are checked by themselves")
        return None


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it does, e.g. add_comments.")], path: PathOption = None
) -> None:
    """Make the next pair of files.

    [bold]Example:[/] datatier migrate create add_comments
    """
    from bootstrap import migrate

    folder = path or migrations()
    with writing("--path", folder):
        made = migrate.create(folder, name)
    for file in made:
        console().print(str(file))


@app.command()
def version(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    json: JsonFlag = False,
) -> None:
    """Print the version of the schema.

    [bold]Example:[/] datatier migrate version
    """
    with _runner(stack, manifest, database_url, path) as runner:
        now = runner.version()
    if json:
        emit_json(asdict(now))
    elif now.version is None and not now.dirty:
        console().print("no migration")
    else:
        console().print(f"{now.version}{' (dirty)' if now.dirty else ''}")
    if now.dirty:
        raise typer.Exit(FAILED)


@app.command()
def status(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    json: JsonFlag = False,
) -> None:
    """List every migration, applied or not.

    [bold]Example:[/] datatier migrate status
    """
    with _runner(stack, manifest, database_url, path) as runner:
        rows = runner.status()
    if json:
        emit_json([asdict(row) for row in rows])
        return
    names = tuple(asdict(rows[0])) if rows else ("version",)
    told = [tuple(_told(value) for value in asdict(row).values()) for row in rows]
    console().print(table("migrations", names, told))
