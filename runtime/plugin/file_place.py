"""A place that is a JSON file: resources that nothing but a record is made of, for a plugin that makes nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from graph.cloud import Cloud, Made
from graph.errors import CloudError
from graph.identity import name_of
from graph.imported import plain_id
from graph.kinds import changeable_kind
from graph.resource import Resource
from runtime.plugin.place import HeldResource


class FilePlace:
    """Implements `ResourceHolder` in a JSON file, `resources` by `type|id`.

    Another cloud says what comes of a declaration.

    An id in AWS is not always unique to its type: a metric filter's is its name, unique in its log group, and every
    password's is `none`. The second of one id has its URN beside it.

    The file is read again whenever it has changed: an edit of it is drift. What is in it without a URN was there before
    the stack, by the id that it is imported by; it becomes the URN's that reads it first.
    """

    def __init__(self, path: Path, cloud: Callable[[str], Cloud], region: str) -> None:
        self.path = path
        self._make, self._cloud = cloud, cloud(region)
        self._mutex = threading.Lock()
        self._resources: dict[str, HeldResource] = {}
        self._renewed: set[str] = set()
        self._stamp = 0

    def configure(self, region: str) -> None:
        self._cloud = self._make(region)

    def create(self, resource: Resource) -> Made:
        with self._mutex:
            held = self._load()
            again = [each for each in held.values() if each["type"] == resource.type and each["urn"] == resource.urn]
            # Its replacement: where AWS draws the id, it draws another.
            made = self._cloud.ensure(replace(resource, urn=f"{resource.urn}~{len(held)}") if again else resource)
            arn = made.outputs.get("arn")
            if arn and any(
                each["type"] == resource.type and each["outputs"].get("arn") == arn for each in held.values()
            ):
                raise CloudError(f"{resource.type} {name_of(resource)} exists already")
            key = self._key(resource.type, made.id, resource.urn)
            if key in held:
                self._renewed.add(key)
            self._put(key, resource, made)
            return made

    def read(self, token: str, identity: str, urn: str) -> HeldResource | None:
        with self._mutex:
            self._load()
            self._claim(token, identity, urn)
            return self._resources.get(self._key(token, plain_id(identity), urn))

    def update(self, resource: Resource, identity: str) -> Made:
        with self._mutex:
            self._load()
            key = self._key(resource.type, identity, resource.urn)
            if key not in self._resources:
                raise CloudError(f"{resource.type} {identity} does not exist; `pulumi refresh` finds out what is left")
            made = Made(id=identity, outputs=self._outputs(self._resources[key], resource))
            self._put(key, resource, made)
            return made

    def delete(self, token: str, identity: str, urn: str) -> None:
        with self._mutex:
            self._load()
            key = self._key(token, identity, urn)
            found = self._resources.get(key)
            if found is None or key in self._renewed:
                self._renewed.discard(key)  # the new one has the old one's id, and its place
                return
            if found["inputs"].get("deletionProtection") is True:
                # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
                raise CloudError(f"{urn.rpartition('::')[2]} ({identity}) has deletion protection: turn it off first")
            del self._resources[key]
            self._save()

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return self._cloud.invoke(token, args)

    def _outputs(self, was: HeldResource, resource: Resource) -> dict[str, Any]:
        """What was drawn stays; what follows from an input that changed is another."""
        changed = {key for key, value in resource.inputs.items() if was["inputs"].get(key) != value}
        recomputed = {key for key, causes in changeable_kind(resource.type).follows.items() if causes & changed}
        kept = {key: value for key, value in was["outputs"].items() if key not in recomputed | resource.inputs.keys()}
        return {**self._cloud.ensure(resource).outputs, **kept}

    def _put(self, key: str, resource: Resource, made: Made) -> None:
        hidden = changeable_kind(resource.type).secret
        self._resources[key] = HeldResource(
            urn=resource.urn,
            type=resource.type,
            id=made.id,
            inputs={k: v for k, v in resource.inputs.items() if k not in resource.secret_inputs},
            outputs={k: v for k, v in made.outputs.items() if k not in hidden},
        )
        self._save()

    def _load(self) -> dict[str, HeldResource]:
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
        _replace(self.path, json.dumps({"resources": self._resources}, indent=1, sort_keys=True) + "\n")
        self._stamp = self.path.stat().st_mtime_ns

    def _claim(self, token: str, identity: str, urn: str) -> None:
        found = self._resources.get(f"{token}|{identity}")
        if found is not None and not found["urn"]:
            del self._resources[f"{token}|{identity}"]
            self._resources[self._key(token, found["id"], urn)] = {**found, "urn": urn}
            self._save()

    def _key(self, token: str, identity: str, urn: str) -> str:
        """Where the resource is, or would be."""
        short, long = f"{token}|{identity}", f"{token}|{identity}|{urn}"
        first = self._resources.get(short)
        taken = first is not None and first["urn"] != urn
        return long if taken or long in self._resources else short


def _replace(path: Path, text: str) -> None:
    """Write the file atomically: readers see either the old one or the new one."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
