"""A server, database or master that is called otherwise than in the tier that is there: what happens, and consent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bootstrap.postgres.row_estimate import about
from cli.consent import ask

if TYPE_CHECKING:
    from psycopg import Connection

    from cli.project import StackSource
    from local.state import Entry, StateDir

_ON_AWS = "On AWS the instance would be replaced by an empty one (`datatier preview STACK`)."
_OF_NAME = "unless it is said, it follows `data-tier:name`"


def consent(source: StackSource, state: StateDir, *, yes: bool) -> None:
    """Have the new name typed where the primary, its database or its master is to be another than it was.

    Raise InputError where another name is typed, or nobody can be asked.
    """
    for question, name in questions(source, state):
        ask(question, name, yes=yes)


def questions(source: StackSource, state: StateDir) -> Iterator[tuple[str, str]]:
    """Return what will happen and the new name, for each name that is another now; none where nothing was made yet."""
    instance, master = source.instances.primary, source.settings.postgres.master
    for entry in _primaries(state):
        identifier, inputs = str(entry["outputs"]["identifier"]), entry["inputs"]
        database, user = str(inputs.get("dbName")), str(inputs.get("username"))
        if identifier != instance.identifier:
            holds = _holds(state, identifier, database)
            yield server_sentence(identifier, database, holds, instance.identifier), instance.identifier
            continue
        if database != instance.database:
            holds, there = _holds(state, identifier, database), _content(state, identifier, instance.database)
            yield database_sentence(database, holds, instance.database, there), instance.database
        if user != master:
            yield master_sentence(user, master), master


def server_sentence(was: str, database: str, holds: str, now: str) -> str:
    """What becomes of a server that is no longer called so."""
    return (
        f"The server `{was}` is removed with its database `{database}`{holds}, and an empty `{now}` is made: its "
        f"name begins with `data-tier:name`. `datatier backup create` keeps what is in it. {_ON_AWS}"
    )


def database_sentence(was: str, holds: str, now: str, there: str | None = None) -> str:
    """What becomes of a database; `there` is what the other one holds already, None where it is to be made."""
    made = f"A new, empty database `{now}` is made beside" if there is None else f"`{now}`{there} takes the place of"
    return (
        f"{made} `{was}`, which stays{holds}, and which nothing of the stack "
        f"looks at any more. Keep it by `data-tier:postgres: {{database: {was}}}`: {_OF_NAME}. {_ON_AWS}"
    )


def master_sentence(was: str, now: str) -> str:
    """What becomes of a master."""
    return (
        f"A new master `{now}` is made beside `{was}`, which stays and goes on being the one that the bootstrap "
        f"logs in as. Keep it by `data-tier:postgres: {{master: {was}}}`: {_OF_NAME}. {_ON_AWS}"
    )


def _primaries(state: StateDir) -> Iterator[Entry]:
    from graph.replica import replica_source
    from local.handlers import rds

    return (entry for entry in state.of_type(rds.TYPE) if replica_source(entry["inputs"]) is None)


def _holds(state: StateDir, identifier: str, database: str) -> str:
    """How much is in a database; where its server is down, that."""
    found = _content(state, identifier, database)
    return " (its server is down: how much is in it is not known)" if found is None else found


def _content(state: StateDir, identifier: str, database: str) -> str | None:
    """How much is in a database; None where nobody can log in to one of that name."""
    import psycopg

    from local.handlers.base import server

    try:
        with server(state, identifier).connect(database) as connection:
            return held(connection)
    except psycopg.OperationalError:
        return None


def held(connection: Connection[Any]) -> str:
    """How much is in the database of a connection, in words."""
    size = "pg_table_size(c.oid)"
    row = connection.execute(
        f"""SELECT pg_size_pretty(pg_database_size(current_database())), coalesce(sum({about(size, "c", "s")}), 0)
        FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid WHERE c.relkind = 'r'""".encode()  # noqa: S608
    ).fetchone()
    return f" with {row[0]} and about {row[1]:,} rows" if row else ""
