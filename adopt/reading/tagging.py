"""The tags of many things, of any service, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adopt.reading import calls
from adopt.reading.ask import Asking
from knowledge.regions import region_of

AT_ONCE = 100
"""ARNs of one call (Resource Groups Tagging API Reference, GetResources, ResourceARNList)."""


def tags(ask: Asking, arns: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """ARN -> tags, of those that have some."""
    found: dict[str, Mapping[str, str]] = {}
    by_region: dict[str, list[str]] = {}
    for arn in sorted(set(arns)):
        by_region.setdefault(region_of(arn) or ask.region, []).append(arn)
    parts = [
        (region, listed[begin : begin + AT_ONCE])
        for region, listed in sorted(by_region.items())
        for begin in range(0, len(listed), AT_ONCE)
    ]
    for each in ask.each(lambda part: ask.all(calls.TAGS, part[0], ResourceARNList=part[1]), parts):
        for item in each:
            found[str(item["ResourceARN"])] = {str(tag["Key"]): str(tag["Value"]) for tag in item.get("Tags") or ()}
    return {arn: found[arn] for arn in sorted(found)}
