"""Names, ids and ARNs of AWS's form for what is declared, the same for the same declaration every time. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from graph.kinds import kind_of
from graph.naming import hexes, physical_name
from graph.resource import Resource
from knowledge.regions import partition_of


@dataclass(frozen=True, kw_only=True)
class ResourceIdentity:
    """How AWS knows a resource."""

    id: str
    arn: str
    """Empty where the type has none."""


def name_of(resource: Resource) -> str:
    """The name that AWS would know it by, made up where the program leaves it to Pulumi."""
    return physical_name(resource, kind_of(resource.type).named)


def identify(resource: Resource, region: str, account: str, outputs: Mapping[str, Any]) -> ResourceIdentity:
    """Id and ARN; `outputs` are what else is known of it, its drawn values among them."""
    kind, name = kind_of(resource.type), name_of(resource)
    region = str(resource.inputs.get("region") or region)
    known = _Known(resource, {**outputs, "name": name, "region": region, "account": account})
    # An ARN may be made of the id, or the id of the ARN, never both.
    for part in ("id", "arn") if "{id}" in kind.arn else ("arn", "id"):
        if part == "id":
            known.given.setdefault("id", known.fill(kind.id))
        elif kind.arn:
            known.given.setdefault("arn", _arn(kind.arn, region, account, known))
    return ResourceIdentity(id=str(known.given["id"]), arn=str(known.given.get("arn", "")))


def drawn(resource: Resource, what: str) -> str:
    """What AWS would draw: `hex8`, `HEX26`, `uuid`."""
    if what == "uuid":
        return str(uuid.UUID(hexes(resource.urn, 32)))
    found = re.fullmatch(r"(hex|HEX)(\d+)", what)
    if found is None:
        raise KeyError(what)
    digits = hexes(resource.urn, int(found[2]))
    return digits.upper() if found[1] == "HEX" else digits


def _arn(form: str, region: str, account: str, known: _Known) -> str:
    service, colons, rest = re.match(r"([a-z0-9]+)(:+)(.*)", form).groups()  # type: ignore[union-attr]
    place = {1: f"{region}:{account}", 2: f":{account}", 3: ":"}[len(colons)]
    return f"arn:{partition_of(region).name}:{service}:{place}:{known.fill(rest)}"


class _Known:
    """Values for the blanks of a form: what is given, what is put in, what the provider would put in, what is drawn."""

    def __init__(self, resource: Resource, given: dict[str, Any]) -> None:
        self.resource, self.given = resource, given

    def fill(self, form: str) -> str:
        blanks = (blank for _, blank, _, _ in Formatter().parse(form) if blank)
        return form.format(**{blank: self._value(blank) for blank in blanks})

    def _value(self, blank: str) -> str:
        value = self.given.get(blank, self.resource.inputs.get(blank))
        if value is not None:
            return str(value)
        make = _MADE.get(blank)
        return make(self.resource) if make else drawn(self.resource, blank)


_MADE: dict[str, Callable[[Resource], str]] = {
    "path": lambda _: "/",
    "bucket": lambda resource: physical_name(resource, "bucket"),
    "host": lambda resource: str(resource.inputs["url"]).removeprefix("https://"),
    "targetGroupName": lambda _: "default",
    # sdkv2 id.UniqueId: the word, then twenty-six digits of time and count
    "targetId": lambda resource: f"terraform-{drawn(resource, 'hex26')}",
}
