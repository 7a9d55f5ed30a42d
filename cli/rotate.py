"""`datatier access rotate`: new credentials, without a moment in which nobody can log in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.access.names import duration
from cli.errors import FAILED, InputError
from cli.options import JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json, escape
from cli.target import find_manifest
from infra.settings.problems import nearest

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from bootstrap.rotate import Rotated


def rotate(
    identity: Annotated[
        str, typer.Argument(help="An identity of access.yaml, `master`, or a cache's AUTH token: `CACHE-auth`.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every identity, the master, and AUTH tokens.")] = False,
    older_than: Annotated[
        str | None, typer.Option("--older-than", help="Those whose credential is older, such as 30d.")
    ] = None,
    grace: Annotated[str, typer.Option("--grace", help="How long the old credential stays valid; 0 ends it now.")] = (
        "24h"
    ),
    finish: Annotated[bool, typer.Option("--finish", help="Retire the old credential now; begin nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the steps that are left, change nothing.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Rotate credentials: prove a second login and password, make them current, retire the old after a grace period.

    Run again, it goes on where it was interrupted. Exit 1 when one could not be rotated: its current credential works.
    AUTH tokens are on no schedule (`data-tier:rotation`): this command rotates them, and the first bootstrap or
    rotation after the grace ends the old one.

    [bold]Examples:[/] datatier access rotate shop_app    datatier access rotate --older-than 30d    datatier access
    rotate shop_app --finish
    """
    wished = _duration("--grace", grace)
    oldest = _duration("--older-than", older_than) if older_than is not None else None
    if sum((bool(identity), every, oldest is not None)) != 1:
        raise InputError("say whose: `datatier access rotate IDENTITY`, or --all, or --older-than 30d.")
    target = find_manifest(stack, manifest)
    names = [_known(target, identity)] if identity else None
    from bootstrap.rotate import rotate as run

    out = console()
    results = run(
        target,
        names,
        grace=wished,
        finish=finish,
        older_than=oldest,
        dry_run=dry_run,
        progress=None if json else lambda step: out.print(f"[green]·[/] {escape(step.sentence)}"),
    )
    if json:
        emit_json({"stack": target.stack, "identities": [each.data() for each in results]})
    else:
        for each in results:
            _show(each)
    if any(each.outcome == "failed" for each in results):
        raise typer.Exit(FAILED)


def _duration(option: str, text: str) -> int:
    try:
        seconds = duration(0 if text == "0" else text)
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}.") from None
    if seconds is None:
        raise InputError(f"{option} {text}: write `30m`, `24h` or `30d`.")
    return seconds


def _known(target: Manifest, identity: str) -> str:
    from bootstrap.rotate.kinds import tokens

    known = [*target.secrets, "master", *tokens(target)]
    if identity not in known:
        raise InputError(f"no identity `{identity}`: {', '.join(known)}.{nearest(identity, known)}")
    return identity


def _show(each: Rotated) -> None:
    out = console()
    if each.outcome == "planned":
        for step in each.steps:
            out.print(escape(step.sentence))
        if not each.steps:
            out.print(f"{each.identity}: nothing to do")
        return
    colour = {"failed": "red", "rotated": "green", "retired": "green", "restored": "green"}.get(each.outcome, "dim")
    out.print(f"{each.identity}: [{colour}]{each.outcome}[/]")
    for note in each.notes:
        out.print(f"  [yellow]note[/] {escape(note)}")
