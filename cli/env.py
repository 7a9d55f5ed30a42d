"""`datatier env`: the environment of an application."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.access import Access, load_access
from bootstrap.credentials import token_users
from bootstrap.manifest import Manifest
from bootstrap.secrets import Credential, postgres_password
from cli.errors import InputError, NothingUpError
from cli.options import InstancesOption, JsonFlag, ManifestOption, StackArgument
from cli.output import emit_json, note
from cli.target import find_manifest
from clients.credentials import cache_credentials, credential, default_identity
from clients.environment import ENVIRONMENTS, environment, lines, pgpass
from clients.pool_remarks import pool_remarks
from clients.redis_keys import remarks
from infra.settings.problems import nearest
from local.state import StateDir

FORMATS = ("env", "pgpass")
"""Forms of a whole tier (`datatier status`)."""
_OF_CACHES = ("env", "redis")
"""Forms whose readers skip comments, and that are about caches."""


def render(form: str, state: StateDir) -> str:
    """The tier in that form. `.pgpass` holds passwords: that is what it is for."""
    from local.status import manifest as manifest_of

    manifest = manifest_of(state)
    if manifest is None:
        raise NothingUpError(f"stack `{state.stack}` is not bootstrapped: `datatier up {state.stack}`.")
    if form == "pgpass":
        access = load_access(manifest.access)
        return "\n".join(
            line
            for name in access.postgres_users
            if access.logins(name)
            for line in pgpass(manifest, credential(manifest, name), name)
        )
    return "\n".join(environment(manifest, default_identity(load_access(manifest.access)), None))


def env(
    stack: StackArgument = None,
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
    if form == "pgpass" and not access.logins(name):
        raise InputError(f"`{name}` has no PostgreSQL login.")
    if tokens := _tokens(target, access, name):
        if form == "pgpass" and tokens[0] == "PostgreSQL":
            raise InputError(
                f"`{name}` has no password to put into .pgpass: it logs in by token, `datatier psql {name}`."
            )
        note(_of_tokens(name, tokens, reveal=reveal))
    found = _revealed(target, access, name) if reveal else None
    made = lines(form, target, name, found, instances, cache_credentials(target, name) if reveal else None)
    if json or form == "json":
        emit_json(dict(line.split("=", 1) for line in made))
    else:
        of_caches = remarks(target, access, name) if form in _OF_CACHES else []
        typer.echo("\n".join([*made, *of_caches, *pool_remarks(form)]))


def _tokens(target: Manifest, access: Access, name: str) -> list[str]:
    """Where an identity logs in by token of AWS: PostgreSQL, caches."""
    postgres = target.postgres.iam_region is not None and name in access.by_token and access.logins(name)
    caches = [cache for cache in target.caches if name in token_users(target, access, cache)]
    return [*(["PostgreSQL"] if postgres else []), *caches]


def _of_tokens(name: str, where: list[str], *, reveal: bool) -> str:
    engines = " and ".join(where)
    if reveal:
        return f"`{name}` logs in to {engines} by token of AWS: those printed are good for 15 minutes, on the primary."
    return f"`{name}` logs in to {engines} with an IAM token, which its program makes for each login: no password."


def _revealed(target: Manifest, access: Access, name: str) -> Credential:
    """What the identity's own secret holds, with a token in place of a password where that is what is taken."""
    found = credential(target, name)
    if found.username is None or "PostgreSQL" not in _tokens(target, access, name):
        return found
    token = postgres_password(target.postgres, target.postgres.primary, found.username, None)
    return found.model_copy(update={"password": token})
