"""`datatier migrate`: the schema's versions, as the migrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from bootstrap.access import load_access
from bootstrap.secrets import Secret
from cli.doors import by_url, open_database
from cli.errors import FAILED, InputError
from cli.options import MIGRATIONS, DatabaseUrlOption, JsonFlag, PathOption, StackOption
from cli.output import console, emit_json, table
from cli.target import ManifestOption, find_manifest

app = typer.Typer(no_args_is_help=True, help="Move the schema along its migrations (golang-migrate's table and lock).")

if TYPE_CHECKING:  # brings psycopg, which other commands do without
    from bootstrap import migrate
    from bootstrap.manifest import Manifest


@contextmanager
def _runner(stack: str | None, manifest: str | None, url: str | None, path: Path) -> Iterator[migrate.Runner]:
    """As whoever the URL says, or as the stack's migrator, who acts as the owner."""
    from bootstrap import migrate

    target = by_url(url, stack, manifest) or find_manifest(stack, manifest)
    identity, owner = ("", None) if isinstance(target, Secret) else _migrator(target)
    with open_database(target, identity) as connection:
        yield migrate.Runner(migrate.Source.load(path), migrate.PostgresLedger(connection), role=owner)


def _migrator(target: Manifest) -> tuple[str, str]:
    access = load_access(target.access)
    migrators = access.with_privilege("migrator")
    if not migrators:
        raise InputError("access.yaml has no identity with `postgres: migrator`.")
    return migrators[0], access.owner


def _done(applied: list[migrate.Applied], json: bool) -> None:
    if json:
        emit_json([asdict(each) for each in applied])
        return
    for each in applied:
        console().print(f"{each.version}/{each.direction[0]} {each.name} [dim]{each.seconds:.3f} s[/]")
    if not applied:
        console().print("no change")


def _told(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:%Y-%m-%d %H:%M:%S%z}" if isinstance(value, datetime) else str("" if value is None else value)


@app.command()
def up(
    count: Annotated[int | None, typer.Argument(min=0, help="How many; all when absent.")] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = MIGRATIONS,
    json: JsonFlag = False,
) -> None:
    """Apply the next migrations.

    [bold]Examples:[/] datatier migrate up    datatier migrate up 1
    """
    with _runner(stack, manifest, database_url, path) as runner:
        _done(runner.up(count), json)


@app.command()
def down(
    count: Annotated[int | None, typer.Argument(min=0, help="How many to undo.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Undo every migration.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = MIGRATIONS,
    json: JsonFlag = False,
) -> None:
    """Undo the last migrations.

    [bold]Examples:[/] datatier migrate down 1    datatier migrate down --all
    """
    if (count is None) is not every:
        raise InputError("say how many to undo, or --all: `datatier migrate down 1`.")
    with _runner(stack, manifest, database_url, path) as runner:
        _done(runner.down(count), json)


@app.command()
def goto(
    target: Annotated[int, typer.Argument(min=0, help="Version to move to, up or down.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = MIGRATIONS,
    json: JsonFlag = False,
) -> None:
    """Move up or down to a version.

    [bold]Example:[/] datatier migrate goto 5
    """
    with _runner(stack, manifest, database_url, path) as runner:
        _done(runner.goto(target), json)


@app.command(context_settings={"ignore_unknown_options": True})
def force(
    target: Annotated[int, typer.Argument(min=-1, help="Version that the schema really is at; -1 for none.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = MIGRATIONS,
) -> None:
    """Declare the schema to be at a version and clean; nothing is run. The way out of a dirty state.

    [bold]Examples:[/] datatier migrate force 7    datatier migrate force -1
    """
    with _runner(stack, manifest, database_url, path) as runner:
        runner.force(None if target == -1 else target)
    console().print("no migration" if target == -1 else f"{target}, clean")


@app.command()
def validate(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = MIGRATIONS,
    json: JsonFlag = False,
) -> None:
    """Check the files beside the database: numbers, missing or edited files, late versions. Exit 1 on an error.

    [bold]Example:[/] datatier migrate validate
    """
    with _runner(stack, manifest, database_url, path) as runner:
        problems = runner.validate()
    if json:
        emit_json([asdict(problem) for problem in problems])
    else:
        for problem in problems:
            console().print(f"[yellow]{problem.severity}[/] {escape(str(problem))}")
        console().print(f"{len(problems)} problems")
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(FAILED)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it does, e.g. add_comments.")], path: PathOption = MIGRATIONS
) -> None:
    """Make the next pair of files.

    [bold]Example:[/] datatier migrate create add_comments
    """
    from bootstrap import migrate

    for file in migrate.create(path, name):
        console().print(str(file))


@app.command()
def version(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    path: PathOption = MIGRATIONS,
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
    path: PathOption = MIGRATIONS,
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
