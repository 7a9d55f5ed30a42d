"""What one run of a program declared and what came of it. Data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from graph.cloud import Made
from graph.resource import Resource


@dataclass
class Deployment:
    """What one run of the program declared, in registration order, and what it exported."""

    stack: str
    resources: list[Resource] = field(default_factory=list)
    """Components and custom resources alike; a component has no inputs."""
    components: set[str] = field(default_factory=set)
    """URNs of the component resources."""
    made: dict[str, Made] = field(default_factory=dict)
    """Custom resources by URN."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Stack outputs, secrets as `[secret]`."""

    def whole(self) -> Iterator[Resource]:
        """The resources, each with the id and outputs that came of it; a component has none."""
        for each in self.resources:
            made = self.made.get(each.urn)
            yield replace(each, id=made.id, outputs=made.outputs) if made else each
