"""What the saved state itself says about a deployment over it, as findings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph.resource import Resource, Standing
from preview.plan import PreviewFinding

_CUT_OFF = {
    "creating": "it may be in AWS and not in the state, and the next `up` then fails because it exists already",
    "updating": "it may be as it was, or as it was to be",
    "deleting": "it may be gone",
}


def state_findings(stack: str, before: Iterable[Resource]) -> tuple[PreviewFinding, ...]:
    """Another stack's file, old ones that the next `up` deletes, and what was cut off."""
    saved = tuple(before)
    return (*_another_stack(stack, saved), *(found for each in saved for found in _of(each)))


def _another_stack(stack: str, saved: tuple[Resource, ...]) -> Iterator[PreviewFinding]:
    theirs = next((each.stack for each in saved if each.stack), stack)
    if theirs != stack:
        yield PreviewFinding(
            severity="warning",
            rule="saved-another-stack",
            resource=theirs,
            message=f"the file is of the stack {theirs}, not of {stack}: `pulumi stack export -s {stack}` is meant.",
        )


def _of(each: Resource) -> Iterator[PreviewFinding]:
    if each.standing is Standing.GOING:
        yield PreviewFinding(
            severity="warning",
            rule="pending-deletion",
            resource=each.name,
            message=f"the next `up` deletes {each.id or 'it'}, which a replacement has left behind ({each.place}). "
            "What it holds and the new one does not goes with it.",
        )
    if each.standing is Standing.UNFINISHED:
        yield PreviewFinding(
            severity="warning",
            rule="pending-operation",
            resource=each.name,
            message=f"an `up` was cut off while {each.operation} it: {_CUT_OFF.get(each.operation, 'look at it')}. "
            "`pulumi refresh` asks AWS.",
        )
