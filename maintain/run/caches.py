"""Actions on a cache's node, by an identity whose rules permit the command."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import redis

from bootstrap.access import load_access
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from maintain.action import Action
from maintain.report import Done, left
from observe.node import RedisNode
from observe.nodes import cache_nodes


def on_cache(manifest: Manifest, action: Action) -> Done:
    """Do it. What goes wrong is in the report, and what nobody may do is left, with the line of access.yaml."""
    began = monotonic()
    try:
        node, lack = _node(manifest, action)
        if node is None:
            return left(action, lack)
        with node.session() as client:
            for statement in action.statements:
                client.execute_command(*statement.split())  # type: ignore[no-untyped-call]
        said = ""
    except (BootstrapError, redis.RedisError) as error:
        said = " ".join(str(error).split())
    ended = {"state": "failed" if said else "done", "detail": said, "seconds": round(monotonic() - began, 3)}
    return left(action, tries=1).model_copy(update=ended)


def _node(manifest: Manifest, action: Action) -> tuple[RedisNode | None, str]:
    """The node as somebody who may do all of it; or None, and what nobody has."""
    commands = ["|".join(each.lower().split()[:2]) for each in action.statements]
    lack = f"no identity is declared for {action.node.partition('/')[0]}"
    for node in _as_each(manifest, action):
        missing = next(filter(None, map(node.lack, commands)), None)
        if missing is None:
            return node, ""
        lack = missing.reason + (f": add {missing.grant}" if missing.grant else "")
    return None, lack


def _as_each(manifest: Manifest, action: Action) -> Iterator[RedisNode]:
    cache = action.node.partition("/")[0]
    users = load_access(manifest.access).cache_users(cache) if manifest.caches[cache].has_users else [""]
    for who in users:
        yield from (each for each in cache_nodes(manifest, cache, who) if each.name == action.node)
