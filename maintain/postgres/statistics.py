"""pg_stat_statements reset, where that is asked for: so that the slowest statements are those of now.

The server's other statistics are never reset: with them autovacuum forgets what is dead and what has changed, and with
index scans what is unused (PostgreSQL, "The Cumulative Statistics System").
"""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.postgres.change import ident
from maintain.action import Action, Skipped
from maintain.facts import DatabaseFacts
from observe.observation import texts
from observe.postgres.statements_reset import STATEMENTS_RESET

_OBJECT = "pg_stat_statements"


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """One, or why not; none unless asked for."""
    if not facts.reset_statistics:
        return
    row = next(iter(facts.rows(STATEMENTS_RESET.id)), None)
    if row is None:
        why = "statements are not counted: the extension is not in the database, or not loaded"
        yield Skipped(object=_OBJECT, why=why, mend="datatier queries slow")
        return
    roles, call = texts(row["roles"]), f"SELECT {row['schema']}.pg_stat_statements_reset()"
    who = facts.maintainer if facts.maintainer in roles else facts.owner
    if who not in roles:
        asking = facts.maintainer or facts.owner
        grant = f"GRANT EXECUTE ON FUNCTION {row['function']} TO {ident(asking)}"
        yield Skipped(object=_OBJECT, why=f"{asking} may not reset them", mend=grant)
        return
    yield Action(
        kind="statistics",
        node=facts.node,
        object=_OBJECT,
        statements=(call,),
        why="the counts of statements begin again at 0, as was asked for",
        lock="",
        needs=f"EXECUTE on {row['function']}",
        role="" if who == facts.maintainer else facts.owner,
        seconds=0,
    )
