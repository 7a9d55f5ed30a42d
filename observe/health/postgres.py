"""The look at one PostgreSQL server, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from math import ceil
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.secrets import UrlError
from knowledge.thresholds.nodes import FAILED_LOGINS, POSTGRES_UP
from knowledge.thresholds.postgres import RESPONSE
from knowledge.thresholds.threshold import Status
from observe.deadline import SilentError, cut
from observe.health.observed import POSTGRES
from observe.health.report import Health, Role
from observe.health.roles import role_found, role_of
from observe.health.seen import Seen
from observe.node import PostgresNode
from observe.observation import Finding
from observe.postgres.lag import LAG, lags, replayed_all
from observe.postgres.server import SERVER
from observe.read import look

if TYPE_CHECKING:
    import psycopg

_PAUSE = 0.03
"""Seconds between two looks at how far a replica is."""


def look_at(node: PostgresNode, seen: Seen, until: float, written: Callable[[], int | None]) -> None:
    """Ask the server, until a moment of `monotonic`. Raise UrlError.

    :param written: where the primary is in the WAL, as soon as it has said so.
    """
    import psycopg

    try:
        # libpq counts whole seconds, two at least. It shall give up after us, who say so in words of our own.
        with (
            closing(node.open(seconds=ceil(until - monotonic()) + 2)) as conn,
            cut(conn, max(until - monotonic(), 0.01)),
        ):
            began = perf_counter()
            conn.execute("SELECT 1")
            seen.took(began)
            for each in (each for each in POSTGRES if each.on_replica or not node.replica):
                observed = look(conn, node.name, each)
                if conn.broken:
                    return
                seen.observed.append(observed)
            _wait_for_replay(conn, seen, until, written)
            seen.done = True
    except UrlError:
        raise
    except SilentError:
        return
    except (BootstrapError, psycopg.Error) as error:
        seen.error = str(error)


def _wait_for_replay(
    conn: psycopg.Connection[Any], seen: Seen, until: float, written: Callable[[], int | None]
) -> None:
    """Give a replica until then to replay what it had received, or the primary written, when it was first asked.

    What it passes meanwhile was on its way and is no lag. By the age of the last transaction any replica of a primary
    that seldom commits would be behind whenever a look falls between the arrival of some bytes and their replay.
    """
    first = next((each for each in seen.observed if each.observation is LAG and each.rows), None)
    if first is None or not first.rows[0]["in_recovery"]:
        return
    last = first
    while not replayed_all(last.rows[0], written()) and last.rows[0]["receives"] and not last.rows[0]["paused"]:
        if monotonic() + 2 * _PAUSE > until:
            break
        sleep(_PAUSE)
        read = look(conn, first.node, LAG)
        if not read.rows:
            break
        last = replace(read, rows=({**read.rows[0], "received": first.rows[0]["received"]},))
    seen.observed[seen.observed.index(first)] = last


def health(nodes: Sequence[PostgresNode], seen: Mapping[str, Seen]) -> Iterator[Health]:
    """What was seen of each server, in the light of the others."""
    limit = next((node.lag_limit for node in nodes), None)
    behind = lags({node.name: seen[node.name].rows(LAG.id) for node in nodes}, limit)
    for node in nodes:
        yield _health(node, seen[node.name], behind.get(node.name, ()))


def _health(node: PostgresNode, seen: Seen, behind: Sequence[Finding]) -> Health:
    rows = seen.rows(SERVER.id)
    declared: Role | None = None if node.replica is None else "replica" if node.replica else "primary"
    role = role_of(rows[0]) if rows else declared
    findings = list(seen.answered(POSTGRES_UP, RESPONSE, "datatier queries sessions"))
    if rows and declared:
        findings.append(role_found(declared, role_of(rows[0])))
    findings += behind
    findings += (finding for each in seen.observed for finding in each.findings)
    if seen.up and not node.replica:
        findings.append(_FAILED_LOGINS)
    return Health(
        name=node.name,
        engine="postgres",
        role=role,
        address=node.address,
        up=seen.up,
        ms=seen.ms,
        findings=tuple(findings),
    )


_FAILED_LOGINS = Finding(
    check=FAILED_LOGINS.id,
    status=Status.SKIPPED,
    message="PostgreSQL keeps no count of failed logins: its log has them, where the alarm failed-logins counts them",
    threshold=FAILED_LOGINS,
    mend="datatier logs --grep 'authentication failed'",
)
