"""An account -> the tier that is there. What does not wait for something else is asked at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from account.reader import Reader
from adopt.estate import Estate, RunningCache
from adopt.reading import calls, found, rds
from adopt.reading.around import Around
from adopt.reading.ask import AT_ONCE, Asking
from adopt.reading.elasticache import caches


def read(
    make: Callable[[str, str], Any],
    instance: str,
    wanted: Mapping[str, str],
    region: str,
    prefix: str,
    *,
    at_once: int = AT_ONCE,
) -> Estate:
    """Read a tier: the instance, its replicas, the caches that `wanted` names (name in the stack -> id).

    `make` gives a client of a service in a region; `prefix` is what the names of the stack begin with. Raise
    `AskedError` where there is no such instance or cache, or where AWS does not take the credentials.
    """
    ask = Asking(Reader(make, region), at_once)
    try:
        who, asked = ask.soon(ask.one, calls.CALLER), ask.soon(caches, ask, wanted)
        around = Around(ask, prefix, [instance, *wanted.values()])
        primary, there = found.primary(ask, instance)
        servers, of_caches = rds.servers(ask, primary, there), asked.result()
        servers = replace(
            servers, caches=of_caches.running, cache_subnets=of_caches.subnets, nodes_there=of_caches.there
        )
        beside = around.of(servers)
        arn = str(primary["DBInstanceArn"]).split(":")
        return Estate(
            account=str(who.result().get("Account") or arn[4]),
            partition=arn[1],
            region=region,
            primary=servers.primary,
            replicas=servers.replicas,
            caches={name: _tagged(each, beside.tags) for name, each in servers.caches.items()},
            around=beside,
            unread=ask.unread,
            calls=ask.calls,
            waited=ask.waited,
        )
    finally:
        ask.close()


def _tagged(cache: RunningCache, tags: Mapping[str, Mapping[str, str]]) -> RunningCache:
    """A cache with its tags, which no description has."""
    described = cache.described or next(iter(cache.nodes), cache.serverless)
    return replace(cache, tags=tags.get(str(described.get("ARN")), {}))
