"""What one run of a program declared and what came of it. Data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graph.cloud import Declared, Made


@dataclass
class Deployment:
    """What one run of the program declared, in registration order, and what it exported."""

    stack: str
    resources: list[Declared] = field(default_factory=list)
    """Components and custom resources alike; a component has no inputs."""
    components: set[str] = field(default_factory=set)
    """URNs of the component resources."""
    made: dict[str, Made] = field(default_factory=dict)
    """Custom resources by URN."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Stack outputs, secrets as `[secret]`."""
