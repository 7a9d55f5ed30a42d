"""`datatier backup`: copies that are whole or not listed, the proof that they are, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import backup_caches
from cli.backup_caches import CachesOption, Form, FormOption
from cli.backup_list import list_, show
from cli.backup_place import BackupArgument, FromOption, ToOption, existing_place, of_stack
from cli.backup_prune import prune
from cli.doors import by_url
from cli.errors import FAILED
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.output import console, emit_json, escape

if TYPE_CHECKING:
    from keep.backup.create import Sources
    from keep.backup.verify import Deeper

app = typer.Typer(no_args_is_help=True, help="Copies of database and caches that are whole or not listed.")


@app.command()
def create(
    to: ToOption = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    cache: CachesOption = None,
    form: FormOption = None,
    json: JsonFlag = False,
) -> None:
    """Make a backup: every row proved from the dump's own snapshot, every object read back, the manifest last.

    [bold]Examples:[/] datatier backup create --to backups    datatier backup create --to s3://BUCKET/P --to copies
    """
    from cli.keys import give_way
    from keep.backup.create import PartlyError
    from keep.backup.create import create as make
    from keep.backup.listing import before
    from keep.backup.warnings import warnings

    sources = _sources(stack, manifest, database_url, redis_url, cache, form)
    places = [of_stack(address, sources.stack) for address in (to or (None,))]
    failed: dict[str, str] = {}
    give_way()  # what is copied is in use
    try:
        made = make(sources, *places)
    except PartlyError as error:
        made, failed = error.made, error.failed
    whole = [place for place in places if place.address not in failed]
    odd = warnings(made, before(whole[0], made))
    if json:
        first = {"id": made.id, "place": whole[0].address, "objects": len(made.objects), "bytes": made.size}
        also = {"places": [place.address for place in whole], "warnings": odd, "failed": failed}
        emit_json({**first, "seconds": made.seconds, **also})
    else:
        from observe.quantities import duration, size

        for place in whole:
            done = f"{size(made.size)} in {duration(made.seconds)}"
            console().print(f"[bold green]backup[/] {made.id} in {escape(place.address)}: {done}")
        for sentence in odd:
            console().print(f"[yellow]warning[/] {escape(sentence)}")
        for address, sentence in failed.items():
            console().print(f"[red]failed[/] {escape(address)} has no copy: {escape(sentence)}")
    if failed:
        raise typer.Exit(FAILED)


app.command("list")(list_)
app.command()(show)


@app.command()
def verify(
    backup: BackupArgument,
    place: FromOption = None,
    level: Annotated[int, typer.Option(min=1, max=1, help="1: every object read and hashed.")] = 1,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Look whether a backup is what was written. Exit 1 on any difference.

    [bold]Examples:[/] datatier backup verify ID --from backups
    """
    from keep.backup.verify import verify as look

    deeper: list[Deeper] = []
    found = look(existing_place(place, stack, manifest), backup, deeper[: level - 1])
    if json:
        emit_json({"id": found.id, "level": found.level, "ok": found.ok, "differences": found.differences})
    elif found.ok:
        console().print(f"[bold green]verified[/] {found.id}: level {found.level}")
    for each in found.differences if not json else ():
        console().print(f"[red]wrong[/] {escape(each)}")
    if not found.ok:
        raise typer.Exit(FAILED)


app.command()(prune)


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
    from bootstrap.secrets import AwsStore, open_database_url, place_of
    from cli.target import find_manifest
    from keep.backup.create import Sources
    from keep.postgres.source import PostgresSource
    from local.postgres.binaries import client

    url, cache_url = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if url is not None or cache_url is not None:
        database = None
        if url is not None:
            database = PostgresSource(connect=lambda: open_database_url(url), owner=None, programs=client)
        caches = backup_caches.of_url(cache_url, names, form) if cache_url else ()
        return Sources(postgres=database, caches=caches, server=place_of(url) if url else None)
    target = find_manifest(stack, manifest)
    store = AwsStore(target.region, target.aws_endpoint)
    source = PostgresSource(
        connect=lambda: master.look(target.postgres, store).conn,
        owner=load_access(target.access).owner,
        programs=client,
    )
    return Sources(postgres=source, caches=backup_caches.of_stack(target, names, form), stack=target)
