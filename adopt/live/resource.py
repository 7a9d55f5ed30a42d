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
    """What it is imported by (the provider's import id, `graph/provider`)."""
    name: str
    """Its physical name, by which a declared resource of the type finds it."""
    region: str
    inputs: Mapping[str, Any]
    """Pulumi's input names."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What is known of it besides: its ARN, addresses."""
