"""The state as the import leaves it: what `pulumi stack export` gives after `pulumi import`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import graph.imported
from adopt.match import Match
from graph.deployment import Deployment
from graph.kinds import kind_of
from graph.resource import Resource

_VERSION = 3  # apitype.DeploymentSchemaVersionCurrent (pulumi, sdk/go/common/apitype/core.go)


def imported(deployment: Deployment, matched: Sequence[Match]) -> dict[str, Any]:
    """The document, which `graph.saved` reads as it reads the engine's own."""
    return {
        "version": _VERSION,
        "deployment": {
            "resources": [
                *(_component(each) for each in components(deployment, matched)),
                *(_taken(each) for each in matched),
            ]
        },
    }


def components(deployment: Deployment, matched: Iterable[Match]) -> Iterator[Resource]:
    """The components above what is imported, parents before children."""
    above = {each.urn: each for each in deployment.resources if each.urn in deployment.components}
    wanted: set[str] = set()
    for each in matched:
        urn = each.declared.parent
        while urn in above and urn not in wanted:
            wanted.add(urn)
            urn = above[urn].parent
    # The URN of what is below holds its types too, so that parents come first.
    return iter(
        sorted((each for each in above.values() if each.urn in wanted), key=lambda each: each.urn.split("::")[2:])
    )


def _component(each: Resource) -> dict[str, Any]:
    return {"urn": each.urn, "type": each.type, "custom": False, **_under(each)}


def _taken(each: Match) -> dict[str, Any]:
    read = {**each.live.inputs, **_elsewhere(each)}
    found = graph.imported.imported(kind_of(each.live.type), read, each.live.outputs)
    return {
        "urn": each.declared.urn,
        "type": each.declared.type,
        "custom": True,
        "id": graph.imported.plain_id(each.live.id),
        "inputs": found.inputs,
        "outputs": found.outputs,
        **_under(each.declared),
    }


def _elsewhere(each: Match) -> dict[str, str]:
    """The region, which the provider's Read gives; where the program says none it stays as it is."""
    return {"region": each.live.region} if "region" in each.declared.inputs else {}


def _under(each: Resource) -> dict[str, str]:
    return {"parent": each.parent} if each.parent else {}
