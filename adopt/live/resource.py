"""A resource that is there, as Pulumi's provider reads it. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LiveResource:
    """One resource as the provider's Read returns it to an import."""

    type: str
    """Pulumi's type token."""
    id: str
    """What it is imported by (the provider's import id, `graph/provider`): of an instance its DbiResourceId, which is
    its id in the state too; of a resource in another region than the stack's `ID@REGION`."""
    name: str
    """Its physical name, by which a declared resource of the type finds it."""
    region: str
    inputs: Mapping[str, Any]
    """By Pulumi's input names, all that the provider's Read sets, with the values that are nothing or a default:
    `graph.imported` leaves out what an import leaves out."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What is known of it besides: its ARN, addresses."""
