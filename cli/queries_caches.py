"""`datatier queries usage`, `clients` and `slowlog`: what the nodes of a cache hold, who is connected, what is slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from bootstrap.manifest import Manifest
from cli.doors import by_url
from cli.errors import InputError
from cli.options import JsonFlag, ManifestOption, RedisUrlOption, StackOption
from cli.queries_target import LimitOption, answer, words_of
from cli.target import find_manifest
from infra.settings.problems import nearest
from observe.observation import Observation


def command_of(observation: Observation) -> Callable[..., None]:
    """The command of an observation that asks all nodes of one cache."""

    def query(
        cache: Annotated[str | None, typer.Argument(metavar="CACHE", help="Named cache; all when absent.")] = None,
        stack: StackOption = None,
        manifest: ManifestOption = None,
        redis_url: RedisUrlOption = None,
        node: Annotated[str | None, typer.Option("--node", help="Only this node, such as main/primary.")] = None,
        identity: Annotated[
            str | None, typer.Option("--identity", "-i", help="Who looks; the cache's `monitoring` when absent.")
        ] = None,
        limit: LimitOption = None,
        json: JsonFlag = False,
    ) -> None:
        from observe.ask import whole
        from observe.nodes import redis_nodes
        from observe.read_listing import ask_redis

        target = by_url(redis_url, stack, manifest, "--redis-url") or find_manifest(stack, manifest)
        if cache is not None and not isinstance(target, Manifest):
            raise InputError(f"--redis-url names the server by itself: leave `{cache}` out.")
        nodes = redis_nodes(target, identity)
        if isinstance(target, Manifest):
            if cache is not None and cache not in target.caches:
                raise InputError(f"no cache `{cache}`: {', '.join(target.caches)}.{nearest(cache, target.caches)}")
            nodes = tuple(each for each in nodes if cache in (None, each.cache))
            if not nodes:
                raise InputError(f"nobody may look at `{cache}`: give an identity `redis: {{{cache}: monitoring}}`.")
        chosen = [each for each in nodes if node in (None, each.name)]
        if not chosen:
            names = [each.name for each in nodes]
            raise InputError(f"no node `{node}`: {', '.join(names)}.{nearest(str(node), names)}")
        answers = ask_redis(chosen, whole(observation))
        answer(observation, answers, json=json, limit=limit, words=words_of(stack, manifest, None))

    return query
