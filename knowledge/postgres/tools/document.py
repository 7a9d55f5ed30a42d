"""docs/migration-tools.md: `python -m knowledge.postgres.tools.document > docs/migration-tools.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from knowledge.postgres.tools import MigrationTool, tools

_HEAD = """# Tools that migrate PostgreSQL, as the migrator

An application may bring its own migration tool, or a queue that makes its tables itself. It runs as a login of the
identity that has `postgres: migrator`, whose sessions act as the owner: so all that it makes is the owner's, and the
application has its privileges on it at once, by the owner's default privileges. `datatier env -i MIGRATOR` prints what
it connects by; `--reveal` with the password.

**Beside our migrations**, each keeps its own table; tell them apart by who makes which table. **In place of them**,
`migrations/` holds a `.gitkeep` and no file: the bootstrap makes roles, extensions and schemas, and has nothing to
migrate. Where there is no `schema/schema.json` nothing is compared with it; `datatier schema dump` writes one.

What to write into `access.yaml`:

- `schemas` names every schema that the tool makes, so that its tables are the application's too. The bootstrap makes
  one that is missing, after the migrations.
- CREATE on the database lets a tool make schemas, and extensions that are trusted. The owner has it as the database's
  owner. `postgres: {privileges: migrator, schemas: declared}` takes it: then no tool of the second table runs.
- A queue that has row-level security on and no policy needs one entry in `policies`, which holds for what its later
  releases add: `{schema: graphile_worker, table: "*", rules: {worker: {roles: [APP], using: "true", check: "true"}}}`.
  `datatier access apply` (or `up`) makes the policies once the tables are there.

A tool that takes a lock for its session must not run through a pool in transaction mode ([pools](pools.md)). As the
application, at its start-up, only run what the table says passes.

Each was run on PostgreSQL 18 as a sibling login of a migrator. *test*: by `tests/migration_tools/`, which `make tools`
runs for all of them, and `make test` for those in Python and graphile-worker. *hand*: on a tier that the bootstrap had
seeded, with an empty `migrations/`. *earlier*: by hand on a server with the same roles and grants, not with this
bootstrap.
"""
_COLUMNS = ("tool", "version", "run it", "what it leaves", "as the application at start-up", "lock", "tried")


def document() -> str:
    """Return the page."""
    plain = [tool for tool in tools().values() if not tool.schemas]
    making = [tool for tool in tools().values() if tool.schemas]
    return (
        "\n".join(
            [
                _HEAD,
                "## Tools whose tables are in `public`",
                "",
                *_table(plain),
                "",
                "## Tools that make a schema",
                "",
                *_table(making),
                "",
                *(line for tool in (*plain, *making) for line in _section(tool)),
            ]
        ).rstrip("\n")
        + "\n"
    )


def _table(some: list[MigrationTool]) -> Iterator[str]:
    yield "| " + " | ".join(_COLUMNS) + " |"
    yield "|---" * len(_COLUMNS) + "|"
    for tool in some:
        leaves = ", ".join(tool.leaves)
        cells = (tool.title, tool.version, f"`{tool.run}`", leaves, tool.at_start, tool.lock, tool.tried)
        yield "| " + " | ".join(cells) + " |"


def _section(tool: MigrationTool) -> Iterator[str]:
    yield f"### {tool.title} ({tool.runtime})"
    yield ""
    yield f"Connects by {tool.url}."
    needs = [f"`schemas: [public, {', '.join(tool.schemas)}]`"] if tool.schemas else []
    needs += ["CREATE on the database"] if tool.creates else []
    needs += [f"the policies of `{each}`" for each in tool.policies]
    if needs:
        yield f"Needs {', '.join(needs)}."
    for note in tool.notes:
        yield ""
        yield f"- {note}"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(document())
