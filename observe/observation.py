"""An observation: what is read of a server, who may read it, and how what was read is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from knowledge.thresholds.threshold import Status, Threshold
from observe.node import SECONDS

Engine = Literal["postgres", "redis"]
Cell = str | int | float | bool | datetime | None | list["Cell"]
"""One value of a row."""
Row = Mapping[str, Cell]
Rows = Sequence[Row]


def texts(cell: Cell) -> list[str]:
    """An array of text; none for NULL."""
    return [str(each) for each in cell] if isinstance(cell, list) else []


@dataclass(frozen=True, kw_only=True)
class Right:
    """What a session must have to see all of an observation."""

    name: str
    """`pg_monitor`, `EXECUTE ON FUNCTION pg_ls_waldir`, `+info`."""
    grant: str
    """What ends its lack: SQL with `{login}` for who reads, or the line of access.yaml."""
    held: str = ""
    """PostgreSQL: the SQL expression that says whether the session has it; empty where only trying tells."""
    lack: str = '"{login}" lacks {name} and sees only a part'
    """What is said where it is missing."""


PG_MONITOR = Right(
    name="pg_monitor",
    grant='GRANT pg_monitor TO "{login}"',
    held="pg_has_role(current_user, 'pg_monitor', 'USAGE')",
)
"""Statements, wait events and sizes of everybody (PostgreSQL, Predefined Roles)."""
READ_ALL_STATS = Right(
    name="pg_read_all_stats",
    grant=PG_MONITOR.grant,
    held="pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
    lack='"{login}" lacks {name}: what sessions of others do is hidden',
)
"""The part of pg_monitor that statements of others take, as pg_stat_activity and pg_stat_statements show them."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was judged, or could not be."""

    check: str
    """Id of the threshold, or of the observation where it has none."""
    status: Status
    message: str
    """One sentence: what it is, with its numbers."""
    object: str = ""
    """What it is about: a table, a login, a process id; empty for the server as a whole."""
    value: float | None = None
    """In the threshold's unit; None where nothing was measured."""
    threshold: Threshold | None = None
    mend: str = ""
    """The statement or command that mends it, or ends what hides it; empty where there is nothing to mend."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One entry of the catalogue."""

    id: str
    """Unique within its engine; the name of its command in `datatier queries` where it has one."""
    engine: Engine
    question: str
    """What it answers, as a question."""
    read: Callable[[int], str] | tuple[str, ...]
    """PostgreSQL: its one SQL statement for a server version (`server_version_num`), read-only and of named columns.
    Redis: the commands, in the order of their answers."""
    judge: Callable[[Rows], tuple[Finding, ...]]
    """What the rows mean. Pure; the order is that of the rows."""
    thresholds: tuple[Threshold, ...] = ()
    """What it judges by, in the order of its findings; none where it only tells."""
    detail: Callable[[Row], str] | None = None
    """PostgreSQL: one more statement for a row, of one row and named columns that join it; empty where there is nothing
    to ask. Where it fails, only that row is poorer: `refused` says why."""
    columns: tuple[str, ...] = ()
    """Keys of a row that a table shows, in this order, units at their ends (`observe.quantities`). With them it is a
    command, `datatier queries ID`; empty where it is no list for people."""
    also: tuple[Observation, ...] = ()
    """What its command answers with as well: a table each, below its own. They are no commands by themselves."""
    needs: tuple[Right, ...] = ()
    """What it takes to see all of it. Without, what is seen is still shown, and a finding says what is missing."""
    extension: str = ""
    """PostgreSQL: the extension that it reads by, whose schema is then in the search path; SKIPPED without it."""
    arrange: Callable[[Rows], Rows] | None = None
    """Puts rows into the order in which people read them, and adds what follows from several. Pure; before `judge`."""
    summary: Callable[[Rows], str] | None = None
    """One line below the table that counts the rows. Pure."""
    demands: tuple[Right, ...] = ()
    """What it takes to see any of it. The first that is missing is said, and nothing is asked."""
    counted: bool = False
    """Redis: whether it judges what was counted since the last reading, whose row then follows the present one."""
    every: int = 60
    """Seconds that an exporter waits between two readings: sizes 300, indexes 900, bloat 7200."""
    patience: int = SECONDS
    """Seconds that a server may take for all of it: more than for one statement where there are details."""
    on_replica: bool = True
    """Whether a replica is asked too."""
    together: Callable[[Mapping[str, Rows | None]], tuple[Finding, ...]] | None = None
    """What the rows of all servers mean as one, by their names, where those of one tell too little; None for a server
    that was not reached or refused to answer. Pure."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What one server answered to one observation."""

    node: str
    """Name of the server: `primary`, a replica's, `CACHE/NODE`."""
    observation: Observation
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    """The judged ones, and one `SKIPPED` for each right or answer that was missing."""
    reached: bool = True
    """Whether the server let the session in."""
    refused: bool = False
    """Whether it let the session in but did not answer."""


def judged(threshold: Threshold, value: float, message: str, *, object: str = "", mend: str = "") -> Finding:  # noqa: A002
    """The finding that a value is by its threshold; `mend` is said only where something is wrong."""
    status = threshold.judge(value)
    return Finding(
        check=threshold.id,
        status=status,
        message=message,
        object=object,
        value=value,
        threshold=threshold,
        mend="" if status is Status.OK else mend,
    )


def worst(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """All that is wrong; of what is well only the one that is nearest to its threshold, for each check.

    What comes and goes, such as sessions, would otherwise be a finding and a series of metrics each.
    """
    kept: list[Finding] = []
    well: dict[str, Finding] = {}
    for each in findings:
        if each.status is not Status.OK:
            kept.append(each)
        elif each.check not in well or _nearness(each) > _nearness(well[each.check]):
            well[each.check] = replace(each, object="")
    return (*kept, *well.values())


def _nearness(finding: Finding) -> float:
    """The value as a share of the first step that it is below."""
    limit = finding.threshold
    step = (limit.critical if limit.warn is None else limit.warn) if limit else None
    return (finding.value or 0.0) / (step or 1.0)
