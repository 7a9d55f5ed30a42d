"""`datatier backup restore`: the way back, into a database that is new unless somebody says otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.consent import ask
from cli.doors import by_url
from cli.errors import InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json, escape

BackupArgument = Annotated[str, typer.Argument(metavar="ID", help="Backup, as `datatier backup list` shows it.")]
FromOption = Annotated[str, typer.Option("--from", help="Where it lies: a folder, or s3://BUCKET/PREFIX.")]


def restore(
    backup: BackupArgument,
    place: FromOption,
    replace: Annotated[
        bool, typer.Option("--replace", help="In place of the database that has the name; that one is kept.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a database is replaced.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    json: JsonFlag = False,
) -> None:
    """Restore a backup into a new database, proved row by row before it gets its name.

    [bold]Examples:[/] datatier backup restore ID --from backups --database-url postgres://HOST/NEW
    """
    from psycopg.conninfo import conninfo_to_dict

    from bootstrap.secrets import open_database_url
    from keep.backup.listing import opened
    from keep.backup.restore import Wish
    from keep.backup.restore import restore as bring_back
    from keep.place.choose import place_at
    from keep.postgres.target import TargetServer
    from local.postgres.binaries import client

    url = by_url(database_url, stack, manifest)
    if url is None:
        raise InputError("say --database-url")
    source = place_at(place)
    found = opened(source, backup)
    server = TargetServer(connect=lambda name: open_database_url(url, database=name), programs=client)
    name = str(conninfo_to_dict(url.reveal()).get("dbname") or "")
    if not name:
        raise InputError("the URL names no database: add /NAME, which is made.")
    if replace:
        ask(f"The database {name} will be replaced by the backup {found.id}.", name, yes=yes)
    done = bring_back(source, found, Wish(server=server, name=name, replace=replace))
    if json:
        emit_json(
            {
                "id": found.id,
                "database": done.database,
                "tables": done.tables,
                "rows": done.rows,
                "phases": done.seconds,
                "notes": done.notes,
                "before": done.before,
            }
        )
        return
    console().print(
        f"[bold green]restored[/] {found.id} into {escape(done.database)}: {done.rows} rows in {done.tables} tables, "
        "each as it was"
    )
    for each in done.notes:
        console().print(escape(each))
    if done.before:
        console().print(f"the database that had the name is now {escape(done.before)}")
