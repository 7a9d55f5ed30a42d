"""Where the plugin's resources are: what it asks of a substrate, and one that is a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypedDict

from local.cloud import Cloud, CloudError, Declared, Made
from local.files import write_private
from local.plugin.kinds import kind_of


class Live(TypedDict):
    """A resource as it is, without its secrets."""

    urn: str
    type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Place(Protocol):
    """Holds resources. Called from several threads."""

    def configure(self, region: str) -> None:
        """Take the provider's configuration; called before anything else."""
        ...

    def create(self, resource: Declared) -> Made:
        """Make it. Raise `CloudError` where it exists already."""
        ...

    def read(self, token: str, identity: str, urn: str) -> Live | None:
        """What it is now; None where it is gone."""
        ...

    def update(self, resource: Declared, identity: str) -> Made:
        """Change it. Raise `CloudError` where it is gone."""
        ...

    def delete(self, token: str, identity: str, urn: str) -> None:
        """Take it away; what is already gone is fine."""
        ...

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """Answer a data source."""
        ...


class FilePlace:
    """Implements `Place` in a JSON file, `resources` by `type|id`; another cloud says what comes of a declaration.

    The file is read again whenever it changed: whoever edits it makes drift.
    """

    def __init__(self, path: Path, cloud: Callable[[str], Cloud], region: str) -> None:
        self.path = path
        self._make, self._cloud = cloud, cloud(region)
        self._mutex = threading.Lock()
        self._resources: dict[str, Live] = {}
        self._stamp = 0

    def configure(self, region: str) -> None:
        self._cloud = self._make(region)

    def create(self, resource: Declared) -> Made:
        with self._mutex:
            held = self._load()
            made = self._cloud.ensure(resource)
            if _key(resource.type, made.id) in held:
                if kind_of(resource.type).named in resource.inputs:
                    raise CloudError(f"{resource.type} {made.id} exists already")
                # Its replacement: where AWS draws the id, it draws another.
                made = self._cloud.ensure(replace(resource, urn=f"{resource.urn}~{len(held)}"))
            self._put(resource, made)
            return made

    def read(self, token: str, identity: str, urn: str) -> Live | None:  # noqa: ARG002 - the protocol's signature
        with self._mutex:
            return self._load().get(_key(token, identity))

    def update(self, resource: Declared, identity: str) -> Made:
        with self._mutex:
            if _key(resource.type, identity) not in self._load():
                raise CloudError(f"{resource.type} {identity} does not exist; `pulumi refresh` finds out what is left")
            made = replace(self._cloud.ensure(resource), id=identity)
            self._put(resource, made)
            return made

    def delete(self, token: str, identity: str, urn: str) -> None:
        with self._mutex:
            found = self._load().get(_key(token, identity))
            if found is None:
                return
            if found["inputs"].get("deletionProtection") is True:
                # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
                raise CloudError(f"{urn.rpartition('::')[2]} ({identity}) has deletion protection: turn it off first")
            del self._resources[_key(token, identity)]
            self._save()

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return self._cloud.invoke(token, args)

    def _put(self, resource: Declared, made: Made) -> None:
        hidden = kind_of(resource.type).secret
        self._resources[_key(resource.type, made.id)] = Live(
            urn=resource.urn,
            type=resource.type,
            id=made.id,
            inputs={k: v for k, v in resource.inputs.items() if k not in resource.secret_inputs},
            outputs={k: v for k, v in made.outputs.items() if k not in hidden},
        )
        self._save()

    def _load(self) -> dict[str, Live]:
        try:
            stamp = self.path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._resources = json.loads(self.path.read_text(encoding="utf-8"))["resources"]
                self._stamp = stamp
        except FileNotFoundError:
            self._resources, self._stamp = {}, 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CloudError(f"{self.path} cannot be read: {error}") from error
        return self._resources

    def _save(self) -> None:
        write_private(self.path, json.dumps({"resources": self._resources}, indent=1, sort_keys=True) + "\n")
        self._stamp = self.path.stat().st_mtime_ns


def _key(token: str, identity: str) -> str:
    return f"{token}|{identity}"
