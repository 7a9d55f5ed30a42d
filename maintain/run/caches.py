"""Actions on a cache's node, by the identity that the plan names or, where it names none, as its administrator."""

from __future__ import annotations

from time import monotonic

import redis

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from maintain.action import Action
from maintain.report import Done, left
from observe.administered import administered
from observe.node import RedisNode
from observe.nodes import cache_nodes, redis_nodes


def on_cache(manifest: Manifest, action: Action) -> Done:
    """Do it. What goes wrong is in the report."""
    began, said = monotonic(), ""
    try:
        with _node(manifest, action).session() as client:
            for statement in action.statements:
                client.execute_command(*statement.split())  # type: ignore[no-untyped-call]
    except (BootstrapError, redis.RedisError) as error:
        said = " ".join(str(error).split())
    ended = {"state": "failed" if said else "done", "detail": said, "seconds": round(monotonic() - began, 3)}
    return left(action, tries=1).model_copy(update=ended)


def _node(manifest: Manifest, action: Action) -> RedisNode:
    cache = action.node.partition("/")[0]
    if action.role:
        nodes = cache_nodes(manifest, cache, action.role)
    elif manifest.caches[cache].has_users:
        nodes = administered(manifest, cache)
    else:  # with an AUTH token every client is the same one
        nodes = tuple(each for each in redis_nodes(manifest) if each.cache == cache)
    known = next((each for each in nodes if each.name == action.node), None)
    if known is None and nodes and nodes[0].at:  # in cluster mode the endpoint names the others
        host, _, port = action.node.rpartition("/")[2].rpartition(":")
        known = nodes[0].at(host, int(port)) if port.isdecimal() else None
    if known is None:
        raise BootstrapError(f"there is no node {action.node} any more: plan again")
    return known
