"""`datatier bootstrap`: migrate, seed and verify a deployed stack from any host that reaches its engines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import access_view, present
from cli.declaration import keep, with_secrets
from cli.errors import DIFFERENT, FAILED
from cli.options import JsonFlag, ManifestOption, PathOption, StackArgument
from cli.output import console, emit_json
from cli.project import migrations
from cli.target import find_declared

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, change nothing.")]


def bootstrap(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    path: PathOption = None,
    dry_run: DryRunOption = False,
    json: JsonFlag = False,
) -> None:
    """Bring everything inside the engines into its declared state and prove it. Exit 1 when a check fails.

    With --dry-run nothing is written, and the exit code is 3 when something differs.

    [bold]Examples:[/] datatier bootstrap --dry-run    pulumi stack output manifest -s prod | datatier bootstrap -m -
    """
    target, tier = find_declared(stack, manifest)
    path = path or migrations()
    if dry_run:
        _show_plan(target, path, json=json)
        return
    from bootstrap.run import run

    out = console()

    def progress(name: str, seconds: float) -> None:
        if not json:
            out.print(f"[green]·[/] {name} [dim]{seconds:.2f} s[/]")

    if tier is None:
        report = run(target, progress=progress, migrations=path)
    else:
        with tier.lock():
            target = with_secrets(tier, target)
            report = run(target, progress=progress, migrations=path)
            keep(tier, target)
    data = report.model_dump(mode="json")
    if json:
        emit_json(data)
    else:
        present.steps(out, data)
        present.checks(out, data)
        for sentence in (*data["differences"], *data["warnings"]):
            out.print(f"[yellow]note[/] {present.plain(sentence)}")
    if not report.ok:
        raise typer.Exit(FAILED)


def _show_plan(manifest: Manifest, path: Path, *, json: bool) -> None:
    from bootstrap.dry_run import dry_run

    found = dry_run(manifest, migrations=path)
    if json:
        emit_json(found.data())
    else:
        out = console()
        access_view.changes(out, found.changes)
        access_view.notes(out, found.differences)
        for sentence in found.notes:
            out.print(f"[dim]· {present.plain(sentence)}[/]")
        access_view.summary(out, found.changes, found.differences)
    if found.differs:
        raise typer.Exit(DIFFERENT)
