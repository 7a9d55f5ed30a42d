"""What to change of a cache whose memory or connections run out."""

from __future__ import annotations

from capacity.limit import Limit, Recommendation
from capacity.recommend.classes import next_class
from capacity.recommend.declared import DeclaredCache
from knowledge.classes import CACHE_CLASSES, cache_class
from knowledge.limits import SHARDS


def memory(of: DeclaredCache, needed: float, limit: Limit) -> Recommendation:
    """A larger node type; in cluster mode more shards, each with less."""
    now, here = cache_class(of.node_type), limit.limit or 1.0
    if of.shards:
        shards = -(-int(of.shards * needed) // int(here))
        if SHARDS.problem(shards) is None:
            what = f"spread {of.name} over {shards} shards in place of {of.shards}"
            return Recommendation(what=what, settings={"redis": {of.name: {"shards": shards}}})
    # What of a node type's memory the limit is: the rest is reserved, or kept free.
    share = here / now.maxmemory_bytes
    found = next_class(CACHE_CLASSES.values(), now, lambda each: share * each.maxmemory_bytes >= needed)
    if found is None:
        largest = max(CACHE_CLASSES.values(), key=lambda each: each.maxmemory_bytes)
        return Recommendation(
            what=f"no node type holds it, {largest.name} is the largest: let keys expire (`datatier keys`), or move "
            "a key space to a cache of its own"
        )
    what = f"move {of.name} to {found.name}, which has {found.memory_gib:g} GiB in place of {now.memory_gib:g}"
    return Recommendation(what=what, settings={"redis": {of.name: {"class": found.name}}})


def connections(of: DeclaredCache, needed: float) -> Recommendation:
    """A node type that takes more, which only the smallest one does not."""
    now = cache_class(of.node_type)
    found = next_class(CACHE_CLASSES.values(), now, lambda each: each.maxclients >= needed and now.maxclients < needed)
    if found is None:
        return Recommendation(
            what=f"a node takes {now.maxclients:,} connections and no larger one more: let each client hold fewer, "
            "or read from replicas"
        )
    what = (
        f"move {of.name} to {found.name}, which takes {found.maxclients:,} connections in place of {now.maxclients:,}"
    )
    return Recommendation(what=what, settings={"redis": {of.name: {"class": found.name}}})
