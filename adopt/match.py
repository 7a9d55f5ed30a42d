"""Which declared resources are there already: the same type, region and physical name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adopt.live.resource import LiveResource
from graph.deployment import Deployment
from graph.identity import name_of
from graph.kinds import KINDS
from graph.resource import Resource


@dataclass(frozen=True, kw_only=True)
class Match:
    """A resource of the program and the one in AWS that it is."""

    declared: Resource
    live: LiveResource


def matches(deployment: Deployment, live: Iterable[LiveResource], region: str) -> Iterator[Match]:
    """In the order of the program."""
    there = {(each.type, each.region, each.name): each for each in live}
    for each in deployment.whole():
        if each.type in KINDS:
            found = there.get((each.type, str(each.inputs.get("region") or region), name_of(each)))
            if found is not None:
                yield Match(declared=each, live=found)
