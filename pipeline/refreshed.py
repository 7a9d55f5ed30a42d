"""What `pulumi refresh --preview-only --diff` says, resource by resource, and what of it only waits for a window. Pure.

The display is that of pulumi/pulumi, pkg/backend/display (diff.go, object_diff.go); its `--json` holds every resource's
whole state and belongs into no record. What cannot be read for sure is taken for drift.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.record import Record, document, plain

WAITING = "waiting"
"""Name of the record of `datatier doctor --aws STACK --waiting --json`."""
_HEAD = re.compile(r"^(?P<indent> *)(?P<sign>[^\s\w\[]{1,2}) ?(?P<type>[\w-]+:[\w/-]+:\w+): \((?P<op>[\w-]+)\)")
_URN = re.compile(r"^ *\[urn=(?P<urn>.+)\]$")
_EDIT = re.compile(r"^(?P<indent> *)(?P<sign>[~+-]) (?P<key>[\w]+) *: (?P<rest>.*)$")
_TOTAL = re.compile(r"^ +(?P<sign>[~+-]|\+-) (?P<count>\d+) to \w+$")


@dataclass(frozen=True, kw_only=True)
class RefreshedResource:
    """A resource that AWS has otherwise than the stack's state."""

    type: str
    name: str
    op: str
    edits: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Input -> as the state has it, and as AWS has it, in the words of the display."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """A change that AWS does in its window."""

    type: str
    name: str
    window: str
    where: str
    inputs: dict[str, Any]
    undeclared: tuple[str, ...]

    @property
    def described(self) -> str:
        """Such as `postgres-primary: instanceClass db.r7g.xlarge`."""
        values = ", ".join(f"{key} {json.dumps(value).strip(chr(34))}" for key, value in sorted(self.inputs.items()))
        return f"{self.name}: {values}"


def waits(stack: str, record: Record | None) -> tuple[Waits, ...]:
    """What waits, by the record; nothing where it was not made or is none: then nothing is excused."""
    try:
        found = document(record.output)[stack] if record else []
        kept = [(each["where"], each["waits"]) for each in found if each["waits"]]
        return tuple(Waits(where=where, **{**each, "undeclared": tuple(each["undeclared"])}) for where, each in kept)
    except (ValueError, KeyError, TypeError):
        return ()


def only_waits(output: str, waiting: Sequence[Waits]) -> bool:
    """Whether all that the refresh found are changes that wait for their window."""
    found = changed(output)
    known = {(each.type, each.name): each.inputs for each in waiting}
    return bool(found) and all(_waits(each, known.get((each.type, each.name), {})) for each in found or ())


def _waits(change: RefreshedResource, pending: Mapping[str, object]) -> bool:
    return (
        change.op == "update"
        and bool(change.edits)
        and all(key in pending and _is(before, pending[key], key) for key, (before, _) in change.edits.items())
    )


def _is(shown: str, pending: object, key: str) -> bool:
    """Whether the state has what waits; a version may be declared by its beginning."""
    if shown == json.dumps(pending):
        return True
    return key == "engineVersion" and str(pending).startswith(shown.strip('"') + ".")


def changed(output: str) -> tuple[RefreshedResource, ...] | None:
    """Every resource that is shown as changed. None where they are not as many as the summary counts."""
    lines = plain(output).splitlines()
    found = [each for each in _blocks(lines) if each.op != "same"]
    counts = [int(match["count"]) for line in lines if (match := _TOTAL.match(line))]
    return tuple(found) if found and sum(counts) == len(found) else None


def _blocks(lines: Sequence[str]) -> Iterator[RefreshedResource]:
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    ends = [*heads[1:], next((n for n, line in enumerate(lines) if line.startswith("Resources:")), len(lines))]
    for start, end in zip(heads, ends, strict=bool(heads)):
        head = _HEAD.match(lines[start])
        urn = next((match["urn"] for line in lines[start + 1 : end] if (match := _URN.match(line))), "")
        if head is None:
            continue
        yield RefreshedResource(
            type=head["type"],
            name=urn.split("::", 3)[-1],
            op=head["op"],
            edits=dict(_edits(lines[start + 1 : end], len(head["indent"]) + len(head["sign"]) + 1)),
        )


def _edits(lines: Sequence[str], indent: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """The top-level inputs; one that is shown over several lines, added or taken away has no `=>`."""
    for line in lines:
        match = _EDIT.match(line)
        if match and len(match["indent"]) == indent:
            before, _, after = match["rest"].partition(" => ")
            yield match["key"], (before, after) if match["sign"] == "~" else ("", "")
