"""`datatier migrate rehearse`: up, down and up again on an empty server, and what that makes of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.declared_extensions import DeclaredExtension, declared
from cli.doors import by_url
from cli.errors import DIFFERENT, FAILED, InputError
from cli.git import as_of
from cli.options import DatabaseUrlOption, JsonFlag, PathOption
from cli.output import console, emit_json, escape
from cli.project import migrations, project_root

if TYPE_CHECKING:  # brings psycopg, which other commands do without
    import psycopg

    from bootstrap.migrate import Source
    from bootstrap.rehearse import Rehearsal


class RehearsalFormat(StrEnum):
    """How a rehearsal is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


def rehearse(
    since: Annotated[
        str,
        typer.Option("--since", help="Version, or revision of Git, whose migrations are not new: 12, origin/main."),
    ] = "0",
    database_url: DatabaseUrlOption = None,
    path: PathOption = None,
    form: Annotated[RehearsalFormat, typer.Option("--format", help="Form of the report.")] = RehearsalFormat.TABLE,
    json: JsonFlag = False,
) -> None:
    """Apply all migrations to an empty server, undo the new ones, apply them again; compare the catalogs.

    The server is one of its own in a temporary folder, or the empty database of --database-url. Exit 1 where a file
    fails, 3 where a down file does not undo its up file or the result is not the committed definition.

    [bold]Examples:[/] datatier migrate rehearse --since origin/main    datatier migrate rehearse --since 11 --json
    """
    from bootstrap import schema
    from bootstrap.migrate import Source
    from bootstrap.rehearse import rehearse as rehearsed
    from pipeline import rehearsal

    if json and form not in (RehearsalFormat.TABLE, RehearsalFormat.JSON):
        raise InputError("--json and --format contradict each other: choose one.")
    form = RehearsalFormat.JSON if json else form
    path = path or migrations()
    source = Source.load(path)
    base, edited = _base(since, source, path)

    def say(text: str) -> None:
        if form is RehearsalFormat.TABLE:
            console(stderr=True).print(f"[green]·[/] {escape(text)}")

    wanted = declared(path.resolve().parent)
    with _server(database_url, wanted) as (conn, owner):
        made = rehearsed(conn, source, since=base, role=owner, definition=schema.beside(path), wanted=wanted, say=say)
    made.notes += tuple(f"{name} was edited: databases that have applied it refuse it" for name in edited)
    if form is RehearsalFormat.JSON:
        emit_json(made.as_json())
    elif form is RehearsalFormat.MARKDOWN:
        typer.echo(rehearsal.markdown(made), nl=False)
    else:
        _show(made)
    if made.failed or edited:
        raise typer.Exit(FAILED)
    if not made.ok:
        raise typer.Exit(DIFFERENT)


def _base(since: str, source: Source, path: Path) -> tuple[int, list[str]]:
    """The last version that is not new, and the files below it that are no longer what they were."""
    from bootstrap.migrate import Source

    if since.isdecimal():
        return int(since), []
    root = project_root(path)
    with as_of(root, since) as folder:
        place = folder / path.resolve().relative_to(root)
        if not place.is_dir():
            return 0, []
        old = Source.load(place)
        were = {file.name: file.checksum for m in old.migrations for file in (m.up, m.down) if file}
    now = {file.name: file.checksum for m in source.migrations for file in (m.up, m.down) if file}
    # Down files may be mended: nothing holds them to what they were.
    edited = [name for name, checksum in were.items() if ".up." in name and now.get(name) != checksum]
    return old.last, edited


@contextmanager
def _server(
    url: str | None, wanted: Sequence[DeclaredExtension]
) -> Iterator[tuple[psycopg.Connection[Any], str | None]]:
    """An empty database and the role that its migrations act as."""
    if (given := by_url(url, None, None)) is not None:
        from bootstrap.secrets import open_database_url

        with open_database_url(given) as conn:
            yield conn, None
        return
    from infra.settings.access_file import read_access
    from local.scratch import scratch

    access = read_access(project_root())
    migrators = access.with_privilege("migrator")
    if not migrators:
        raise InputError("access.yaml has no identity with `postgres: migrator`.")
    with scratch(access.owner, migrators[0], wanted, roles=access.postgres_users) as conn:
        yield conn, access.owner


def _show(made: Rehearsal) -> None:
    from pipeline import rehearsal

    out = console()
    out.print(f"[bold]{rehearsal.verdict(made)}[/] [dim]({rehearsal.summary(made)})[/]")
    for each in made.applied:
        out.print(f"  {each.direction:4} {each.name} [dim]{each.seconds:.3f} s[/]")
    colours = {"added": "green", "removed": "red", "changed": "yellow"}
    for change in made.changes:
        told = rehearsal.described(change)
        out.print(f"[{colours[change.change]}]{change.change:8}[/] {escape(f'{change.kind} {change.object}')}"
                  f" [dim]{escape(told)}[/]")  # fmt: skip
    for trouble in made.troubles:
        out.print(f"[red]{trouble.phase}[/] {escape(trouble.what)}")
    for note in ([f"cannot be undone: {made.irreversible}"] if made.irreversible else []) + list(made.notes):
        out.print(f"[yellow]note[/] {escape(note)}")
