"""What a substrate is to the Pulumi monitor: it ensures declared resources and answers look-ups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Outcome = Literal["created", "updated", "unchanged", "recorded"]


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource as the program declares it."""

    urn: str
    type: str
    """Pulumi type token, e.g. `aws:rds/instance:Instance`."""
    name: str
    """Logical name."""
    inputs: dict[str, Any]
    """Pulumi's input names (camelCase), secrets unwrapped."""
    parent: str = ""
    """URN of the parent, empty for the stack's own children."""
    secret_inputs: frozenset[str] = frozenset()
    """Top-level inputs that hold a secret."""
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    """URNs this resource waits for."""
    replace_with: tuple[str, ...] = ()
    """URNs of resources with which it is replaced."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What became of it."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)
    """Pulumi's output names; inputs are merged below them by the monitor."""
    outcome: Outcome = "recorded"


class Cloud(Protocol):
    """A place that can hold the resources of a stack.

    `ensure` is called from worker threads, in dependency order, independent resources at the same time.
    """

    def ensure(self, resource: Declared) -> Made:
        """Make the resource as declared, or leave it when it already is. Raise `CloudError` when that fails."""
        ...

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Answer a data source such as `aws:index/getCallerIdentity:getCallerIdentity`."""
        ...


class CloudError(Exception):
    """The substrate could not do it: the message says what, where and what mends it."""
