"""KMS: the keys at rest, with their aliases."""

from __future__ import annotations

from collections.abc import Iterable

from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking
from knowledge.regions import region_of


def keys(ask: Asking, wanted: Iterable[tuple[str, str]], aliases: Iterable[Described]) -> tuple[Described, ...]:
    """KMS keys (region, and id, ARN or alias), each with its aliases."""
    by_key: dict[str, list[str]] = {}
    for each in aliases:
        by_key.setdefault(str(each.get("TargetKeyId")), []).append(str(each["AliasName"]))
    found: dict[str, Described] = {}
    places = sorted({(region_of(key) or region, key) for region, key in wanted})
    for each in ask.each(lambda place: ask.one(calls.KEY, place[0], KeyId=place[1]), places):
        if key := each.get("KeyMetadata"):
            found[str(key["Arn"])] = {**key, "Aliases": sorted(by_key.get(str(key["KeyId"]), ()))}
    return tuple(found[arn] for arn in sorted(found))
