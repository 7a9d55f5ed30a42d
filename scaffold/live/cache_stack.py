"""What the stacks' files say of caches that are live: engine, version, eviction, shards, and a class proposed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.settings.profiles import PROFILES, cache_defaults
from knowledge.classes import CACHE_CLASSES, GIB
from knowledge.redis.catalogue import version_problem
from scaffold.live.cache import LiveCache
from scaffold.live.notes import Note

_AT = ("config", "data-tier:redis")
_FAMILY = "cache.m7g."
_ROOM = 1.5
"""Memory is asked for at this multiple of the most that was in use, of what is left beside the reserve."""
_RESERVED = 0.25
"""Of a node's memory for what is not data (ElastiCache User Guide, "Managing reserved memory")."""


def caches_of(profile: str, live: Sequence[LiveCache]) -> dict[str, dict[str, Any]]:
    """Return `data-tier:redis` of a stack of that profile: each cache as the profile's nearest, with what is live."""
    usual: Mapping[str, Mapping[str, Any]] = PROFILES[profile]["redis"]
    return {each.name: _cache(usual, each) for each in live}


def _cache(usual: Mapping[str, Mapping[str, Any]], live: LiveCache) -> dict[str, Any]:
    alike = "queue" if live.eviction == "noeviction" else "main"
    said = {"eviction": live.eviction, "keyspace_events": live.events, "shards": live.shards, **_engine(live)}
    defaults = cache_defaults()
    kept = usual.get(live.name, usual[alike])
    return {**kept} | {key: value for key, value in said.items() if value not in ("", kept.get(key, defaults[key]))}


def _engine(live: LiveCache) -> dict[str, str]:
    """As it is where ElastiCache has it; else what the product makes."""
    engine = live.product.removeprefix("elasticache-")
    minor = ".".join(live.version.split(".")[:2])
    return {"engine": engine, "version": minor} if version_problem(engine, minor) is None else {}


def doubts(live: Sequence[LiveCache]) -> Iterator[Note]:
    """What is left to a person."""
    for each in live:
        if not _engine(each):
            usual = cache_defaults()
            text = (
                f"{each.name}: the live server is {each.product} {each.version}, which ElastiCache has not: here it "
                f"is {usual['engine']} {usual['version']}, which takes the same commands but for modules"
            )
            yield Note(place="stacks", at=_AT, text=text)
        need = each.peak * _ROOM / (1 - _RESERVED)
        usual_class = caches_of("prod", [each])[each.name]["class"]
        if CACHE_CLASSES[usual_class].maxmemory_bytes >= need:
            continue
        fits = [c for n, c in CACHE_CLASSES.items() if n.startswith(_FAMILY) and c.maxmemory_bytes >= need]
        if fits:
            best = min(fits, key=lambda found: found.maxmemory_bytes)
            yield Note(
                place="stacks",
                at=_AT,
                text=f"{each.name}: {each.peak / GIB:.3g} GiB were in use at most: the smallest class with room for it",
                proposal=f"{each.name}: {{class: {best.name}}}",
            )
