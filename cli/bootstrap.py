"""`datatier bootstrap`: migrate, seed and verify a deployed stack from any host that reaches its engines."""

from __future__ import annotations

import typer

from cli import present
from cli.declaration import keep, with_secrets
from cli.errors import FAILED
from cli.options import MIGRATIONS, JsonFlag, PathOption, StackArgument
from cli.output import console, emit_json
from cli.target import ManifestOption, find_declared


def bootstrap(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    path: PathOption = MIGRATIONS,
    json: JsonFlag = False,
) -> None:
    """Bring everything inside the engines into its declared state and prove it. Exit 1 when a check fails.

    [bold]Examples:[/] datatier bootstrap    pulumi stack output manifest -s prod | datatier bootstrap -m -
    """
    from bootstrap.run import run

    target, tier = find_declared(stack, manifest)
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
