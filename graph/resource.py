"""One resource: as a program declares it, as a cloud has made it, or as a saved deployment holds it. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from graph.kinds import KINDS

Key = tuple[str, str, str]
Shown = tuple[Key, str, str]
"""Where a text that is not secret occurs: resource, input, and the text."""
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
    """What the engine knows of a resource besides its state (apitype.ResourceV3, apitype.OperationV2)."""

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
    """One resource. Fields that its source does not have are empty."""

    type: str
    """Pulumi's type token, e.g. `aws:rds/instance:Instance`."""
    name: str
    """Logical name."""
    inputs: Mapping[str, Any]
    """Pulumi's input names (camelCase): in the clear as a program declares them, secrets as `[secret]` elsewhere."""
    urn: str = ""
    parent: str = ""
    """URN of the parent component, or its logical name where the source has no URNs; empty at the top."""
    secret_inputs: frozenset[str] = frozenset()
    """Top-level inputs that hold a secret."""
    protect: bool = False
    retain_on_delete: bool = False
    """Whether Pulumi keeps it in AWS when it is removed from the program."""
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    """Inputs whose changes the program ignores."""
    depends_on: tuple[str, ...] = ()
    """URNs of the resources it waits for, whose outputs it may be made of."""
    replace_with: tuple[str, ...] = ()
    """URNs of resources with which it is replaced."""
    id: str = ""
    """AWS's id of it; empty where AWS was not asked (an earlier preview)."""
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
    """Its position in the file."""
    stack: str = ""
    """The stack that it is of; empty where the file does not say."""
    copies: Mapping[str, Shown] = field(default_factory=dict, repr=False)
    """Secret inputs that are the text of a plain one."""

    @property
    def above(self) -> str:
        """Logical name of the parent component, empty at the top."""
        return self.parent.split("::", 3)[-1]

    @property
    def key(self) -> Key:
        """What a resource is known by in any stack and project."""
        return self.type, self.above, self.name

    @property
    def physical(self) -> str:
        """Its name in AWS: as declared, as made, or its id."""
        named = KINDS[self.type].named if self.type in KINDS else "name"
        held = (side.get(key) for side in (self.inputs, self.outputs) for key in dict.fromkeys((named, "name")))
        return str(next((value for value in held if value), self.id))

    @property
    def arn(self) -> str:
        """Empty where it has none, or is not made yet."""
        return str(self.outputs.get("arn", ""))

    @property
    def known_as(self) -> tuple[str, ...]:
        """Values by which other resources refer to it: id, ARN, address ..."""
        return known_as(self.id, self.outputs) if self.id else ()


def known_as(identity: str, outputs: Mapping[str, object]) -> tuple[str, ...]:
    """The values by which a resource is referred to."""
    values: list[Any] = [identity]
    for key in sorted(_REFERRED & outputs.keys()):
        found = outputs[key]
        values += found if isinstance(found, list) else [found]
    return tuple(dict.fromkeys(v for v in values if isinstance(v, str) and len(v) >= _SHORTEST))
