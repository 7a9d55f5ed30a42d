"""Where the plugin's resources are: what it asks of a substrate."""

from __future__ import annotations

from typing import Any, Protocol

from graph.cloud import Made
from graph.placed import PlacedResource
from graph.resource import Resource


class HeldResource(PlacedResource):
    """A resource as it is, without its secrets."""

    urn: str


class ResourceHolder(Protocol):
    """Holds resources. Called from several threads."""

    def configure(self, region: str) -> None:
        """Take the provider's configuration; called before anything else."""
        ...

    def create(self, resource: Resource) -> Made:
        """Make it. Raise `CloudError` where it exists already."""
        ...

    def read(self, token: str, identity: str, urn: str) -> HeldResource | None:
        """What it is now; None where it is gone."""
        ...

    def update(self, resource: Resource, identity: str) -> Made:
        """Change it. Raise `CloudError` where it is gone."""
        ...

    def delete(self, token: str, identity: str, urn: str) -> None:
        """Take it away; what is already gone is fine."""
        ...

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Answer a data source with its outputs. Raise `CloudError` for an unknown one."""
        ...
