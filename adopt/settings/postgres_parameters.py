"""Parameters of a database that runs beside those that the program computes, and what becomes of its group. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from adopt import instance_facts as facts
from adopt.estate import RunningInstance
from adopt.report import ParameterRow
from infra.instances import DatabaseInstance
from knowledge.existing import AWS_GROUPS
from knowledge.parameters import DEFAULT, EVERY, ParameterError, Value, as_value
from knowledge.postgres.catalogue import check

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
    shared: bool = False
    """Whether that is because another instance of the stack has it too."""
    rows: tuple[ParameterRow, ...] = ()
    """Every parameter whose live value is not the computed one."""

    @property
    def said(self) -> bool:
        """Whether it is to be said that the group is only referred to."""
        return bool(self.why) and not self.shared

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
    rows = tuple(_rows(it, server))
    overrides = _uncomputed(it, server) if computed else _kept(it, server)
    shared = facts.parameter_group(it.described) in siblings
    why = _referred(it, shared=shared)
    own = computed and bool(why) and not shared
    problem = _problem(server, overrides)
    if own or not (why or problem):
        taken = _usable(overrides, server) if own else overrides
        stays = {each.parameter for each in rows if not computed or each.parameter in taken}
        return PostgresParameters(overrides=taken, own=own, rows=_said(rows, stays))
    live = facts.set_parameters(it)
    alarms = {name: _in_file(name, live[name], server) for name in FOR_ALARMS if name in live}
    alarms = {name: value for name, value in alarms.items() if server.overrides.get(name) != value}
    return PostgresParameters(
        overrides=_usable(alarms, server),
        why=why or problem,
        shared=shared,
        rows=_said(rows, {each.parameter for each in rows}),
    )


def _problem(server: DatabaseInstance, overrides: Mapping[str, Value]) -> str:
    """Why a stack's file would not take these; empty where it does."""
    try:
        _ = replace(server, overrides={**server.overrides, **overrides}).parameters
    except ParameterError as error:
        return "; ".join(error.problems)
    return ""


def _referred(it: RunningInstance, *, shared: bool) -> str:
    """Why nothing of its group may be set; empty where the group is the instance's alone."""
    name, others = facts.parameter_group(it.described), it.parameter_group.shared_with
    if name.startswith(AWS_GROUPS):
        return "it is AWS's own, which nobody can change"
    if others:
        return f"{', '.join(others)} {'has' if len(others) == 1 else 'have'} it too"
    if shared:
        return "another instance of the stack brings it"
    if not it.parameter_group.parameters:
        return "its parameters could not be read"
    return "" if "Description" in it.parameter_group.described else "it could not be read itself"


def _kept(it: RunningInstance, server: DatabaseInstance) -> dict[str, Value]:
    """What has to be said for the group to stay as it is: what it sets, and that all else is left to RDS."""
    live = {name: _in_file(name, text, server) for name, text in facts.set_parameters(it).items()}
    inherited = {name: value for name, value in server.overrides.items() if value != DEFAULT and name != EVERY}
    said: dict[str, Value] = {} if server.overrides.get(EVERY) == DEFAULT else {EVERY: DEFAULT}
    said |= {name: live[name] for name in sorted(live) if inherited.get(name) != live[name]}
    return said | {name: DEFAULT for name in sorted(inherited) if name not in live}


def _uncomputed(it: RunningInstance, server: DatabaseInstance) -> dict[str, Value]:
    """What the group sets and the program does not compute: that is the owner's alone, whoever computes the rest."""
    program = _program(server)
    live = facts.set_parameters(it)
    return {name: _in_file(name, live[name], server) for name in sorted(live) if name not in program}


def _program(server: DatabaseInstance) -> dict[str, str]:
    """What the program computes; of a replica that could not have what its primary has, by itself."""
    alone = replace(server, overrides={})
    try:
        found = alone.parameters
    except ParameterError:
        found = replace(alone, primary=None).parameters
    return {each.name: each.value for each in found}


def _in_file(name: str, text: str, server: DatabaseInstance) -> Value:
    """A live value as a stack's file has it; as it is where that would be refused."""
    normal, problem = check(name, text, server.major)
    return as_value(text if problem else normal)


def _rows(it: RunningInstance, server: DatabaseInstance) -> Iterator[ParameterRow]:
    """Live beside computed, where they are not the same."""
    live = {str(each["ParameterName"]): str(each.get("ParameterValue") or "") for each in it.parameter_group.parameters}
    set_ = facts.set_parameters(it)
    program = _program(server)
    for name in sorted({*set_, *program}):
        text = str(_in_file(name, live.get(name, ""), server)) if live.get(name) else ""
        if text != program.get(name):
            yield ParameterRow(
                server=server.name,
                parameter=name,
                live=live.get(name) or DEFAULT,
                computed=program.get(name),
                kept=False,
            )


def _said(rows: Iterable[ParameterRow], kept: Collection[str]) -> tuple[ParameterRow, ...]:
    return tuple(replace(each, kept=each.parameter in kept) for each in rows)


def _usable(kept: Mapping[str, Value], server: DatabaseInstance) -> dict[str, Value]:
    """Those that a stack's file takes."""
    return {name: value for name, value in kept.items() if check(name, value, server.major)[1] is None}
