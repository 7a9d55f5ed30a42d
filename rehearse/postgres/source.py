"""What only the source's own server says: obstacles, the parameters that it sets, the statements that take its time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from knowledge.postgres.catalogue import CATALOGUE
from knowledge.thresholds.threshold import Status
from observe.errors import QuestionError
from observe.observation import Row
from observe.postgres.explain import find, options
from observe.postgres.statements import slow
from observe.read import look
from rehearse.postgres import obstacles
from rehearse.report import ChangedSetting, Obstacle

_SETTINGS = """
SELECT name, setting AS value, category LIKE 'Query Tuning%' OR name IN ('work_mem', 'hash_mem_multiplier') AS plans
FROM pg_settings WHERE source NOT IN ('default', 'override', 'client', 'session') AND name NOT LIKE '%.%'
  AND context <> 'internal' ORDER BY name
"""


@dataclass(frozen=True, kw_only=True)
class PostgresFacts:
    """A server that is about to be upgraded."""

    major: int
    version: str
    checksums: bool
    obstacles: tuple[Obstacle, ...]
    settings: Mapping[str, str]
    """Those that somebody has set."""
    planner: Mapping[str, str]
    """Of them those that plans depend on."""
    statements: tuple[Row, ...]
    """Id, user, database, calls, mean_ms, query; the one that takes most of the time first."""
    notes: tuple[str, ...]
    """What could not be asked, one sentence each."""


def facts(conn: psycopg.Connection[Any], wanted: int) -> PostgresFacts:
    """Ask the server of a session; `wanted` is the major version that it is to have."""
    statements, notes = _statements(conn)  # before questions of our own are among them
    found, refused = obstacles.asked(conn, wanted)
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SETTINGS).fetchall()
        checksums = cursor.execute("SELECT current_setting('data_checksums') = 'on' AS checksums").fetchone()
    return PostgresFacts(
        major=conn.info.server_version // 10000,
        version=conn.info.parameter_status("server_version") or "",
        checksums=bool(checksums and checksums["checksums"]),
        obstacles=found,
        settings={row["name"]: row["value"] for row in rows},
        planner={row["name"]: row["value"] for row in rows if row["plans"]},
        statements=statements,
        notes=(*refused, *notes),
    )


def _statements(conn: psycopg.Connection[Any]) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    answer = look(conn, "source", slow("time"))
    skipped = tuple(
        f"no plans are compared: {each.message}" + (f" ({each.mend})" if each.mend else "")
        for each in answer.findings
        if answer.refused and each.status == Status.SKIPPED
    )
    here = [row for row in answer.rows if row["database"] == conn.info.dbname and row["id"]]
    kept: list[Row] = []
    for row in here:
        whole = find(conn, int(str(row["id"])))  # the observation's text is cut
        with suppress(QuestionError):  # what no server plans
            if whole is not None and options(str(whole["query"]), conn.info.server_version):
                kept.append({**row, "query": whole["query"]})
    return tuple(kept), skipped


def settings(
    source: Mapping[str, str], there: frozenset[str], refused: frozenset[str], wanted: int
) -> tuple[ChangedSetting, ...]:
    """The parameters of the source that a server with the parameters `there`, or that refuses some, does not take.

    Pure.
    """
    found: list[ChangedSetting] = []
    for name, value in source.items():
        if name not in there:
            having = [major for major in CATALOGUE if name in CATALOGUE[major]]
            last = f"; {max(having)} was the last to have it" if having and max(having) < wanted else ""
            found.append(ChangedSetting(name=name, value=value, what=f"PostgreSQL {wanted} does not have it{last}"))
        elif name in refused:
            what = f"PostgreSQL {wanted} refuses the value: it would not start with it"
            found.append(ChangedSetting(name=name, value=value, what=what))
    return tuple(found)
