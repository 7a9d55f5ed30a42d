"""`datatier access`: who may do what in PostgreSQL and Redis: compared with access.yaml, brought about, proven."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.access import Access, load_access
from bootstrap.secrets import AwsStore, Secret, open_database_url
from cli import access_view, present
from cli.current import state_of
from cli.declaration import keep, require_secrets, with_secrets
from cli.doors import by_url
from cli.errors import DIFFERENT, FAILED, InputError
from cli.files import writing
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.output import console, emit_json, note
from cli.project import project_root
from cli.rotate import rotate
from cli.target import find_declared, find_manifest
from infra.settings.access_file import read_access, read_access_file, read_declaration
from infra.settings.problems import SettingsError

app = typer.Typer(no_args_is_help=True, help="Who may do what in PostgreSQL and Redis, as access.yaml declares it.")
app.command()(rotate)

if TYPE_CHECKING:  # brings psycopg, which other commands do without
    import psycopg

    from bootstrap.manifest import Manifest
    from local.state import StateDir

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        help="Declaration to use: access.yaml, or what a manifest carries.",
    ),
]
CacheOption = Annotated[str, typer.Option("--cache", help="Which cache of access.yaml the server of --redis-url is.")]
_THREADS = 8


def _declaration(file: Path | None) -> dict[str, Any]:
    if file is None:
        return read_declaration(project_root())
    try:
        return read_access_file(file, f"--file {file}")
    except FileNotFoundError:
        raise InputError(f"--file {file}: it does not exist.") from None
    except OSError as error:
        raise InputError(f"--file {file}: {error.strerror}.") from None


class _Urls:
    """Servers that no stack describes."""

    def __init__(self, database: Secret | None, redis: Secret | None, file: Path | None, cache: str) -> None:
        self.database, self.redis, self.cache, self._file = database, redis, cache, file

    @property
    def access(self) -> Access:
        return read_access(project_root()) if self._file is None else load_access(_declaration(self._file))

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any] | None]:
        if self.database is None:
            yield None
        else:
            with open_database_url(self.database) as conn:
                yield conn


def _target(
    stack: str | None,
    manifest: str | None,
    database_url: str | None,
    redis_url: str | None,
    file: Path | None,
    cache: str = "main",
) -> _Urls | _Engines:
    database, redis = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if database or redis:
        return _Urls(database, redis, file, cache)
    if file is None:
        return _Engines(*find_declared(stack, manifest))
    found = find_manifest(stack, manifest, quiet=True)
    return _Engines(found.model_copy(update={"access": _declaration(file)}), None if manifest else state_of(stack))


@dataclass(frozen=True)
class _Engines:
    """Those of a stack."""

    manifest: Manifest
    tier: StateDir | None
    """Where they are on this computer; None for a deployed stack."""

    @contextmanager
    def tools(self) -> Iterator[tuple[AwsStore, Executor]]:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="access") as pool:
            yield AwsStore(self.manifest.region, self.manifest.aws_endpoint), pool

    @contextmanager
    def ready(self) -> Iterator[Manifest]:
        """The manifest with a secret for every identity; a tier keeps it once it is applied."""
        if self.tier is None:
            yield self.manifest
            return
        with self.tier.lock():
            whole = with_secrets(self.tier, self.manifest)
            yield whole
            keep(self.tier, whole)


@app.command()
def plan(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Keep the plan in a file, for `apply --plan`.")
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    file: FileOption = None,
    cache: CacheOption = "main",
    json: JsonFlag = False,
) -> None:
    """Show what differs between access.yaml and the engines; nothing is written. Exit 3 when something does.

    [bold]Examples:[/] datatier access plan    datatier access plan --out plan.json    datatier access plan --json
    """
    from bootstrap.reconcile.by_url import plan_urls
    from bootstrap.reconcile.plan import plan_stack

    target = _target(stack, manifest, database_url, redis_url, file, cache)
    _warn(target)
    if isinstance(target, _Urls):
        with target.connection() as conn:
            found = plan_urls(target.access, conn, target.redis, target.cache)
    else:
        with target.tools() as (store, pool):
            found = plan_stack(target.manifest, store, pool)
    if out is not None:
        with writing("--out", out):
            out.write_text(json_module.dumps(found.data(), indent=2) + "\n", encoding="utf-8")
    if json:
        emit_json(found.data())
    else:
        access_view.changes(console(), found.changes)
        access_view.notes(console(), found.differences)
        access_view.summary(console(), found.changes, found.differences)
    if found.differs:
        raise typer.Exit(DIFFERENT)


@app.command()
def apply(
    saved: Annotated[Path | None, typer.Option("--plan", help="Only if this plan still holds (`plan --out`).")] = None,
    allow_revoke: Annotated[
        bool, typer.Option("--allow-revoke", help="On a protected stack: take access away.")
    ] = False,
    allow_drop: Annotated[
        bool, typer.Option("--allow-drop", help="On a protected stack: drop roles and users.")
    ] = False,
    allow_owner: Annotated[
        bool, typer.Option("--allow-owner", help="On a protected stack: change the database's owner.")
    ] = False,
    protected: Annotated[
        bool, typer.Option("--protected", help="Treat it as protected, as a stack with `protect` is by itself.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    file: FileOption = None,
    cache: CacheOption = "main",
    json: JsonFlag = False,
) -> None:
    """Bring the engines into the declared state, PostgreSQL in one transaction. Exit 3 when something was skipped.

    On a protected stack (`data-tier:protect`) what takes something away needs a flag of its own.

    [bold]Examples:[/] datatier access apply    datatier access apply --plan plan.json --allow-revoke
    """
    from bootstrap.reconcile.allowed import Allowed
    from bootstrap.reconcile.apply import apply_stack
    from bootstrap.reconcile.by_url import apply_urls, plan_urls
    from bootstrap.reconcile.plan import plan_stack

    target = _target(stack, manifest, database_url, redis_url, file, cache)
    _warn(target)
    guarded = protected or (not isinstance(target, _Urls) and target.manifest.is_protected)
    allowed = Allowed(revoke=allow_revoke, drop=allow_drop, owner=allow_owner) if guarded else Allowed()
    fingerprint = _fingerprint(saved) if saved else None
    if isinstance(target, _Urls):
        with target.connection() as conn:
            access = target.access
            _agreed(lambda: plan_urls(access, conn, target.redis, target.cache), yes or saved is not None)
            done = apply_urls(access, conn, target.redis, target.cache, allowed, saved=fingerprint)
    else:
        if target.tier is None:
            require_secrets(target.manifest)
        with target.tools() as (store, pool):
            _agreed(lambda: plan_stack(target.manifest, store, pool), yes or saved is not None)
            with target.ready() as ready:
                done = apply_stack(ready, store, pool, allowed, saved=fingerprint)
    if json:
        emit_json(done.data())
    else:
        access_view.changes(console(), done.changes)
        access_view.notes(console(), done.notes)
        access_view.notes(console(), done.differences)
        access_view.skipped(console(), done.skipped, allowed.flags)
        access_view.summary(console(), done.changes, done.differences, done=True)
    if done.skipped:
        raise typer.Exit(DIFFERENT)


def _warn(target: _Urls | _Engines) -> None:
    """Say what a stack's declaration allows and nobody can have meant; other servers need not be migrated."""
    if isinstance(target, _Engines):
        for sentence in load_access(target.manifest.access).unwise:
            note(sentence)


def _agreed(planned: Any, yes: bool) -> None:
    """Show the plan to whoever sits there and ask."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("nobody to ask here: say --yes, or apply a saved plan with --plan.")
    found = planned()
    access_view.changes(console(), found.changes)
    if found.changes:
        typer.confirm("Apply?", abort=True)


def _fingerprint(path: Path) -> str:
    try:
        data = json_module.loads(path.read_text(encoding="utf-8"))
        return str(data["fingerprint"])
    except OSError as error:
        raise InputError(f"--plan {path}: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"--plan {path} is not a plan: `datatier access plan --out {path}` makes one.") from None


@app.command()
def verify(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    file: FileOption = None,
    json: JsonFlag = False,
) -> None:
    """Log in as every identity and prove what it can and what it cannot do. Exit 1 when a check fails.

    What somebody can that nobody declared fails too: it is a proof gone wrong, where `plan` and `drift` exit 3 for what
    merely differs. With a URL there are no passwords: whoever it says takes on each identity's role.

    [bold]Examples:[/] datatier access verify    datatier access verify --database-url postgres://admin@db/app
    """
    from bootstrap.reconcile.verify import verify_stack, verify_url

    target = _target(stack, manifest, database_url, None, file)
    if isinstance(target, _Urls):
        with _administrator(target) as conn:
            found = verify_url(target.access, conn)
    else:
        with target.tools() as (store, pool):
            found = verify_stack(target.manifest, store, pool)
    data = {"checks": [check.model_dump(mode="json") | {"ok": check.ok} for check in found]}
    if json:
        emit_json(data)
    else:
        present.checks(console(), data)
        failed = sum(not check.ok for check in found)
        console().print(f"{len(found)} checks, {failed} otherwise than declared")
    if not all(check.ok for check in found):
        raise typer.Exit(FAILED)


@app.command()
def explain(
    identity: Annotated[str, typer.Argument(help="An identity of access.yaml, or any role of the server.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    file: FileOption = None,
    json: JsonFlag = False,
) -> None:
    """Tell what an identity can do and why: memberships, ownership, PUBLIC, policies, what acts as its owner.

    [bold]Example:[/] datatier access explain shop_reporting
    """
    from bootstrap.access_explain import explain_database, explain_redis

    target = _target(stack, manifest, database_url, None, file)
    access = _access_of(target)
    known = access.identities.get(identity) if access else None
    found: dict[str, list[dict[str, Any]]] = {}
    if known is None or known.postgres is not None:
        with _administrator(target) as conn:
            found["postgres"] = [reason.data() for reason in explain_database(conn, access, identity)]
    caches = {} if isinstance(target, _Urls) else target.manifest.caches
    for cache, rules in known.redis.items() if known else ():
        users = cache not in caches or caches[cache].auth_secret is None
        found[f"redis {cache}"] = [reason.data() for reason in explain_redis(rules, users=users)]
    if json:
        emit_json({"identity": identity, "access": found})
    else:
        access_view.reasons(console(), found)


@app.command("import")
def import_(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write it into this file, which must not be there.")
    ] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    cache: CacheOption = "main",
    json: JsonFlag = False,
) -> None:
    """Write the declaration of a live server, whose first plan is empty; nothing on the server is changed.

    The users of a cache come by --redis-url. A `default` that is on stays told of: everybody is it.

    [bold]Example:[/] DATABASE_URL=postgres://admin@db/app datatier access import --out access.yaml
    """
    from bootstrap.access_import import import_database, import_redis

    target = _target(stack, manifest, database_url, redis_url, None, cache)
    declaration: dict[str, Any] = {"owner": "app_owner", "identities": {}}
    left_out: list[str] = []
    if not isinstance(target, _Urls) or target.database:
        with _administrator(target) as conn:
            found = import_database(conn)
        declaration, left_out = found.declaration, list(found.left_out)
    if not isinstance(target, _Urls) and target.manifest.caches:
        caches = ", ".join(target.manifest.caches)
        left_out.append(f"users of the caches ({caches}) are left out: --redis-url with --cache imports those of one")
    if isinstance(target, _Urls) and target.redis:
        left_out += import_redis(declaration, target.redis, cache)
    load_access(declaration)
    text = access_view.declaration(declaration, left_out)
    if out is not None:
        if out.exists():
            raise InputError(f"--out {out}: it is there already; choose another name.")
        with writing("--out", out):
            out.write_text(text, encoding="utf-8")
    if json:
        emit_json({"access": declaration, "left_out": left_out})
    elif out is None:
        typer.echo(text, nl=False)
    else:
        access_view.notes(console(), left_out)


def _access_of(target: _Urls | _Engines) -> Access | None:
    if not isinstance(target, _Urls):
        return load_access(target.manifest.access)
    try:
        return target.access
    except SettingsError:
        return None  # a server may be looked at without any declaration


@contextmanager
def _administrator(target: _Urls | _Engines) -> Iterator[psycopg.Connection[Any]]:
    if isinstance(target, _Urls):
        with target.connection() as conn:
            if conn is None:
                raise InputError("say which database: --database-url or DATABASE_URL.")
            yield conn
    else:
        from bootstrap.postgres import master

        with target.tools() as (store, _), master.look(target.manifest.postgres, store).conn as conn:
            yield conn
