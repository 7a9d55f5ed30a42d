"""The offline preview as data: every resource of a stack with type, name, parent and inputs, and the findings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from graph.resource import Resource

if TYPE_CHECKING:  # the monitor brings the SDK with it
    from graph.deployment import Deployment


@dataclass(frozen=True, kw_only=True)
class PreviewFinding:
    """Something a reader of the preview should know."""

    severity: str
    """`error`, `warning` or `info`."""
    rule: str
    resource: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the stack would be."""

    stack: str
    resources: tuple[Resource, ...]
    """Secrets as `[secret]`."""
    findings: tuple[PreviewFinding, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable form for machines."""
        return {
            "stack": self.stack,
            "resources": [
                {"type": each.type, "name": each.name, "parent": each.above, "inputs": each.inputs}
                for each in self.resources
            ],
            "findings": [asdict(each) for each in self.findings],
        }


def plan(deployment: Deployment, findings: tuple[PreviewFinding, ...] = ()) -> Preview:
    """The preview of what a run of the program declared, parents before children, then by name."""
    by_urn = {resource.urn: resource for resource in deployment.resources}

    def path(resource: Resource) -> tuple[str, ...]:
        above = by_urn.get(resource.parent)
        return (*(path(above) if above else ()), f"{resource.name}:{resource.type}")

    return Preview(
        stack=deployment.stack,
        resources=tuple(
            replace(resource, inputs=shown(resource)) for resource in sorted(deployment.resources, key=path)
        ),
        findings=findings,
    )


def shown(resource: Resource) -> dict[str, Any]:
    """The inputs, secrets as `[secret]`, archives as `[asset]`."""
    # In order, nested maps too: the SDK's come in another one at each run.
    return {
        key: "[secret]" if key in resource.secret_inputs else ordered(value)
        for key, value in sorted(resource.inputs.items())
    }


def ordered(value: object) -> Any:
    """The value with the keys of every map in it in order."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(item) for item in value] if isinstance(value, list) else value
