"""What a step does, as data: by a call, by SQL, by a deployment, or by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from upgrade.check import Described, Look, Parameters, command, hyphenated

MINUTES = 60
"""How long an effect is waited for, unless it says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of AWS's API. It is made once: what shows that it was made is looked at before."""

    kind: Literal["call"] = "call"
    service: str
    operation: str
    parameters: Parameters
    finds: Mapping[str, Look] = field(default_factory=dict)
    """Parameters whose value is looked up just before: the id that AWS has given something."""
    until: tuple[Described, ...]
    """All of it holds once the call has had its effect: waited for afterwards, and looked at first."""
    made: tuple[Described, ...] = ()
    """Any of it holds once AWS has taken the call and has not finished."""
    minutes: int = MINUTES
    region: str | None = None
    profile: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The same as a command of the AWS CLI."""
        finds = "".join(f' --{hyphenated(name)} "$({look})"' for name, look in self.finds.items())
        return (command(self.service, self.operation, self.parameters, self.region, self.profile, finds),)


@dataclass(frozen=True, kw_only=True)
class Sql:
    """Statements that a query makes, each done by itself on the primary, as the master.

    Its columns: role to take, or NULL for the master itself; statement; and, where there is a way back, the statement
    that leads there, which finds by itself that there is nothing to do.
    """

    kind: Literal["sql"] = "sql"
    each: str
    command: str
    """How a person gets the statements."""

    @property
    def words(self) -> tuple[str, ...]:
        """How a person does the same."""
        return (self.command,)


@dataclass(frozen=True, kw_only=True)
class Again:
    """The ways back that `Sql` of an earlier step has noted."""

    kind: Literal["again"] = "again"
    step: str

    @property
    def words(self) -> tuple[str, ...]:
        """How a person does the same."""
        return (f"what step `{self.step}` has noted: pg_create_logical_replication_slot for each",)


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """Lines that the stack's file shall have, and a deployment of them, which is a person's to start."""

    kind: Literal["deploy"] = "deploy"
    lines: tuple[str, ...] = ()
    """`data-tier:SECTION: {...}`"""
    before: tuple[str, ...] = ()
    """Commands that go before it."""
    command: str
    """`pulumi up -s STACK`"""
    until: tuple[Described, ...]
    """All of it holds once it is deployed."""
    unseen: bool = False
    """Whether AWS shows the same before it: Pulumi's state follows what a call has changed, and a person says so."""
    pending: tuple[Described, ...] = ()
    """Any of it holds once AWS has taken it and waits for the maintenance window."""
    going: tuple[Described, ...] = ()
    """Any of it holds while AWS is at it: then it is waited for, and not asked for again."""
    minutes: int = 3 * MINUTES

    @property
    def words(self) -> tuple[str, ...]:
        """The lines, and what to type."""
        return (*self.lines, *self.before, self.command)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What only people can do, who say that it is done."""

    kind: Literal["person"] = "person"
    texts: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """What to do."""
        return self.texts


Effect: TypeAlias = Call | Sql | Again | Deploy | Person
