"""`datatier psql` and `datatier redis-cli`: a session as an identity, the password never on a command line."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated

import typer

from bootstrap.access import load_access
from bootstrap.manifest import Manifest
from bootstrap.secrets import open_redis, postgres_password, root_certificates
from cli.errors import InputError
from cli.options import ManifestOption, StackOption
from cli.project import project_root
from cli.target import find_manifest
from clients.credentials import cache_credential, credential, default_identity
from infra.settings.problems import nearest
from local.state import StateDir

# libpq goes where these say, whatever PGHOST is (PostgreSQL, libpq-envars and libpq-pgservice).
_ELSEWHERE = ("PGHOSTADDR", "PGSERVICE")
Rest = Annotated[list[str] | None, typer.Argument(help="Passed on; put -- before options.")]


def psql(
    identity: Annotated[str, typer.Argument(help="An identity of access.yaml, or master.")] = "",
    arguments: Rest = None,
    stack: StackOption = None,
    replica: Annotated[str | None, typer.Option("--replica", help="Connect to this replica.")] = None,
    manifest: ManifestOption = None,
) -> None:
    """Open psql as an identity.

    [bold]Examples:[/] datatier psql    datatier psql master    datatier psql shop_reporting -- -c 'SELECT 1'
    """
    if identity.startswith("-"):  # `datatier psql -- -c ...`: no identity, psql's own options
        identity, arguments = "", [identity, *(arguments or [])]
    target = find_manifest(stack, manifest)
    postgres = target.postgres
    servers = {"primary": postgres.primary, **{each.name: each for each in postgres.replicas}}
    if (server := servers.get(replica or "primary")) is None:
        raise InputError(f"no replica `{replica}`: {', '.join(servers)}.{nearest(str(replica), servers)}")
    name = identity or default_identity(load_access(target.access))
    found = credential(target, name)
    if found.username is None:
        raise InputError(f"`{name}` has no PostgreSQL login.")
    from local.postgres import binaries

    program = binaries.client("psql", _major(target))
    environment = {
        **{key: value for key, value in os.environ.items() if key not in _ELSEWHERE},
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": found.username,
        "PGDATABASE": postgres.database,
        "PGPASSWORD": postgres_password(postgres, server, found.username, found.password).reveal(),
        "PGSSLMODE": postgres.sslmode,
    }
    if postgres.sslmode != "disable":
        environment.setdefault("PGSSLROOTCERT", root_certificates(postgres) or "")
    sys.stdout.flush()
    # PostgreSQL's programs look for their own files from argv[0]: a bare name would be sought on the PATH.
    os.execve(program, [program, *(arguments or [])], environment)  # noqa: S606 psql takes over the terminal


def _major(target: Manifest) -> int | None:
    """Major version of a local tier's PostgreSQL; None on AWS."""
    from keep.estate.naming import primary_instance
    from local.postgres.server import data_major

    folder = StateDir(project_root(), target.stack).path / "postgres" / primary_instance(target)
    return data_major(folder) if target.aws_endpoint else None


def redis_cli(
    identity: Annotated[str, typer.Argument(help="An identity of access.yaml.")] = "",
    cache: Annotated[str, typer.Argument(help="Named cache.")] = "main",
    arguments: Rest = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
) -> None:
    """Open a Redis session as an identity; a command after -- is run in its place.

    [bold]Examples:[/] datatier redis-cli    datatier redis-cli shop_cache main -- GET cache:user:1
    """
    target = find_manifest(stack, manifest)
    if cache not in target.caches:
        raise InputError(f"no cache `{cache}`: {', '.join(target.caches)}.{nearest(cache, target.caches)}")
    name = identity or default_identity(load_access(target.access))
    found = cache_credential(target, cache, name)
    if found.redis_password is None:
        raise InputError(f"`{name}` has no Redis login.")
    from local.valkey.binaries import client

    where = target.caches[cache]
    program = client()
    if program is None:
        _session(target, cache, name, arguments or [])
        return
    command = [
        program,
        "-h",
        where.endpoint.host,
        "-p",
        str(where.endpoint.port),
        "--user",
        found.redis_username or name,
    ]
    command += (["--tls"] if where.tls else []) + (["-c"] if where.cluster_mode else []) + (arguments or [])
    sys.stdout.flush()
    os.execve(program, command, {**os.environ, "REDISCLI_AUTH": found.redis_password.reveal()})  # noqa: S606


def _session(target: Manifest, cache: str, identity: str, command: list[str]) -> None:
    """The same without a redis-cli that knows users on the machine: one command, or a prompt until the end of input."""
    import redis

    found = cache_credential(target, cache, identity)
    assert found.redis_password is not None  # noqa: S101 the caller has looked
    where = target.caches[cache]
    with open_redis(where, where.endpoint, found.redis_username, found.redis_password) as client:
        client.response_callbacks.clear()  # answers as the server gives them, as redis-cli shows them

        def run(words: list[str]) -> bool:
            try:
                _show(client.execute_command(*words))
            except redis.RedisError as error:
                typer.echo(f"(error) {error}")
                return False
            return True

        if command:
            raise typer.Exit(0 if run(command) else 1)
        prompt = f"{identity}@{cache}> "
        while True:
            try:
                line = input(prompt) if sys.stdin.isatty() else input()
                words = shlex.split(line)
            except EOFError:
                return
            except ValueError as error:
                typer.echo(f"(error) {error}")
                continue
            if words and words[0].lower() in ("quit", "exit"):
                return
            if words:
                run(words)


def _show(answer: object, depth: str = "") -> None:
    if isinstance(answer, list | tuple | set):
        if not answer:
            typer.echo(f"{depth}(empty)")
        for number, each in enumerate(answer, start=1):
            typer.echo(f"{depth}{number}) ", nl=False)
            _show(each, depth + "   ") if isinstance(each, list | tuple | set) else _show(each)
    else:
        typer.echo("(nil)" if answer is None else f"{answer}")
