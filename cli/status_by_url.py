"""`datatier status` of a server that no stack describes: what it is, where its migrations are, what is not declared."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from bootstrap.postgres.pressure import migration, used_up
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import Plan
from bootstrap.secrets import Secret, open_database_url
from cli.output import counted, escape
from cli.project import project_root
from infra.settings.access_file import read_access


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
            "migration": at.model_dump() if (at := migration(conn)) else None,
            "access": _access(plan),
            "used_up": [f"{each}: {each.mend}" for each in used_up(conn)],
        }


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
    for sentence in data["used_up"]:
        out.print(f"[red]connections[/] {escape(sentence)}")
    for sentence in data["access"]["undeclared"]:
        out.print(f"[yellow]undeclared[/] {escape(sentence)}")
    changes = counted(data["access"]["changes"], "change")
    told = counted(len(data["access"]["undeclared"]), "difference")
    out.print(f"access: {changes} to make, {told}; `datatier access plan` has them")
