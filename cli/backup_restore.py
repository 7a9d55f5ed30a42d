"""`datatier backup restore`: the way back, into a database that is new unless somebody says otherwise."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from cli.backup_place import BackupArgument, FromOption, existing_place
from cli.backup_restore_cache import CacheOption, Where, restore_cache
from cli.consent import ask
from cli.current import state_of
from cli.doors import by_url
from cli.errors import InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.output import console, emit_json, escape
from cli.target import find_manifest


def restore(
    backup: BackupArgument,
    place: FromOption = None,
    cache: CacheOption = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="In place of the database that has the name, which is kept under another; of the keys of a cache.",
        ),
    ] = False,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only SCHEMA.TABLE, with its partitions, keys, policies; again for another one."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before anything is replaced.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    json: JsonFlag = False,
) -> None:
    """Restore a backup's database: every row and all access is proved before the database gets its name. Or a cache.

    Into a stack it goes aside, as DATABASE_restored_TIME; with --replace in place, and the migrations that came since
    are run. By URL it goes into a database of that name, which is made. A cache goes into one without keys.

    [bold]Examples:[/] datatier backup restore ID --from backups    datatier backup restore ID --from P --cache main
    """
    from cli.backup_target import wish_of_stack, wish_of_url
    from keep.backup.joint import joint
    from keep.backup.listing import opened
    from keep.backup.restore import database_of
    from keep.backup.restore import restore as bring_back

    source = existing_place(place, stack, manifest)
    found = opened(source, backup)
    if cache is not None:
        where = Where(redis_url=redis_url, stack=stack, manifest=manifest)
        restore_cache(source, found, cache, where, replace=replace, yes=yes, json=json)
        return
    database_of(found)
    url = by_url(database_url, stack, manifest)
    if url is not None:
        wish = wish_of_url(url, replace=replace)
    else:
        wish = wish_of_stack(find_manifest(stack, manifest), None if manifest else state_of(stack), replace=replace)
    if table:
        if replace:
            raise InputError(
                "--table and --replace contradict each other: some tables are no database; take them aside."
            )
        wish = dataclasses.replace(wish, tables=tuple(table))
    name = str(wish.name)
    if replace:
        ask(f"The database {name} will be replaced by the backup {found.id}, of {found.source}.", name, yes=yes)
    done = bring_back(source, found, wish)
    if json:
        emit_json({"id": found.id, **done.data(), "joint": [each.model_dump(mode="json") for each in joint(found)]})
        return
    console().print(
        f"[bold green]restored[/] {found.id} into the database {escape(name)}: {done.rows:,} rows in {done.tables} "
        f"tables, each as it was, in {sum(done.seconds.values()):.1f} s"
    )
    for each in done.notes:
        console().print(f"[yellow]·[/] {escape(each)}")
    if done.before:
        console().print(f"[yellow]·[/] the database that had the name is kept as {escape(done.before)}")
    for point in joint(found) if not table else ():
        console().print(f"[yellow]·[/] {escape(point.sentence)}; `--cache {point.cache}` brings it back")
