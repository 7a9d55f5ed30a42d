"""`datatier backup`: copies that are whole or not listed, the proof that they are, and the way back."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.backup_caches import CachesOption, FormOption
from cli.backup_list import list_, show
from cli.backup_merge import merge
from cli.backup_place import BackupArgument, FromOption, ToOption, existing_place, lasting
from cli.backup_prune import prune
from cli.backup_restore import restore
from cli.backup_schedule import schedule
from cli.backup_sources import asked, deeper_of
from cli.errors import FAILED
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.output import console, emit_json, escape

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

    sources = asked(stack, manifest, database_url, redis_url, cache, form, to)
    places = [lasting(address, sources.stack) for address in (to or (None,))]
    whole, failed = tuple(places), dict[str, str]()
    give_way()  # what is copied is in use
    try:
        made = make(sources, *places)
    except PartlyError as error:
        made, whole, failed = error.made, error.whole, error.failed
    odd = [*warnings(made, before(whole[0], made)), *(made.postgres.warnings if made.postgres else ())]
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
            console().print(f"[red]failed[/] {escape(address)}: {escape(sentence)}")
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

    found = look(existing_place(place, stack, manifest), backup, deeper_of(level, database_url))
    if json:
        emit_json({"id": found.id, "level": found.level, "ok": found.ok, "differences": found.differences})
    elif found.ok:
        console().print(f"[bold green]verified[/] {found.id}: level {found.level}")
    for each in found.differences if not json else ():
        console().print(f"[red]wrong[/] {escape(each)}")
    if not found.ok:
        raise typer.Exit(FAILED)


app.command()(prune)
app.command()(schedule)
app.command()(restore)
app.command()(merge)
