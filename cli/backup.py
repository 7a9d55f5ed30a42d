"""`datatier backup`: copies that are whole or not listed, the proof that they are, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.backup_caches import CachesOption, Form, FormOption, of_stack, of_url
from cli.doors import by_url
from cli.errors import FAILED
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.output import console, emit_json, escape, table

if TYPE_CHECKING:
    from keep.backup.create import Sources

app = typer.Typer(no_args_is_help=True, help="Copies of database and caches that are whole or not listed.")
ToOption = Annotated[str, typer.Option("--to", help="Where it goes: a folder, or s3://BUCKET/PREFIX.")]
FromOption = Annotated[str, typer.Option("--from", help="Where it lies: a folder, or s3://BUCKET/PREFIX.")]
BackupArgument = Annotated[str, typer.Argument(metavar="ID", help="Backup, as `datatier backup list` shows it.")]


@app.command()
def create(
    to: ToOption,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    cache: CachesOption = None,
    form: FormOption = None,
    json: JsonFlag = False,
) -> None:
    """Make a backup: every row proved from the dump's own snapshot, every object read back, the manifest last.

    [bold]Examples:[/] datatier backup create --to backups    datatier backup create --to s3://BUCKET/backups -s prod
    """
    from cli.keys import give_way
    from keep.backup.create import create as make
    from keep.place.choose import place_at

    place = place_at(to)
    give_way()  # what is copied is in use
    made = make(_sources(stack, manifest, database_url, redis_url, cache, form), place)
    if json:
        data = {"id": made.id, "place": place.address, "objects": len(made.objects), "bytes": made.size}
        emit_json({**data, "seconds": made.seconds})
        return
    console().print(
        f"[bold green]backup[/] {made.id} in {escape(place.address)}: {made.size} bytes in {made.seconds:.1f} s"
    )


@app.command("list")
def list_(place: FromOption, json: JsonFlag = False) -> None:
    """Show the backups of a place; what has no manifest is not one.

    [bold]Examples:[/] datatier backup list --from backups --json
    """
    from keep.backup.listing import every
    from keep.errors import DamagedError
    from keep.place.choose import place_at

    found = list(every(place_at(place)))
    whole = [each for each in found if not isinstance(each, DamagedError)]
    if json:
        emit_json([{"id": each.id, "stack": each.stack, "made_at": each.made_at, "bytes": each.size} for each in whole])
        return
    rows = [[each.id, each.stack or "", each.size] for each in whole]
    console().print(table("", ["id", "stack", "bytes"], rows))


@app.command()
def verify(
    backup: BackupArgument,
    place: FromOption,
    level: Annotated[int, typer.Option(min=1, max=3, help="1 hashes, 2 the archive read through, 3 restored.")] = 1,
    json: JsonFlag = False,
) -> None:
    """Look whether a backup is what was written. Exit 1 on any difference.

    [bold]Examples:[/] datatier backup verify ID --from backups --level 3
    """
    from keep.backup.verify import verify as look
    from keep.place.choose import place_at

    found = look(place_at(place), backup, level)
    if json:
        emit_json({"id": found.id, "level": found.level, "ok": found.ok, "differences": found.differences})
    elif found.ok:
        console().print(f"[bold green]verified[/] {found.id}: level {found.level}")
    for each in found.differences if not json else ():
        console().print(f"[red]wrong[/] {escape(each)}")
    if not found.ok:
        raise typer.Exit(FAILED)


def _sources(
    stack: str | None,
    manifest: str | None,
    database_url: str | None,
    redis_url: str | None,
    names: list[str] | None,
    form: Form | None,
) -> Sources:
    from bootstrap.access import load_access
    from bootstrap.postgres import master
    from bootstrap.secrets import AwsStore, open_database_url
    from cli.target import find_manifest
    from keep.backup.create import Sources
    from keep.postgres.source import PostgresSource
    from local.postgres.binaries import client

    url, cache_url = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if url is not None or cache_url is not None:
        database = None
        if url is not None:
            database = PostgresSource(connect=lambda: open_database_url(url), owner=None, programs=client)
        return Sources(postgres=database, caches=of_url(cache_url, names, form) if cache_url else ())
    target = find_manifest(stack, manifest)
    store = AwsStore(target.region, target.aws_endpoint)
    source = PostgresSource(
        connect=lambda: master.look(target.postgres, store).conn,
        owner=load_access(target.access).owner,
        programs=client,
    )
    return Sources(postgres=source, caches=of_stack(target, names, form), stack=target)
