"""pulumi-random without its plugin: values drawn once and kept in the state."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graph import types
from graph.cloud import Made
from graph.naming import digest
from graph.resource import Resource
from local.handlers.base import RunContext
from local.state import Entry

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""The provider's own default."""


@dataclass(frozen=True)
class Random:
    """Draws when there is nothing yet or when an input (a keeper, the length) changed."""

    draw: Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]]
    recorded = False

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:  # noqa: ARG002 - the protocol's signature
        if previous and previous["digest"] == digest(resource):
            return Made(id=previous["id"], outputs=previous["outputs"], outcome="unchanged")
        made, outputs = self.draw(resource.inputs)
        return Made(id=made, outputs=outputs, outcome="updated" if previous else "created")

    def remove(self, context: RunContext, entry: Entry) -> None:
        """Forgetting it is enough."""


def _password(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "none", {"result": _characters(inputs)}


def _string(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    drawn = _characters(inputs)
    return drawn, {"result": drawn}


def _characters(inputs: Mapping[str, Any]) -> str:
    classes = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": inputs.get("overrideSpecial") or SPECIAL,
    }
    chosen = {name: characters for name, characters in classes.items() if inputs.get(name, True)}
    drawn = [
        secrets.choice(characters)
        for name, characters in chosen.items()
        for _ in range(int(inputs.get(f"min{name.capitalize()}", 0)))
    ]
    every = "".join(chosen.values())
    drawn += [secrets.choice(every) for _ in range(int(inputs["length"]) - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _id(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    data = secrets.token_bytes(int(inputs["byteLength"]))
    prefix = inputs.get("prefix", "")
    url = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    return url, {
        "hex": prefix + data.hex(),
        "dec": prefix + str(int.from_bytes(data)),
        "b64Url": prefix + url,
        "b64Std": prefix + base64.b64encode(data).decode(),
    }


def _integer(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    low, high = int(inputs["min"]), int(inputs["max"])
    drawn = low + secrets.randbelow(high - low + 1)
    return str(drawn), {"result": drawn}


def _uuid(_: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    drawn = str(uuid.uuid4())
    return drawn, {"result": drawn}


RANDOM = {
    types.RANDOM_PASSWORD: Random(_password),
    types.RANDOM_STRING: Random(_string),
    types.RANDOM_ID: Random(_id),
    types.RANDOM_INTEGER: Random(_integer),
    types.RANDOM_UUID: Random(_uuid),
}
