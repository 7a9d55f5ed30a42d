"""All readings of PostgreSQL: those of postgres_exporter's default collectors, and those that are asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from observe.errors import QuestionError
from observe.metrics.postgres.databases import DATABASES, WRAPAROUND
from observe.metrics.postgres.instance import CHECKPOINTER, INSTANCE
from observe.metrics.postgres.reading import Reading
from observe.metrics.postgres.replication import REPLICATION
from observe.metrics.postgres.sessions import LONG_RUNNING, SESSIONS
from observe.metrics.postgres.settings import SETTINGS
from observe.metrics.postgres.statements import statements
from observe.metrics.postgres.tables import CAP, tables

OPTIONAL: Mapping[str, Callable[[], Reading]] = {
    "stat_checkpointer": lambda: CHECKPOINTER,
    "database_wraparound": lambda: WRAPAROUND,
    "long_running_transactions": lambda: LONG_RUNNING,
    "stat_statements": statements,
}
"""By the name of their collector. Off with the peer too."""


class UnknownCollectorError(QuestionError):
    """There is no optional collector of that name."""


def readings(extra: Iterable[str] = (), cap: int = CAP) -> tuple[Reading, ...]:
    """The default ones and those of the named collectors, for one server. Raise UnknownCollectorError.

    :param cap: how many tables are shown.
    """
    names = tuple(dict.fromkeys(extra))
    if unknown := [each for each in names if each not in OPTIONAL]:
        raise UnknownCollectorError(f"no collector `{unknown[0]}` that is off by default: {', '.join(OPTIONAL)}.")
    every = (*INSTANCE, *DATABASES, *SESSIONS, *REPLICATION, *tables(cap), *SETTINGS)
    # Sizes take the server longest: what came before is made into families meanwhile.
    return tuple(sorted((*every, *(OPTIONAL[name]() for name in names)), key=lambda each: each.group == "sizes"))
