"""The look at one node of a cache, and what it means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import monotonic, perf_counter

from bootstrap.errors import BootstrapError
from bootstrap.secrets import UrlError
from knowledge.thresholds.nodes import PRIMARIES, REDIS_UP
from knowledge.thresholds.redis import RESPONSE
from observe.deadline import SilentError, cut
from observe.health.observed import REDIS
from observe.health.report import Health, Role
from observe.health.seen import Seen
from observe.node import RedisNode
from observe.observation import Finding, judged
from observe.read_redis import Kept, commands_of, look_redis
from observe.redis.replication import REPLICATION
from observe.redis.server import SERVER


def look_at(node: RedisNode, seen: Seen, kept: Kept, until: float) -> None:
    """Ask the node, until a moment of `monotonic`. Raise UrlError."""
    import redis

    left = max(until - monotonic(), 0.01)
    if lack := node.lack("info"):
        # What is known to be refused is not tried.
        kept.update(dict.fromkeys(commands_of(REDIS), lack.reason))
    try:
        with node.session(seconds=left) as client, cut(client, left):
            began = perf_counter()
            seen.observed.extend(look_redis(client, node.name, REDIS, kept))
            seen.took(began)
            seen.done = True
    except UrlError:
        raise
    except (SilentError, redis.TimeoutError):
        return
    except (BootstrapError, redis.RedisError) as error:
        seen.error = str(error)


def health(nodes: Sequence[RedisNode], seen: Mapping[str, Seen]) -> Iterator[Health]:
    """What was seen of each node."""
    for node in nodes:
        found = seen[node.name]
        yield Health(
            name=node.name,
            engine="redis",
            role=role_of(found),
            address=node.address,
            up=found.up,
            ms=found.ms,
            findings=(
                *found.answered(REDIS_UP, RESPONSE, f"datatier queries slowlog {node.cache}"),
                *(_aimed(finding, node) for each in found.observed for finding in each.findings),
            ),
        )


def _aimed(finding: Finding, node: RedisNode) -> Finding:
    """`datatier keys` wants the name of the cache, where it is not the one of a URL (`observe.nodes`)."""
    if finding.mend != "datatier keys" or node.name == "redis":
        return finding
    return replace(finding, mend=f"datatier keys {node.cache}")


def role_of(seen: Seen) -> Role | None:
    """What a node is, by INFO replication; None where it has not said."""
    rows = seen.rows(REPLICATION.id)
    return ("primary" if rows[0]["role"] == "master" else "replica") if rows else None


def primaries(nodes: Sequence[RedisNode], seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Whether each cache of several nodes has one primary; shards of a cluster have one each and are left out."""
    caches: defaultdict[str, list[Seen]] = defaultdict(list)
    for node in nodes:
        caches[node.cache].append(seen[node.name])
    for cache, members in caches.items():
        rows = [row for each in members for row in each.rows(SERVER.id) or ()]
        if len(members) < 2 or any("cluster" in (row.get("server_mode"), row.get("redis_mode")) for row in rows):
            continue
        count = sum(role_of(each) == "primary" for each in members)
        if None in map(role_of, members) and count <= 1:
            continue  # who does not answer may be the one
        said = f"cache {cache} has {count} primaries" if count != 1 else f"cache {cache} has one primary"
        mend = "stop writers, then promote or re-attach the right node (runbook redis-replication)"
        yield judged(PRIMARIES, abs(count - 1), said, object=cache, mend=mend)
