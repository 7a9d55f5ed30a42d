"""A resource as it was in a deployment, or as a run of the program would have it. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Key = tuple[str, str, str]
Shown = tuple[Key, str, str]
"""Where a text stands that is no secret: resource, input, and the text."""
_SHORTEST = 6  # of a value that can be taken for a reference
# What the policy rules take for a reference; anything else (`available`, a zone) may be a plain setting elsewhere.
_REFERRED = frozenset(
    {
        "address", "arn", "b64Url", "configurationEndpointAddress", "defaultSecurityGroupId", "endpoint", "hex", "id",
        "identifier", "invokeArn", "keyId", "memberClusters", "name", "primaryEndpointAddress", "readerEndpointAddress",
        "resourceId", "result", "secretId", "version",
    }
)  # fmt: skip


class Standing(StrEnum):
    """What the engine knows of a resource beside its state (apitype.ResourceV3, apitype.OperationV2)."""

    HELD = "held"
    """It is there, as the state has it."""
    GONE = "gone"
    """Deleted for a replacement that was not made yet (`pendingReplacement`)."""
    GOING = "going"
    """The old one of a replacement: the next `up` deletes it (`delete`)."""
    UNFINISHED = "unfinished"
    """An `up` was cut off while it worked on it (`pending_operations`)."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as it was, or as it would be."""

    type: str
    name: str
    parent: str
    """Logical name of the parent component, empty at the top."""
    inputs: dict[str, Any]
    protect: bool = False
    retained: bool = False
    """Whether Pulumi leaves it in AWS when it goes out of the program."""
    ignored: tuple[str, ...] = ()
    """Inputs whose changes the program ignores."""
    id: str = ""
    """What AWS knows it by; empty where nobody has asked AWS (an earlier preview)."""
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    filled: frozenset[str] = frozenset()
    """Inputs that the provider put in."""
    standing: Standing = Standing.HELD
    operation: str = ""
    """What was cut off: `creating`, `updating`, `deleting`."""
    tainted: bool = False
    """Whether the next `up` replaces it whatever the program says (`pulumi state taint`)."""
    failed: tuple[str, ...] = ()
    """What its provider said when it was made and did not come to rest (`initErrors`)."""
    place: str = ""
    """Where in the file it stands."""
    stack: str = ""
    """The stack that it is of; empty where the file does not say."""
    urn: str = ""
    needs: tuple[str, ...] = ()
    """URNs of the resources whose outputs it may be made of."""
    replaced_with: tuple[str, ...] = ()
    """URNs of the resources with which the program has it replaced."""
    copies: Mapping[str, Shown] = field(default_factory=dict, repr=False)
    """Secret inputs that are the text of a plain one."""

    @property
    def key(self) -> Key:
        return self.type, self.parent, self.name

    @property
    def known_as(self) -> tuple[str, ...]:
        """Values by which other resources refer to it: id, ARN, address ..."""
        return known_as(self.id, dict(self.outputs)) if self.id else ()


def known_as(identity: str, outputs: dict[str, Any]) -> tuple[str, ...]:
    """The values by which a resource is referred to."""
    values: list[Any] = [identity]
    for key in sorted(_REFERRED & outputs.keys()):
        found = outputs[key]
        values += found if isinstance(found, list) else [found]
    return tuple(dict.fromkeys(v for v in values if isinstance(v, str) and len(v) >= _SHORTEST))
