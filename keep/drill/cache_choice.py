"""Which cache a drill is about, and from which snapshot of it."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.manifest import CacheTarget
from keep.drill.scene import Scene
from keep.drill.snapshot import NEWEST
from keep.errors import AskedError
from keep.estate.estate import Snapshot
from keep.estate.naming import cache_group, is_copy_of


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A cache of a stack."""

    name: str
    """In the declaration."""
    identifier: str
    """Replication group."""
    target: CacheTarget
    refillable: bool
    """Whether every key space that is declared for it has a longest life."""


def chosen(scene: Scene, asked: str | None) -> Chosen:
    """Return the cache that is meant. Raise AskedError where there is none."""
    caches = scene.stack.caches
    if not caches:
        raise AskedError(f"the stack {scene.stack.stack} has no cache: it has nothing for this drill to lose")
    if asked is not None and asked not in caches:
        raise AskedError(f"the stack {scene.stack.stack} has no cache `{asked}`: {', '.join(caches)}")
    every = [_described(scene, name) for name in ([asked] if asked else sorted(caches))]
    return next((each for each in every if not each.refillable), every[0])


def snapshot_of(scene: Scene, cache: Chosen, asked: str) -> Snapshot:
    """Return the snapshot of a cache that is meant. Raise AskedError where there is none, or it is not there yet."""
    found = _usable(scene, cache)
    if asked == NEWEST:
        found = [each for each in found if not is_copy_of(scene.stack.prefix, each.identifier)]
        if found:
            return found[-1]
        raise AskedError(
            f"{cache.identifier} has no snapshot: leave --snapshot out, and the drill takes one of its own"
        )
    for each in found:
        if each.identifier == asked:
            return each
    have = ", ".join(each.identifier for each in found) or "none"
    raise AskedError(f"{cache.identifier} has no snapshot `{asked}`; it has: {have}")


def _usable(scene: Scene, cache: Chosen) -> list[Snapshot]:
    found = scene.estate.cache_snapshots(cache.identifier)
    return [each for each in found if each.status == "available" and each.taken_at]


def _described(scene: Scene, name: str) -> Chosen:
    spaces = [each for each in scene.access.keyspaces.values() if each.cache == name]
    return Chosen(
        name=name,
        identifier=cache_group(scene.stack, name),
        target=scene.stack.caches[name],
        refillable=bool(spaces) and all(each.ttl is not None for each in spaces),
    )
