"""`datatier backup`: copies that are whole or not listed, the proof that they are, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.backup_caches import CachesOption, Form, FormOption, caches_of_stack, caches_of_url, scratch_cache
from cli.backup_list import list_, show
from cli.backup_merge import merge
from cli.backup_place import BackupArgument, FromOption, ToOption, existing_place, of_stack
from cli.backup_prune import prune
from cli.backup_restore import restore
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

    sources = _sources(stack, manifest, database_url, redis_url, cache, form, to)
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
    level: Annotated[
        int,
        typer.Option(
            min=1, max=3, help="1: every object hashed. 2: the archive read by pg_restore. 3: restored, proved."
        ),
    ] = 1,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    json: JsonFlag = False,
) -> None:
    """Look whether a backup is what was written. Exit 1 on any difference.

    Level 3 restores into a throw-away server of this computer, or into a database of --database-url's server, which is
    dropped again.

    [bold]Examples:[/] datatier backup verify ID --from backups --level 3
    """
    from keep.backup.verify import verify as look

    found = look(existing_place(place, stack, manifest), backup, _deeper(level, database_url))
    if json:
        emit_json({"id": found.id, "level": found.level, "ok": found.ok, "differences": found.differences})
    elif found.ok:
        console().print(f"[bold green]verified[/] {found.id}: level {found.level}")
    for each in found.differences if not json else ():
        console().print(f"[red]wrong[/] {escape(each)}")
    if not found.ok:
        raise typer.Exit(FAILED)


app.command()(prune)
app.command()(restore)
app.command()(merge)


def _deeper(level: int, database_url: str | None) -> list[Deeper]:
    if level == 1:
        return []
    from cli.backup_target import scratch_at, scratch_here
    from keep.backup.verify import both
    from keep.backup.verify_archive import read_through
    from keep.backup.verify_restored import restored
    from keep.redis import verify as caches
    from local.postgres.binaries import client

    deeper: list[Deeper] = [both(read_through(client), caches.read_through)]
    if level > 2:
        url = by_url(database_url, None, None)
        database = restored(scratch_here if url is None else lambda _: scratch_at(url))
        deeper.append(both(database, caches.restored(scratch_cache)))
    return deeper


def _sources(
    stack: str | None,
    manifest: str | None,
    database_url: str | None,
    redis_url: str | None,
    names: list[str] | None,
    form: Form | None,
    to: list[str] | None,
) -> Sources:
    from bootstrap.access import load_access
    from bootstrap.postgres import master
    from bootstrap.secrets import AwsStore, open_database_url, place_of
    from cli.target import find_manifest
    from keep.backup.create import Sources
    from keep.postgres.source import PostgresSource
    from local.postgres.binaries import client

    url, cache_url = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    caches = caches_of_url(cache_url, names, form) if cache_url else ()
    if url is not None:
        source = PostgresSource(connect=lambda: open_database_url(url), owner=None, programs=client)
        return Sources(postgres=source, caches=caches, server=place_of(url))
    if cache_url is not None:
        return Sources(caches=caches, server=place_of(cache_url))
    target = find_manifest(stack, manifest)
    store = AwsStore(target.region, target.aws_endpoint)
    source = PostgresSource(
        connect=lambda: master.look(target.postgres, store).conn,
        owner=load_access(target.access).owner,
        programs=client,
    )
    return Sources(postgres=source, caches=caches_of_stack(target, names, form, to), stack=target)
