"""`datatier pools`: how many connections each instance of an application may hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.access import load_access
from bootstrap.manifest import Manifest
from bootstrap.secrets import Secret
from cli.doors import by_url, open_database
from cli.options import DatabaseUrlOption, InstancesOption, JsonFlag, ManifestOption, StackArgument
from cli.output import console, emit_json, escape, table
from cli.target import find_manifest
from clients.credentials import default_identity

if TYPE_CHECKING:
    from bootstrap.postgres.pools import Advice


def pools(
    stack: StackArgument = None,
    instances: InstancesOption = 1,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="Whose pool; the application's, or the URL's user.")
    ] = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    json: JsonFlag = False,
) -> None:
    """Work out the connection pool of an application's instances from what the server has.

    [bold]Examples:[/] datatier pools --instances 4    datatier pools prod -n 12 --identity shop_reporting
    """
    from bootstrap.postgres.pools import advise, read

    target = by_url(database_url, stack, manifest) or find_manifest(stack, manifest)
    name = "" if isinstance(target, Secret) else identity or default_identity(load_access(target.access))
    with open_database(target, name) as connection:
        capacity, limits = read(connection)
        row = connection.execute("SELECT session_user::text").fetchone()
    login = identity if identity and isinstance(target, Secret) else str(row and row[0])
    advice = advise(login, instances, limits, capacity, _through(target, name))
    if json:
        emit_json({**asdict(advice), "usable": capacity.usable, "parameters": _parameters(advice)})
        return
    out = console()
    out.print(table(f"connections of {login}", ("what", "connections", "why"), _rows(advice)))
    for reader, text in _parameters(advice).items():
        out.print(f"[cyan]{reader}[/] {escape(text)}")
    for warning in advice.warnings:
        out.print(f"[yellow]note[/] {escape(warning)}")


def _through(target: Secret | Manifest, identity: str) -> int | None:
    """Percent of max_connections that the proxy takes which serves `identity`; None without one."""
    proxy = None if isinstance(target, Secret) else target.postgres.proxy
    return proxy.percent if proxy and identity in proxy.identities else None


def _rows(advice: Advice) -> list[tuple[Any, ...]]:
    from bootstrap.postgres.pools import OWN_SPARE, SPARE

    capacity = advice.capacity
    assert capacity is not None  # noqa: S101 it was read
    rows: list[tuple[Any, ...]] = [
        ("max_connections", capacity.max_connections, "the server's"),
        ("superuser_reserved_connections", -capacity.superuser_reserved, "superusers'; on RDS AWS itself"),
        ("reserved_connections", -capacity.reserved, "pg_use_reserved_connections'"),
        ("rds.rds_superuser_reserved_connections", -capacity.rds_reserved, "the master user's, on RDS"),
        *((name, -limit, "its connection limit") for name, limit in advice.others.items()),
        ("kept free", -SPARE, "the bootstrap and a person"),
    ]
    rows = [row for row in rows if row[1]]
    if advice.limit is not None:
        rows.append((f"{advice.login} at most", advice.limit - OWN_SPARE, f"its limit, {OWN_SPARE} for the bootstrap"))
    rows.append(("budget", advice.budget, f"of {advice.instances} instances together"))
    rows.append(("each instance", advice.pool.open, f"{advice.pool.idle} idle, {advice.pool.lifetime} s of life"))
    return rows


def _parameters(advice: Advice) -> dict[str, str]:
    """The pool as each library wants it; `datatier env --format` has whole URLs."""
    pool = advice.pool
    return {
        "prisma": f"connection_limit={pool.open}&pool_timeout={pool.wait}",
        "pgxpool": f"pool_max_conns={pool.open}&pool_min_conns={pool.idle}&pool_max_conn_lifetime={pool.lifetime}s",
        "sqlalchemy": f"pool_size={pool.idle}, max_overflow={pool.open - pool.idle}, pool_recycle={pool.lifetime}, "
        f"pool_timeout={pool.wait}",
        "database/sql": f"SetMaxOpenConns({pool.open}), SetMaxIdleConns({pool.idle}), "
        f"SetConnMaxLifetime({pool.lifetime} * time.Second)",
    }
