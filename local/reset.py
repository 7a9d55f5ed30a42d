"""Back to the migrated, seeded state: an empty database and empty caches, then the bootstrap as on the first day."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from graph.errors import CloudError
from local.emulator import Emulator
from local.handlers import bootstrap, cache, rds
from local.handlers.base import Progress, RunContext, daemon
from local.postgres import roles
from local.state import StateDir
from local.status import healthy, manifest


def reset(state: StateDir, *, progress: Progress | None = None) -> dict[str, Any]:
    """Drop what the stack's database and caches hold and bootstrap again; returns the report.

    The servers stay up; sessions in the database are ended. The caller holds `state.lock()`.
    """
    known = manifest(state)
    wrong = healthy(state)
    if known is None or wrong:
        raise CloudError(
            f"stack {state.stack} cannot be reset: {'; '.join(wrong) or 'it was never bootstrapped'}; "
            f"run `datatier up {state.stack}` first"
        )
    emulator = Emulator(state, known.region, daemon(state, "emulator"))
    context = RunContext(state, known.region, emulator, progress)
    for entry in state.resources.values():
        if entry["type"] == rds.TYPE and entry["inputs"].get("dbName"):
            server = context.server(entry["outputs"]["identifier"])
            with server.connect() as connection:
                name = entry["inputs"]["dbName"]
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                roles.make_database(connection, name, entry["inputs"]["username"])
        elif entry["type"] == cache.TYPE:
            for member in cache.members(context, entry):
                if member.role() == "master":
                    with member.client() as client:
                        client.flushall()
    report = bootstrap.run(context, known)
    context.emulator.close()
    state.save()
    return report
