"""What a stack was: `pulumi stack export`, a checkpoint of a file backend, or an earlier `datatier preview --json`.

A file that is not of its form is refused with the place in it.

The fields of a resource are those of apitype.ResourceV3 (pulumi/sdk/go/common/apitype/core.go); what is not named here
changes nothing that a preview could foretell: times, traces, timeouts, hooks, aliases (the engine has renamed them),
and options that the next run sets again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

from graph.marks import UNSEEN, described, holds_secret, plain
from graph.resource import Resource, Standing

T = TypeVar("T")
Json = dict[str, Any]

STACK = "pulumi:pulumi:Stack"
# sdk/go/common/apitype/core.go: DeploymentSchemaVersionLatest
_NEWEST = 4
_WORDS: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
_ALL = "is neither `pulumi stack export` nor `datatier preview --json`"
_PARTS = 4  # of a URN: stack, project, types, name


class SavedError(ValueError):
    """The file is not a deployment; the message says where in it."""


def read(text: str) -> tuple[Resource, ...]:
    """The resources of a saved deployment. Raise `SavedError`."""
    data = _parsed(text)
    if not isinstance(data, dict):
        raise SavedError(_ALL)
    if isinstance(data.get("deployment"), dict):
        return _deployment(_versioned(data)["deployment"], "deployment")
    if isinstance(data.get("checkpoint"), dict):
        checkpoint = _versioned(data)["checkpoint"]
        return _deployment(_field(checkpoint, "latest", dict, "checkpoint", {}), "checkpoint.latest")
    if isinstance(data.get("resources"), list):
        if any(isinstance(each, dict) and "urn" in each for each in data["resources"]):
            return _deployment(data, "")
        return tuple(_previewed(data))
    raise SavedError(_ALL)


def _parsed(text: str) -> Any:
    try:
        data = json.loads(text.removeprefix("\ufeff"))
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        raise SavedError(f"is not JSON (line {error.lineno}: {error.msg})") from None
    except RecursionError:
        raise SavedError("is nested too deeply to be a deployment") from None
    except UnicodeEncodeError:
        raise SavedError("is not JSON (it holds half of a character: a lone surrogate)") from None
    except ValueError:
        raise SavedError("is not JSON (it holds NaN, or a number greater than can be read)") from None
    return data


def _versioned(data: Json) -> Json:
    version = data.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        raise SavedError(f"is not a deployment: version is {described(version)}, and a number is wanted")
    if not 1 <= version <= _NEWEST:
        raise SavedError(f"is of version {version}, and 1 to {_NEWEST} can be read: update datatier")
    return data


def _deployment(data: Json, place: str) -> tuple[Resource, ...]:
    listed = _field(data, "resources", list, place, [])
    operations = _field(data, "pending_operations", list, place, [])
    at = _dot(place, "resources")
    found = [_exported(_object(each, f"{at}[{i}]"), f"{at}[{i}]") for i, each in enumerate(listed)]
    _once([each for each in found if each is not None])
    at = _dot(place, "pending_operations")
    pending = [_operation(_object(each, f"{at}[{i}]"), f"{at}[{i}]") for i, each in enumerate(operations)]
    return tuple(each for each in (*found, *pending) if each is not None)


def _operation(data: Json, place: str) -> Resource | None:
    kind = _field(data, "type", str, place)
    of = _field(data, "resource", dict, place)
    return _exported(of, f"{place}.resource", operation=kind) if kind != "reading" else None


def _exported(data: Json, place: str, operation: str = "") -> Resource | None:
    """None for what the program does not declare though it is in the state: the stack, providers, what is only read."""
    urn, kind = _field(data, "urn", str, place), _field(data, "type", str, place)
    stack, name = _parts(urn, f"{place}.urn")
    parent = _field(data, "parent", str, place, "")
    inputs = _field(data, "inputs", dict, place, {})
    outputs = _field(data, "outputs", dict, place, {})
    filled = inputs.get("__defaults") or []
    if not isinstance(filled, list) or not all(isinstance(each, str) for each in filled):
        raise SavedError(f"is not a deployment: {place}.inputs.__defaults is {described(filled)}, and names are wanted")
    flags = {key: _field(data, key, bool, place, False) for key in _FLAGS}
    failed = _field(data, "initErrors", list, place, [])
    needed = _field(data, "dependencies", list, place, [])
    above = _parts(parent, f"{place}.parent")[1] if parent and f"::{STACK}::" not in parent else ""
    # `viewOf`: part of another resource, which speaks for it. `snippetID`: the engine declares it itself.
    elsewhere = _field(data, "viewOf", str, place, "") or _field(data, "snippetID", str, place, "")
    if kind == STACK or kind.startswith("pulumi:providers:") or flags["external"] or elsewhere:
        return None
    standing = Standing.GOING if flags["delete"] else Standing.GONE if flags["pendingReplacement"] else Standing.HELD
    return Resource(
        type=kind,
        name=name,
        parent=parent if above else "",
        inputs={key: "[secret]" if holds_secret(v) else plain(v) for key, v in inputs.items() if key != "__defaults"},
        protect=flags["protect"],
        retain_on_delete=flags["retainOnDelete"],
        depends_on=tuple(str(each) for each in needed),
        # A component has no id: what it puts out is its children's.
        id=_field(data, "id", str, place, ""),
        outputs={key: "[secret]" if holds_secret(v) else plain(v) for key, v in outputs.items()},
        filled=frozenset(filled),
        standing=Standing.UNFINISHED if operation else standing,
        operation=operation,
        tainted=flags["taint"],
        failed=tuple(str(each) for each in failed),
        place=place,
        stack=stack,
        urn=urn,
    )


_FLAGS = ("protect", "retainOnDelete", "external", "delete", "pendingReplacement", "taint")


def _parts(urn: str, place: str) -> tuple[str, str]:
    """Stack and logical name; the name may hold any character."""
    parts = urn.split("::", _PARTS - 1)
    if len(parts) < _PARTS or not urn.startswith("urn:pulumi:") or not parts[-1]:
        raise SavedError(f"is not a deployment: {place} is not a URN (urn:pulumi:STACK::PROJECT::TYPE::NAME)")
    return parts[0].removeprefix("urn:pulumi:"), parts[-1]


def _once(resources: list[Resource]) -> None:
    """One URN is one resource, but for old ones that are still to be deleted."""
    seen: dict[str, str] = {}
    for each in resources:
        if each.standing is Standing.GOING:
            continue
        if each.urn in seen:
            raise SavedError(
                f"is not a deployment: {each.place}.urn is that of {seen[each.urn]} too; `pulumi state repair` mends it"
            )
        seen[each.urn] = each.place


def _previewed(data: Json) -> Iterator[Resource]:
    stack = _field(data, "stack", str, "", "")
    for i, listed in enumerate(data["resources"]):
        place = f"resources[{i}]"
        each = _object(listed, place)
        yield Resource(
            type=_field(each, "type", str, place),
            name=_field(each, "name", str, place),
            parent=_field(each, "parent", str, place),
            inputs={key: _listed(value) for key, value in _field(each, "inputs", dict, place).items()},
            place=place,
            stack=stack,
        )


def _listed(value: object) -> Any:
    """A preview lists an archive by its path; its content at that time is unknown."""
    return UNSEEN if isinstance(value, dict) and set(value) == {"path"} else plain(value)


_WANTED: Any = object()


def _field(data: Json, key: str, kind: type[T], place: str, default: Any = _WANTED) -> T:
    value = data.get(key)
    if value is None and default is not _WANTED:
        return default  # type: ignore[no-any-return]
    if value is None and key not in data:
        raise SavedError(f"is not a deployment: {_dot(place, key)} is missing")
    if not isinstance(value, kind):
        raise SavedError(f"is not a deployment: {_dot(place, key)} is {described(value)}, and {_WORDS[kind]} is wanted")
    return value


def _object(value: object, place: str) -> Json:
    if not isinstance(value, dict):
        raise SavedError(f"is not a deployment: {place} is {described(value)}, and an object is wanted")
    return value


def _dot(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
