"""Parameters of a database that runs beside those that the program computes, and what becomes of its group. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from adopt import instance_facts as facts
from adopt.estate import RunningInstance
from adopt.report import ParameterRow
from infra.instances import DatabaseInstance
from knowledge.parameters import ParameterError, Value
from knowledge.postgres.catalogue import CATALOGUE, check
from knowledge.postgres.rds_defaults import DEFAULT

FOR_ALARMS = (
    "idle_in_transaction_session_timeout",
    "log_min_duration_statement",
    "max_connections",
    "rds.logical_replication",
)
"""Parameters that thresholds of alarms follow: of a group that is only referred to a stack's file says these."""


@dataclass(frozen=True, kw_only=True)
class PostgresParameters:
    """What a stack's file says of an instance's parameters."""

    overrides: Mapping[str, Value] = field(default_factory=dict)
    """`parameters`: live values to be kept, and `default` for what the live group leaves to RDS."""
    own: bool = False
    """Whether the stack makes a group of its own in place of the one that is there."""
    why: str = ""
    """Why the group that is there is only referred to; empty where the stack sets its parameters."""
    rows: tuple[ParameterRow, ...] = ()
    """Every parameter whose live value is not the computed one."""

    @property
    def managed(self) -> bool:
        """Whether the stack sets the parameters of the group that is there."""
        return not self.why and not self.own


def postgres_parameters(
    it: RunningInstance, server: DatabaseInstance, *, computed: bool, siblings: Collection[str] = ()
) -> PostgresParameters:
    """Live values kept, or with `computed` left to the program.

    `server` is the instance as the program would have it without parameters of its own. `siblings` are names of
    parameter groups that another instance of the tier brings into the stack.
    """
    differ = _settled(it, server)
    # What the program does not compute is the owner's alone, and stays whoever computes the rest.
    program = {each.name for each in server.parameters}
    overrides = {name: value for name, value in differ.items() if name not in program} if computed else differ
    why = _referred(it, siblings)
    own = computed and bool(why) and facts.parameter_group(it.described) not in siblings
    problem = _problem(server, overrides)
    if own or not (why or problem):
        taken = _usable(overrides, server) if own else overrides
        return PostgresParameters(overrides=taken, own=own, rows=_rows(it, server, differ, set(overrides)))
    alarms = {name: differ[name] for name in FOR_ALARMS if name in differ and differ[name] != DEFAULT}
    return PostgresParameters(
        overrides=_usable(alarms, server), why=why or problem, rows=_rows(it, server, differ, set(differ))
    )


def _settled(it: RunningInstance, server: DatabaseInstance) -> dict[str, Value]:
    """What has to be said, until nothing more does: what is said of one parameter changes what others are computed as.

    (`work_mem` follows `max_connections`.)
    """
    said = dict(_differing(it, server))
    while True:
        whole = replace(server, overrides={**server.overrides, **_usable(said, server)})
        try:
            more = {name: value for name, value in _differing(it, whole) if name not in said}
        except ParameterError:  # `_problem` says it
            return said
        if not more:
            return said
        said |= more


def _problem(server: DatabaseInstance, overrides: Mapping[str, Value]) -> str:
    """Why a stack's file would not take these; empty where it does."""
    try:
        _ = replace(server, overrides={**server.overrides, **overrides}).parameters
    except ParameterError as error:
        return "; ".join(error.problems)
    return ""


def _referred(it: RunningInstance, siblings: Collection[str]) -> str:
    """Why nothing of its group may be set; empty where the group is the instance's alone."""
    name, others = facts.parameter_group(it.described), it.parameter_group.shared_with
    if name.startswith(facts.DEFAULT_GROUP):
        return "it is AWS's own, which nobody can change"
    if others:
        return f"{', '.join(others)} {'has' if len(others) == 1 else 'have'} it too"
    return "another instance of the stack brings it" if name in siblings else ""


def _differing(it: RunningInstance, server: DatabaseInstance) -> Iterator[tuple[str, Value]]:
    """What has to be said for the group to stay as it is, by name.

    What it does not set, and the program would, is left to RDS. Only where RDS's own value is the computed one, and
    holds without a restart, is it set all the same: nobody notices, and it is then declared.
    """
    live = facts.set_parameters(it)
    unset = {str(each["ParameterName"]): each.get("ParameterValue") for each in it.parameter_group.parameters}
    program = {each.name: each for each in server.parameters}
    for name in sorted({*live, *program}):
        computed = program.get(name)
        if name in live:
            text, problem = check(name, live[name], server.major)
            if computed is None or (text or live[name]) != computed.value:
                yield name, _number(live[name] if problem else text)
        elif computed and (unset.get(name) != computed.value or CATALOGUE[server.major][name].static):
            yield name, DEFAULT


def _rows(
    it: RunningInstance, server: DatabaseInstance, differ: Iterable[str], kept: Collection[str]
) -> tuple[ParameterRow, ...]:
    """Live beside computed; `kept` are those of them that stay as they are live."""
    live = {str(each["ParameterName"]): each.get("ParameterValue") for each in it.parameter_group.parameters}
    program = {each.name: each.value for each in server.parameters}
    return tuple(
        ParameterRow(
            server=server.name,
            parameter=name,
            live=str(live.get(name) or DEFAULT),
            computed=program.get(name),
            kept=name in kept,
        )
        for name in differ
    )


def _usable(kept: Mapping[str, Value], server: DatabaseInstance) -> dict[str, Value]:
    """Those that a stack's file takes."""
    return {name: value for name, value in kept.items() if check(name, value, server.major)[1] is None}


def _number(text: str) -> Value:
    """As a person writes it in YAML."""
    return int(text) if text.removeprefix("-").isdecimal() else text
