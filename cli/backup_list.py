"""`datatier backup list` and `show`: what a place has, and what is in one backup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.backup_place import BackupArgument, FromOption, existing_place
from cli.errors import FAILED
from cli.options import JsonFlag, ManifestOption, StackOption
from cli.output import console, counted, emit_json, escape, table, whole
from observe.quantities import duration, size

if TYPE_CHECKING:
    from keep.backup.listing import Kept
    from keep.manifest import BackupManifest


def list_(
    place: FromOption = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Show the backups of a place, the newest last; what has no manifest is not one. Exit 1 where one is damaged.

    [bold]Examples:[/] datatier backup list --from backups --json
    """
    from keep.backup.listing import kept

    where = existing_place(place, stack, manifest)
    found = kept(where)
    if json:
        emit_json([as_data(each) for each in found])
    else:
        now = datetime.now(UTC)
        columns = ["id", "of", "age", "size", "tables", "rows", "verified"]
        console().print(table("", columns, [_row(each, now) for each in found]))
        for each in found:
            for sentence in each.warnings:
                console().print(f"[yellow]warning[/] {each.id}: {escape(sentence)}")
            if each.damage:
                console().print(f"[red]damaged[/] {escape(each.damage)}")
        if not found:
            console().print(f"no backup in {escape(where.address)}")
    if any(each.damage for each in found):
        raise typer.Exit(FAILED)


def show(
    backup: BackupArgument,
    place: FromOption = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Show what is in a backup: versions, objects, the joint point of its engines, what is left out.

    [bold]Examples:[/] datatier backup show ID --from backups
    """
    from keep.backup.joint import joint
    from keep.backup.listing import one

    found = one(existing_place(place, stack, manifest), backup)
    if json:
        inside = found.manifest
        points = joint(inside) if inside else ()
        emit_json(
            {
                **as_data(found),
                "verification": found.verification.model_dump(mode="json") if found.verification else None,
                "cache_seconds_after_database": {each.cache: each.seconds_newer for each in points},
                "joint": [each.model_dump(mode="json") for each in points],
                "manifest": inside.model_dump(mode="json") if inside else None,
            }
        )
    elif found.manifest:
        _show(found, found.manifest)
    else:
        console().print(f"[red]damaged[/] {escape(str(found.damage))}")
    if found.damage:
        raise typer.Exit(FAILED)


def as_data(kept: Kept) -> dict[str, object]:
    """Return what `list --json` says of one backup."""
    inside, last = kept.manifest, kept.verification
    return {
        "id": kept.id,
        "verified": kept.verified,
        "verified_at": last.at.isoformat() if last else None,
        "failed": kept.failed,
        "damage": kept.damage,
        "warnings": kept.warnings,
        "stack": inside.stack if inside else None,
        "prefix": inside.prefix if inside else None,
        "database": inside.postgres.database if inside and inside.postgres else None,
        "caches": sorted(inside.caches) if inside else [],
        "made_at": kept.made_at.isoformat() if kept.made_at else None,
        "seconds": inside.seconds if inside else None,
        "objects": len(inside.objects) if inside else None,
        "bytes": inside.size if inside else None,
        "tables": inside.postgres.tables if inside and inside.postgres else None,
        "rows": inside.postgres.rows if inside and inside.postgres else None,
    }


def _row(kept: Kept, now: datetime) -> list[object]:
    age = duration((now - kept.made_at).total_seconds()) if kept.made_at else ""
    if kept.manifest is None:
        return [whole(kept.id), "", age, "", "", "", "[red]damaged[/]"]
    database = kept.manifest.postgres
    counts = [f"{database.tables:,}", f"{database.rows:,}"] if database else ["", ""]
    return [whole(kept.id), escape(str(kept.source)), age, size(kept.manifest.size), *counts, _verified(kept)]


def _verified(kept: Kept) -> str:
    if kept.failed:
        return "[red]failed[/]"
    return f"[green]level {kept.verified}[/]" if kept.verified else "no"


def _show(kept: Kept, inside: BackupManifest) -> None:
    from keep.backup.joint import joint

    out = console()
    age = duration((datetime.now(UTC) - inside.made_at).total_seconds())
    rows: list[tuple[object, object]] = [
        ("of", escape(str(inside.source))),
        ("made", f"{inside.made_at:%Y-%m-%d %H:%M:%S} UTC, {age} ago, in {duration(inside.seconds)}"),
        ("size", f"{size(inside.size)} in {counted(len(inside.objects), 'object')}"),
        ("verified", _verified(kept) + (f" at {kept.verification.at:%Y-%m-%d %H:%M} UTC" if kept.verification else "")),
    ]
    if database := inside.postgres:
        reached = database.migration
        extensions = ", ".join(f"{name} {version}" for name, version in sorted(database.extensions.items()))
        rows += [
            ("PostgreSQL", f"{database.server_version}, {database.encoding}, {extensions or 'no extensions'}"),
            ("database", f"{database.tables:,} tables, {database.rows:,} rows, {size(database.size)} on the server"),
            ("snapshot", f"{database.snapshot_at:%Y-%m-%d %H:%M:%S} UTC, WAL {database.snapshot_lsn}"),
        ]
        if reached and reached.version is not None:
            rows.append(("migration", f"{reached.version}{', dirty' if reached.dirty else ''}"))
    points = joint(inside)
    apart = {each.cache: each.seconds_newer for each in points}
    for name, cache in sorted(inside.caches.items()):
        keys = f"{cache.keys:,} keys, " if cache.keys is not None else ""
        rows.append((f"cache {escape(name)}", f"{escape(cache.server)}, {keys}{_apart(apart.get(name))}"))
    rows.append(("tool", f"datatier {inside.tool}"))
    out.print(table(f"backup {inside.id}", ("", ""), rows))
    out.print(
        table(
            "", ("object", "size", "SHA-256"), [(each.name, size(each.bytes), each.sha256) for each in inside.objects]
        )
    )
    for each in points:
        out.print(escape(each.sentence))
    left_out = [*(inside.postgres.left_out if inside.postgres else ())]
    left_out += [f"cache {name}: {each}" for name, cache in sorted(inside.caches.items()) for each in cache.left_out]
    for sentence in left_out:
        out.print(f"[yellow]left out[/] {escape(sentence)}")
    for sentence in inside.postgres.unproved if inside.postgres else ():
        out.print(f"[yellow]not proved[/] {escape(sentence)}")
    for sentence in (*kept.warnings, *(inside.postgres.warnings if inside.postgres else ())):
        out.print(f"[yellow]warning[/] {escape(sentence)}")
    for sentence in kept.verification.differences if kept.verification else ():
        out.print(f"[red]wrong[/] {escape(sentence)}")


def _apart(seconds: float | None) -> str:
    if seconds is None:
        return "taken alone"
    return f"taken {duration(abs(seconds))} {'after' if seconds >= 0 else 'before'} the database"
