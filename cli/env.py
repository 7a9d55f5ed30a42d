"""`datatier env`: the environment of an application."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.access import load_access
from cli.errors import InputError
from cli.formats import environment
from cli.options import JsonFlag
from cli.output import emit_json
from cli.target import ManifestOption, credential, default_identity, find_manifest
from infra.problems import nearest


def env(
    stack: Annotated[str | None, typer.Argument(help="Stack; the one brought up last when absent.")] = None,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="Whose environment; the application's.")
    ] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print passwords in place of references.")] = False,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Print KEY=value lines for an application; passwords as references unless --reveal.

    [bold]Examples:[/] datatier env local --reveal    pulumi stack output manifest -s prod | datatier env -m -
    """
    target = find_manifest(stack, manifest)
    access = load_access(target.access)
    name = identity or default_identity(access)
    if name not in access.identities:
        known = list(access.identities)
        raise InputError(f"no identity `{name}`: {', '.join(known)}.{nearest(name, known)}")
    lines = environment(target, name, credential(target, name) if reveal else None)
    if json:
        emit_json(dict(line.split("=", 1) for line in lines))
    else:
        typer.echo("\n".join(lines))
