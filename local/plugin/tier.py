"""The plugin's place on this computer: the servers, the emulator and the records that `datatier up` makes."""

from __future__ import annotations

import threading
from typing import Any

from graph import lookups
from graph.cloud import Made
from graph.errors import CloudError
from graph.kinds import changeable_kind
from graph.resource import Resource
from local.emulator import ACCOUNT
from local.handlers import rds
from local.handlers.registry import handler_of_type
from local.state import Entry, StateDir
from local.substrate import LocalCloud
from runtime.plugin.place import HeldResource


class TierPlace:
    """Implements `ResourceHolder` over a stack's folder. The caller holds `state.lock()` for as long as it serves.

    The folder knows a resource by its URN, so that the old one of a replacement and the new one are one entry there.
    """

    def __init__(self, state: StateDir, region: str) -> None:
        self.state = state
        self.region = region
        self._cloud: LocalCloud | None = None
        self._mutex = threading.Lock()
        self._renewed: set[str] = set()

    def configure(self, region: str) -> None:
        if self._cloud is None:
            self.region = region
        elif region != self.region:
            raise CloudError(f"the tier plays {self.region}; end the plugin, and serve {region} with a new one")

    def create(self, resource: Resource) -> Made:
        if resource.urn in self.state.resources:
            self._renewed.add(resource.urn)
        return self._running().ensure(resource)

    def read(self, token: str, identity: str, urn: str) -> HeldResource | None:
        entry = self.state.resources.get(urn)
        if entry is None or entry["type"] != token or entry["id"] != identity:
            return None
        hidden = changeable_kind(token).secret
        outputs = {key: value for key, value in entry["outputs"].items() if key not in hidden}
        if token == rds.TYPE:
            outputs["status"] = "available" if self._alive(entry) else "stopped"
        return HeldResource(urn=urn, type=token, id=identity, inputs=entry["inputs"], outputs=outputs)

    def update(self, resource: Resource, identity: str) -> Made:
        if resource.urn not in self.state.resources:
            raise CloudError(f"{resource.type} {identity} does not exist; `pulumi refresh` finds out what is left")
        return self._running().ensure(resource)

    def delete(self, token: str, identity: str, urn: str) -> None:  # noqa: ARG002 - the protocol's signature
        entry = self.state.resources.get(urn)
        if urn in self._renewed:
            self._renewed.discard(urn)  # the new one has taken its entry, and what it stands for
        elif entry is not None:
            handler_of_type(token).remove(self._running().context, entry)
            del self.state.resources[urn]
            self.state.save()

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return lookups.answer(token, args, self.region, ACCOUNT)

    def close(self) -> None:
        """Write down what was made; the servers stay up."""
        if self._cloud is not None:
            self._cloud.state.kept["differences"] = self._cloud.differences()
            self._cloud.abandon()

    def _running(self) -> LocalCloud:
        """A preview starts nothing."""
        with self._mutex:
            if self._cloud is None:
                self.state.kept.pop("fingerprint", None)  # `datatier up` looks for itself the next time
                self._cloud = LocalCloud(self.state, region=self.region)
                self._cloud.start()
            return self._cloud

    def _alive(self, entry: Entry) -> bool:
        from local.handlers.base import server

        return server(self.state, entry["outputs"]["identifier"]).daemon.alive
