"""Resources that live in the AWS emulator: what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graph.cloud import Made
from graph.errors import CloudError
from graph.naming import digest
from graph.resource import Resource
from local.handlers.base import RunContext
from local.state import Entry

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]


@dataclass(frozen=True)
class Emulated:
    """One type of resource and the calls that make it."""

    service: str
    listing: str
    """What it is found in; types that share it share the call."""
    read: Callable[[Any], dict[str, Any]]
    """Everything of the kind that the emulator holds, by key."""
    key: Callable[[Resource, Entry | None], str]
    """What AWS would find it by."""
    create: Callable[[Any, str, Resource], Outputs]
    """Make it under that key and return the outputs, `id` among them."""
    update: Callable[[Any, Any, Resource], Outputs]
    """Bring what was found up to date and return the outputs."""
    delete: Callable[[Any, Entry], None]
    rouses: bool = False
    """Whether the bootstrap has to look again when it was made anew."""
    recorded = False

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = context.listing(self.listing, self.service, self.read).get(self.key(resource, previous))
            if found is not None and previous and previous["digest"] == digest(resource):
                return Made(id=previous["id"], outputs=previous["outputs"], outcome="unchanged")
            client = context.aws(self.service)
            if found is None:
                outputs = self.create(client, self.key(resource, None), resource)
                if self.rouses:
                    context.touched.add(resource.name)
            else:
                outputs = self.update(client, found, resource)
        except (ClientError, BotoCoreError) as error:
            raise CloudError(f"the AWS emulator refused {resource.type} {resource.name}: {error}") from error
        made = str(outputs.pop("id"))
        return Made(id=made, outputs=outputs, outcome="created" if found is None else "updated")

    def remove(self, context: RunContext, entry: Entry) -> None:
        from botocore.exceptions import ClientError

        try:
            self.delete(context.aws(self.service), entry)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
                raise CloudError(f"the AWS emulator did not remove {entry['name']}: {error}") from error


def pages(client: Any, call: str, field: str, **arguments: Any) -> list[Any]:
    """All items of a paginated list call."""
    result = client.get_paginator(call).paginate(**arguments).build_full_result()
    return list(result.get(field, []))


def tags(resource: Resource) -> list[dict[str, str]]:
    return [{"Key": key, "Value": str(value)} for key, value in (resource.inputs.get("tags") or {}).items()]


def given(inputs: Inputs, names: dict[str, str]) -> dict[str, Any]:
    """API arguments for the inputs that are there."""
    return {api: inputs[name] for name, api in names.items() if inputs.get(name) is not None}
