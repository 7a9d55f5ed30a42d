"""What a substrate is to the Pulumi monitor: it ensures declared resources and answers look-ups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from graph.resource import Resource

Outcome = Literal["created", "updated", "unchanged", "recorded"]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a substrate made of a resource: id, outputs, and what it did."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)
    """Pulumi's output names; inputs are merged below them by the monitor."""
    outcome: Outcome = "recorded"


class Cloud(Protocol):
    """A place that can hold the resources of a stack.

    `ensure` is called from worker threads, in dependency order, independent resources at the same time.
    """

    def ensure(self, resource: Resource) -> Made:
        """Make the resource as declared, or leave it when it already is. Raise `CloudError` when that fails."""
        ...

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Answer a data source such as `aws:index/getCallerIdentity:getCallerIdentity`."""
        ...
