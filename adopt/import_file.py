"""The file of `pulumi import --file`: what is there, under the names and parents that the program gives it. Pure.

Its form is that of `importFile` and `importSpec` (pulumi, pkg/cmd/pulumi/operations/import.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adopt.imported import components
from adopt.match import Match
from graph.deployment import Deployment
from graph.resource import Resource


def import_file(deployment: Deployment, matched: Sequence[Match], versions: Mapping[str, str]) -> dict[str, Any]:
    """The document: components first, parents before children, then what is imported.

    `versions` are those of the providers, by package, such as `aws`: what the program asks for, so that the imported
    resources have the program's own default provider.
    """
    return {
        "resources": [
            *(_entry(each) | {"component": True} for each in components(deployment, matched)),
            *(_entry(each.declared) | {"id": each.live.id} | _version(each.declared, versions) for each in matched),
        ]
    }


def joined(before: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """What both documents import, each once."""
    there = {each["name"] for each in before["resources"]}
    return {"resources": [*before["resources"], *(each for each in more["resources"] if each["name"] not in there)]}


def imports(document: Mapping[str, Any]) -> frozenset[str]:
    """What such a document imports, by the part of its URN after stack and project."""
    return frozenset(str(each["name"]) for each in document["resources"] if not each.get("component"))


def _entry(each: Resource) -> dict[str, Any]:
    # `name` is only for references in the file, and a component may have the name of its main resource.
    return {
        "type": each.type,
        "name": reference(each.urn),
        "logicalName": each.name,
        **({"parent": reference(each.parent)} if each.parent else {}),
    }


def reference(urn: str) -> str:
    """The part of a URN after stack and project, which is unique in a stack."""
    return urn.split("::", 2)[-1]


def _version(each: Resource, versions: Mapping[str, str]) -> dict[str, str]:
    found = versions.get(each.type.partition(":")[0])
    return {"version": found} if found else {}
