"""What a stack was: `pulumi stack export`, or an earlier `datatier preview --json`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

# Marks of a serialised property (pulumi/sdk/go/common/resource/properties.go).
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a mark of the format
# What dependents refer to; anything else (`available`, a zone) may be a plain setting elsewhere.
_REFERRED = frozenset(
    {
        "address", "arn", "b64Url", "configurationEndpointAddress", "defaultSecurityGroupId", "endpoint", "hex", "id",
        "identifier", "invokeArn", "keyId", "memberClusters", "name", "primaryEndpointAddress", "readerEndpointAddress",
        "resourceId", "result", "secretId", "version",
    }
)  # fmt: skip
_SHORTEST = 6  # of a value that can be taken for a reference


class SavedError(ValueError):
    """The file is not a deployment."""


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
    known_as: tuple[str, ...] = field(default=(), repr=False)
    """Values by which other resources refer to it: id, ARN, address ..."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.type, self.parent, self.name


def read(text: str) -> tuple[Resource, ...]:
    """The resources of a saved deployment. Raise `SavedError`."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SavedError(f"is no JSON (line {error.lineno}: {error.msg})") from None
    if isinstance(data, dict) and isinstance(data.get("deployment"), dict):
        return tuple(_exported(data["deployment"].get("resources") or []))
    if isinstance(data, dict) and isinstance(data.get("resources"), list):
        return tuple(_previewed(data["resources"]))
    raise SavedError("is neither `pulumi stack export` nor `datatier preview --json`")


def _previewed(resources: Iterable[dict[str, Any]]) -> Iterator[Resource]:
    for each in resources:
        yield Resource(type=each["type"], name=each["name"], parent=each["parent"], inputs=each["inputs"])


def _exported(resources: list[dict[str, Any]]) -> Iterator[Resource]:
    names = {each["urn"]: each["urn"].rpartition("::")[2] for each in resources}
    stacks = {each["urn"] for each in resources if each["type"] == "pulumi:pulumi:Stack"}
    for each in resources:
        # `delete` marks the remains of a replacement that was cut short.
        if each["urn"] in stacks or each["type"].startswith("pulumi:providers:") or each.get("delete"):
            continue
        outputs = each.get("outputs") or {}
        yield Resource(
            type=each["type"],
            name=names[each["urn"]],
            parent="" if each.get("parent") in stacks else names.get(each.get("parent", ""), ""),
            inputs=plain(each.get("inputs") or {}),
            protect=bool(each.get("protect")),
            retained=bool(each.get("retainOnDelete")),
            # A component has no id: what it puts out is its children's.
            known_as=known_as(each["id"], outputs) if each.get("id") else (),
        )


def plain(value: Any) -> Any:
    """A serialised property without what the provider filled in, secrets as `[secret]`, assets without their place."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if _SIGNATURE in value:
        return "[secret]" if value[_SIGNATURE] == _SECRET else "[asset]"
    filled = {"__defaults", *value.get("__defaults", ())}
    return {key: plain(item) for key, item in value.items() if key not in filled}


def known_as(identity: str, outputs: dict[str, Any]) -> tuple[str, ...]:
    """The values by which a resource is referred to."""
    values: list[Any] = [identity]
    for key in sorted(_REFERRED & outputs.keys()):
        found = outputs[key]
        values += found if isinstance(found, list) else [found]
    return tuple(dict.fromkeys(v for v in values if isinstance(v, str) and len(v) >= _SHORTEST))


Key = tuple[str, str, str]
Inputs = dict[Key, dict[str, Any]]


def symbolic(before: Iterable[Resource], after: Iterable[Resource]) -> tuple[Inputs, Inputs]:
    """The inputs of both sides by resource, each reference to another as its name and the account as `<account>`.

    Ids differ between a deployed stack and one that is only previewed; what they point to does not. A value that both
    sides know is one that the program gives, and says the same on both: it stays.
    """
    sides = tuple(before), tuple(after)
    names = [_names(side) for side in sides]
    both = names[0].keys() & names[1].keys()
    own = [{value: name for value, name in known.items() if value not in both} for known in names]
    return _symbols(sides[0], own[0]), _symbols(sides[1], own[1])


def _names(resources: Iterable[Resource]) -> dict[str, str]:
    """Value -> the resource that it refers to: the first one, for what refers to a resource comes after it."""
    names: dict[str, str] = {}
    for each in resources:
        for value in each.known_as:
            names.setdefault(value, f"<{each.name}>")
    return names


def _symbols(resources: Iterable[Resource], names: dict[str, str]) -> Inputs:
    every = tuple(resources)
    accounts = Counter(a for each in every for value in each.known_as for a in re.findall(r":(\d{12}):", value))
    if accounts:
        names = {**names, accounts.most_common(1)[0][0]: "<account>"}
    if not names:
        return {each.key: each.inputs for each in every}
    drawn = {value for each in every if each.type.startswith("random:") for value in each.known_as} & names.keys()
    # A whole word: `tmi-prod` is not meant in `tmi-prod-final`. What was drawn at random is meant wherever it stands.
    words, parts = _any(names.keys() - drawn, r"[\w-]"), _any(drawn, r"\w")

    def named(text: str, own: str) -> str:
        # A resource's own name is no reference: a change of it is one.
        text = words.sub(lambda found: found[0] if names[found[0]] == own else names[found[0]], text)
        return parts.sub(lambda found: names[found[0]], text)

    def put(value: Any, own: str) -> Any:
        if isinstance(value, str):
            return named(value, own)
        if isinstance(value, list):
            return [put(item, own) for item in value]
        if not isinstance(value, dict):
            return value
        # A digest is of an input that is compared itself (the invocation's manifest), ids included.
        return {key: "<digest>" if key.endswith("_SHA256") else put(item, own) for key, item in value.items()}

    return {each.key: put(each.inputs, f"<{each.name}>") for each in every}


def _any(values: Iterable[str], beside: str) -> re.Pattern[str]:
    """Any of the values, the longest first, where nothing of `beside` stands beside it."""
    found = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
    return re.compile(rf"(?<!{beside})(?:{found})(?!{beside})" if found else r"(?!)")
