"""`datatier backup prune`: lets old backups go, and never the last good one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.backup_place import FromOption, existing_place
from cli.consent import ask
from cli.options import JsonFlag, ManifestOption, StackOption
from cli.output import console, counted, emit_json, escape, table, whole
from knowledge.backups.copies import DAILY_DAYS, KEEP_DAYS

if TYPE_CHECKING:
    from keep.backup.prune import Plan


def prune(
    place: FromOption = None,
    days: Annotated[int, typer.Option(min=1, help="Days that the first backup of a week is kept.")] = KEEP_DAYS,
    daily: Annotated[int, typer.Option(min=1, help="Days that every backup is kept.")] = DAILY_DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and why the rest stays.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Remove backups that are old, and what killed runs have left. The newest and the last verified one always stay.

    [bold]Examples:[/] datatier backup prune --from backups --dry-run    datatier backup prune --from backups --yes
    """
    from cli.target import find_manifest
    from keep.backup.prune import carry_out, plan
    from keep.backup.retention import Rule

    where = existing_place(place, stack, manifest)
    only = find_manifest(stack, manifest, quiet=True).stack if stack or manifest else None
    planned = plan(where, datetime.now(UTC), Rule(days=days, daily=daily), stack=only)
    if not json:
        _show(planned)
    if not dry_run and (planned.removed or planned.leftovers):
        what = f"{counted(len(planned.removed), 'backup')} of {where.address} will be removed."
        ask(what, "prune", yes=yes)
    objects = 0 if dry_run else carry_out(where, planned)
    if json:
        decisions = [{"id": each.id, "keep": each.keep, "reason": each.reason} for each in planned.decisions]
        left = [found.key for found in planned.leftovers]
        emit_json(
            {
                "removed": planned.removed if not dry_run else [],
                "objects": objects,
                "backups": decisions,
                "leftovers": left,
            }
        )
    elif not dry_run:
        console().print(f"[bold green]pruned[/] {escape(where.address)}: {counted(objects, 'object')} removed")


def _show(planned: Plan) -> None:
    rows = [
        [whole(each.id), "keep" if each.keep else "[red]remove[/]", escape(each.reason)] for each in planned.decisions
    ]
    console().print(table("", ["id", "", "because"], rows))
    if planned.leftovers:
        count = counted(len(planned.leftovers), "object")
        console().print(f"[red]remove[/] {count} of backups that were never finished")
