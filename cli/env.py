"""`datatier env`: the environment of an application."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.access import load_access
from cli.errors import InputError
from cli.formats import ENVIRONMENTS, lines
from cli.options import InstancesOption, JsonFlag
from cli.output import emit_json
from cli.target import ManifestOption, credential, default_identity, find_manifest
from infra.problems import nearest


def env(
    stack: Annotated[str | None, typer.Argument(help="Stack; the one brought up last when absent.")] = None,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="Whose environment; the application's.")
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", help=f"For whom: {', '.join(ENVIRONMENTS)}.")] = "env",
    reveal: Annotated[bool, typer.Option("--reveal", help="Print passwords in place of references.")] = False,
    instances: InstancesOption = 1,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Print KEY=value lines for an application; passwords as references unless --reveal.

    [bold]Examples:[/] datatier env --reveal    datatier env -f go    pulumi stack output manifest | datatier env -m -
    """
    if form not in ENVIRONMENTS:
        raise InputError(f"--format {form}: one of {', '.join(ENVIRONMENTS)}.{nearest(form, ENVIRONMENTS)}")
    if form == "pgpass" and (json or not reveal):
        raise InputError("--format pgpass is a file of passwords: ask for it with --reveal and without --json.")
    target = find_manifest(stack, manifest)
    access = load_access(target.access)
    name = identity or default_identity(access)
    if name not in access.identities:
        known = list(access.identities)
        raise InputError(f"no identity `{name}`: {', '.join(known)}.{nearest(name, known)}")
    found = credential(target, name) if reveal else None
    if form == "pgpass" and (found is None or found.password is None):
        raise InputError(f"`{name}` has no PostgreSQL login.")
    made = lines(form, target, name, found, instances)
    if json or form == "json":
        emit_json(dict(line.split("=", 1) for line in made))
    else:
        typer.echo("\n".join(made))
