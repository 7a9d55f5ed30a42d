"""Tags of others on what is there: the provider leaves them alone, as backup plans and costs go by them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adopt.match import Match
from graph.deployment import Deployment

IGNORED = "aws:ignoreTags"
"""Setting of the provider: tags that it neither reads nor writes, on any resource (its reference, Configuration)."""
_SYSTEM = "aws:"  # of AWS's own, which the provider ignores by itself (terraform-provider-aws, internal/tags)


def foreign(deployment: Deployment, matched: Iterable[Match]) -> list[str]:
    """Keys of the tags on what is taken over that the program has nowhere."""
    ours = {key for each in deployment.resources for key in each.inputs.get("tags") or ()}
    found = {key for each in matched for key in each.live.inputs.get("tags") or ()}
    return sorted(key for key in found - ours if not key.startswith(_SYSTEM))


def ignoring(config: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The configuration with these tags left alone."""
    if not keys:
        return dict(config)
    region = {key: value for key, value in config.items() if key.startswith("aws:")}
    return {**region, IGNORED: {"keys": list(keys)}, **config}


def read(config: Mapping[str, Any], matched: Iterable[Match]) -> tuple[Match, ...]:
    """What is there as the provider reads it by this configuration."""
    ignored = config.get(IGNORED)
    keys = ignored.get("keys", ()) if isinstance(ignored, Mapping) else ()
    return tuple(_without(each, frozenset(keys)) for each in matched)


def _without(each: Match, keys: frozenset[str]) -> Match:
    tags = each.live.inputs.get("tags")
    if not tags:
        return each
    seen = {key: value for key, value in tags.items() if key not in keys and not key.startswith(_SYSTEM)}
    return replace(each, live=replace(each.live, inputs={**each.live.inputs, "tags": seen}))
