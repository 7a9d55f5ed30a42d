"""What the servers of a stack mean as one, such as an index that none of them uses, for the exporter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from observe.ask import as_one, ask
from observe.metrics.own.checks import checks
from observe.metrics.own.part import Part
from observe.node import PostgresNode
from observe.observation import Observation
from observe.read import look

if TYPE_CHECKING:
    import psycopg


def read_together(
    conn: psycopg.Connection[Any],
    *,
    node: str,
    observation: Observation,
    others: Callable[[], Sequence[PostgresNode]],
) -> Part:
    """Ask the session's server and the others, and give what it means as the first one's, as the commands do.

    Raise BootstrapError where one does not answer: nothing is known of all without it.

    :param others: with the logins that their secrets hold now.
    """
    answers = [look(conn, node, observation), *ask(others(), [replace(observation, together=None)])]
    if conn.closed:
        raise BootstrapError(f"{node}: the connection was lost")
    lost = [found.message for each in answers if not each.reached for found in each.findings]
    if lost:
        raise BootstrapError("; ".join(lost))
    return checks(found for each in as_one(observation, answers) for found in each.findings)
