"""Asks the nodes of the caches what maintenance has to know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bootstrap.access.load import load_access
from bootstrap.errors import AskedError
from bootstrap.manifest import CacheTarget, Manifest
from knowledge.parameters import did_you_mean
from knowledge.thresholds.threshold import Status
from maintain.action import Skipped
from maintain.facts import CacheFacts
from maintain.redis.purge import NEEDS
from observe.keys.places import NowhereError, shards
from observe.node import RedisNode
from observe.nodes import redis_nodes
from observe.observation import Row
from observe.read_listing import ask_redis
from observe.redis.fragmentation import FRAGMENTATION
from observe.rights import lack


def caches(
    manifest: Manifest, cache: str | None = None, node: str | None = None, identity: str | None = None
) -> tuple[tuple[CacheFacts, ...], tuple[Skipped, ...]]:
    """Every node that can be named, or those of one cache, or the one node; and those that did not answer, with why.

    Of a replica on ElastiCache outside of cluster mode no name is known.

    Raise AskedError for a cache or a node that is not there, NoLoginError for an identity.
    """
    if cache is not None and cache not in manifest.caches:
        there = ", ".join(manifest.caches) or "there is none"
        raise AskedError(f"no cache `{cache}`: {there}{did_you_mean(cache, manifest.caches) or '.'}")
    meant = [name for name in manifest.caches if cache in (None, name)]
    skipped: list[Skipped] = []
    nodes: list[RedisNode] = []
    watched = redis_nodes(manifest, identity)
    for name in meant:
        known = [each for each in watched if each.cache == name]
        if not known:
            mend = f"an identity with `redis: {{{name}: monitoring}}` in access.yaml"
            skipped.append(Skipped(object=name, why=f"nobody may look at the cache {name}", mend=mend))
        try:
            nodes += _members(manifest.caches[name], known)
        except NowhereError as error:
            skipped.append(Skipped(object=name, why=str(error), mend="datatier health"))
    if node is not None and node not in (names := [each.name for each in nodes]):
        raise AskedError(f"no node `{node}`: {', '.join(('primary', *names))}{did_you_mean(node, names) or '.'}")
    answered: list[CacheFacts] = []
    for each in ask_redis([each for each in nodes if node in (None, each.name)], [FRAGMENTATION]):
        of = next(other.cache for other in nodes if other.name == each.node)
        answered += (_facts(manifest, of, each.node, row) for row in each.rows)
        why = (finding for finding in each.findings if finding.status is Status.SKIPPED)
        skipped += (Skipped(object=each.node, why=finding.message, mend=finding.mend) for finding in why)
    return tuple(answered), tuple(skipped)


def _members(cache: CacheTarget, known: Sequence[RedisNode]) -> Iterator[RedisNode]:
    """In cluster mode what its endpoint says of the others. Raise NowhereError."""
    if cache.cluster_mode and known and not cache.nodes:
        for shard in shards(known, primary=False):
            yield from shard.nodes
    else:
        yield from known


def _facts(manifest: Manifest, cache: str, node: str, row: Row) -> CacheFacts:
    target = manifest.caches[cache]
    return CacheFacts(
        node=node, cache=cache, row=row, hosted=target.on_elasticache, purger=_purger(manifest, cache, target)
    )


def _purger(manifest: Manifest, cache: str, target: CacheTarget) -> str | None:
    if not target.has_users:
        return ""
    users = load_access(manifest.access).cache_users(cache)
    return next((name for name, rules in users.items() if lack(target, cache, name, rules, NEEDS) is None), None)
