"""`datatier status` of a server that no stack describes: what it is, where its migrations are, what is not declared."""

from __future__ import annotations

from typing import Any

import psycopg
from rich.console import Console
from rich.markup import escape

from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import Plan
from bootstrap.secrets import Secret, open_database_url
from cli.project import project_root
from infra.access_file import read_access


def status(url: Secret) -> dict[str, Any]:
    """The server as data; raise LoginError where it does not let us in."""
    access = read_access(project_root())
    with open_database_url(url) as conn:
        plan = plan_urls(access, conn, None, "main")
        return {
            "database": conn.info.dbname,
            "host": conn.info.host,
            "port": conn.info.port,
            "version": conn.info.server_version,
            "migration": _migration(conn),
            "access": _access(plan),
        }


def _migration(conn: psycopg.Connection[Any]) -> dict[str, Any] | None:
    """As golang-migrate's table has it; None where there is none, or it is another tool's."""
    try:
        row = conn.execute("SELECT version, dirty FROM public.schema_migrations").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege):
        return None
    return {"version": row[0], "dirty": row[1]} if row else None


def _access(plan: Plan) -> dict[str, Any]:
    return {"changes": len(plan.changes), "undeclared": list(plan.differences)}


def show(out: Console, data: dict[str, Any]) -> None:
    """The same for people."""
    out.print(
        f"PostgreSQL {data['version'] // 10000} at {escape(data['host'])}:{data['port']}, {escape(data['database'])}"
    )
    migration = data["migration"]
    state = f"{migration['version']}, {'[red]dirty[/]' if migration['dirty'] else 'clean'}" if migration else "none"
    out.print(f"schema: migration {state}")
    for sentence in data["access"]["undeclared"]:
        out.print(f"[yellow]undeclared[/] {escape(sentence)}")
    changes, told = data["access"]["changes"], len(data["access"]["undeclared"])
    out.print(f"access: {changes} changes to make, {told} differences; `datatier access plan` has them")
