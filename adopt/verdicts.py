"""What becomes of each resource of the program, by the preflight over what is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adopt.estate import Estate
from adopt.keep import lines
from adopt.live.resource import LiveResource
from adopt.match import Match
from adopt.report import Entry, Verdict
from graph import types
from graph.deployment import Deployment
from graph.resource import Resource
from preview.diff import Change, changes
from preview.impact.effect import Effect, Impact
from preview.impact.judge import judge
from preview.preflight import declared


def entries(
    estate: Estate, deployment: Deployment, before: Sequence[Resource], matched: Iterable[Match]
) -> tuple[Entry, ...]:
    """A verdict on each resource that is not a component, in the order of their URNs.

    `before` is the state as the import leaves it: what is said here is what `preview --against` says of it.
    """
    after = declared(deployment)
    made = changes(before, after)
    impacts = judge(made)
    found = {each.declared.key: each.live for each in matched}
    by_name: dict[tuple[str, str], list[Impact]] = {}
    for impact in impacts:
        by_name.setdefault((impact.type, impact.name), []).append(impact)
    return tuple(
        _entry(estate, change, found.get(each.key), tuple(by_name.get((each.type, each.name), ())))
        for each, change in sorted(zip(after, made, strict=False), key=lambda pair: pair[0].urn)
        if each.urn not in deployment.components
    )


def _entry(estate: Estate, change: Change, live: LiveResource | None, impacts: tuple[Impact, ...]) -> Entry:
    return Entry(
        verdict=_verdict(change, impacts),
        type=change.type,
        name=change.name,
        id=live.id if live else "",
        impacts=impacts,
        keep=lines(estate, live, change.replaces) if live else "",
    )


def _verdict(change: Change, impacts: Iterable[Impact]) -> Verdict:
    if change.kind == "create":
        return "new"
    if change.replaced and change.type != types.INVOCATION:  # that is how the bootstrap runs again
        return "replaced"
    if any(each.effect is Effect.BLOCKED for each in impacts):
        return "blocked"
    return "taken" if change.kind == "same" else "changed"
