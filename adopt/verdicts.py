"""What becomes of each resource of the program, by the preflight over what is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adopt.match import Match
from adopt.report import Entry, Verdict
from graph.deployment import Deployment
from graph.resource import Key, Resource
from preview.diff import Change, changes
from preview.impact.effect import Effect, Impact
from preview.impact.judge import judge
from preview.preflight import declared


def entries(deployment: Deployment, before: Sequence[Resource], matched: Iterable[Match]) -> tuple[Entry, ...]:
    """A verdict on each resource that is no component, in the order of the program.

    `before` is the state as the import leaves it: what is said here is what `preview --against` says of it.
    """
    after = declared(deployment)
    made = changes(before, after)
    impacts = judge(made)
    ids: dict[Key, str] = {each.declared.key: each.live.id for each in matched}
    found = []
    for each, change in zip(after, made, strict=False):
        if each.urn in deployment.components:
            continue
        own = tuple(one for one in impacts if (one.type, one.name) == (each.type, each.name))
        found.append(
            Entry(
                verdict=_verdict(change, own),
                type=each.type,
                name=each.name,
                id=ids.get(each.key, ""),
                impacts=own,
            )
        )
    return tuple(found)


def _verdict(change: Change, impacts: Iterable[Impact]) -> Verdict:
    if change.kind == "create":
        return "new"
    if change.replaced:
        return "replaced"
    if any(each.effect is Effect.BLOCKED for each in impacts):
        return "blocked"
    return "taken" if change.kind == "same" else "changed"
