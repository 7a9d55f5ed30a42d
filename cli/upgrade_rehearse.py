"""`datatier upgrade rehearse`: a copy of the data goes through the upgrade on this computer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackArgument
from cli.output import console, emit_json, escape
from cli.project import migrations
from cli.upgrade_rehearse_data import Asked, data, folder_of, major_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rehearse.report import UpgradeRehearsal


class By(StrEnum):
    """One way of a major upgrade."""

    PG_UPGRADE = "pg_upgrade"
    DUMP = "dump"


def rehearse(
    to: Annotated[
        list[str],
        typer.Option("--to", help="TARGET.KEY=VALUE: postgres.version=18, main.engine=valkey, main.version=8.0."),
    ],
    place: Annotated[
        str | None,
        typer.Option("--from", help="Place of a backup, whose data are taken: a folder, or s3://BUCKET/PREFIX."),
    ] = None,
    backup: Annotated[str | None, typer.Option("--backup", help="Which of them; the newest when absent.")] = None,
    by: Annotated[By | None, typer.Option("--by", help="One way of a major upgrade; both when absent.")] = None,
    path: Annotated[
        Path | None,
        typer.Option("--path", help="Folder with the migrations of the database; the stack's own when absent."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Folder that keeps the report; that of the tier when absent.")
    ] = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
    stack: StackArgument = None,
) -> None:
    """Take a copy of the data through an upgrade with the real servers, and report what stops it and what it changes.

    The data are the tier's that is up, a backup's (--from), or a server's (--database-url, --redis-url); nothing but
    the copy is changed, and it is removed. Exit 1 where the upgrade would fail.

    [bold]Example:[/] datatier upgrade rehearse prod --to postgres.version=18 --from backups --by pg_upgrade
    """
    from upgrade.plan import read

    asked = Asked(
        stack=stack, manifest=manifest, place=place, backup=backup, database_url=database_url, redis_url=redis_url
    )
    wanted = [read(each) for each in to]
    targets = {target for target, _, _ in wanted}
    if len(targets) > 1:
        raise InputError(f"--to names {' and '.join(sorted(targets))}: rehearse one of them at a time.")
    (target,) = targets
    values = {key: value for _, key, value in wanted}
    if target == "postgres":
        found = _database(asked, values, by, path, say=_say(quiet=json))
    else:
        if by:
            raise InputError("--by is for postgres: a cache's keys go one way.")
        found = _cache(asked, target, values, say=_say(quiet=json))
    kept = _keep(found, folder_of(asked, report))
    if json:
        emit_json(found.model_dump(mode="json"))
    else:
        from cli.upgrade_rehearse_view import show

        show(console(), found, kept)
    if found.verdict != "passed":
        raise typer.Exit(FAILED)


def _say(*, quiet: bool) -> Callable[[str], None]:
    def say(what: str) -> None:
        if not quiet:
            console(stderr=True).print(f"[green]·[/] {escape(what)}")

    return say


def _database(
    asked: Asked, values: dict[str, str], by: By | None, path: Path | None, say: Callable[[str], None]
) -> UpgradeRehearsal:
    from keep.backup.restore import access_of, content, database_of
    from keep.postgres import proof
    from rehearse.postgres.run import rehearse as carried_out
    from rehearse.postgres.work import MajorUpgrade

    if set(values) != {"version"}:
        raise InputError(f"postgres.{next(iter(set(values) - {'version'}))} is not rehearsed: postgres.version=18 is.")
    with data(asked, "postgres", values["version"], say) as found:
        copy = database_of(found.manifest)
        major = major_of(copy.server_version, values["version"])
        own = migrations() if found.manifest.stack else None
        return carried_out(
            MajorUpgrade(
                place=found.place,
                manifest=found.manifest,
                copy=copy,
                proof=proof.read(content(found.place, found.manifest, copy.proof)),
                major=major,
                ways=(by.value,) if by else ("pg_upgrade", "dump"),
                facts=found.facts,
                access=access_of(found.place, found.manifest),
                migrations=path or own,
                say=say,
            )
        )


def _cache(asked: Asked, cache: str, values: dict[str, str], say: Callable[[str], None]) -> UpgradeRehearsal:
    from keep.backup.restore import access_of
    from knowledge.versions import numbers
    from rehearse.redis.run import CacheUpgrade
    from rehearse.redis.run import rehearse as carried_out
    from upgrade.cache import check_engine, check_version
    from upgrade.step import UpgradeChange

    if strange := set(values) - {"engine", "version"}:
        raise InputError(f"{cache}.{min(strange)} is not rehearsed: {cache}.engine=valkey and {cache}.version=8.0 are.")
    with data(asked, cache, "", say) as found:
        copy = found.manifest.caches.get(cache)
        if copy is None:
            has = ", ".join(found.manifest.caches) or "no cache"
            raise InputError(f"the backup {found.manifest.id} has {has}, not `{cache}`.")
        was, version = copy.server.split(" ", 1)
        engine = values.get("engine", was)
        if engine != was:
            check_engine(UpgradeChange(target=cache, key="engine", was=was, wanted=engine))
        wanted = values.get("version", "")
        to = numbers(wanted) if wanted else ()
        if engine == was and numbers(version)[: len(to)] == to:
            raise InputError(f"{cache} runs on {copy.server} already: there is nothing to rehearse.")
        if wanted:
            was_version = version if engine == was else "0"
            check_version(engine, UpgradeChange(target=cache, key="version", was=was_version, wanted=wanted))
        return carried_out(
            CacheUpgrade(
                place=found.place,
                manifest=found.manifest,
                cache=cache,
                copy=copy,
                engine=engine,
                version=wanted,
                access=access_of(found.place, found.manifest),
                say=say,
            )
        )


def _keep(found: UpgradeRehearsal, folder: Path | None) -> Path | None:
    """Write it in every form; return the page."""
    from local.files import private_dir, write_private
    from rehearse.render_html import html
    from rehearse.render_md import markdown

    if folder is None:
        return None
    private_dir(folder)
    for ending, text in (("json", found.model_dump_json(indent=1)), ("md", markdown(found)), ("html", html(found))):
        write_private(folder / f"{found.id}.{ending}", text)
    return folder / f"{found.id}.html"
