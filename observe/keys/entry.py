"""Where a survey begins: the nodes of a cache, who logs in, its key spaces, and which keys that login may look at."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.access import Access, access_string, key_lister, listable, load_access
from bootstrap.acl.rules import parse
from bootstrap.manifest import Manifest
from bootstrap.secrets import Secret, redis_user
from observe.errors import QuestionError
from observe.keys.allowed import Allowed, Declared, Everything, Tried
from observe.keys.spaces import Spaces, spaces_of
from observe.node import RedisNode
from observe.nodes import cache_nodes, redis_nodes


class NobodyError(QuestionError):
    """No identity may look at the keys of a cache."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a survey needs to know."""

    nodes: tuple[RedisNode, ...]
    spaces: Spaces
    allowed: Allowed


def of_stack(manifest: Manifest, cache: str, identity: str | None = None) -> Entry:
    """A cache of a stack, as `identity` or the first one that may. Raise NobodyError or `NoLoginError`.

    The ACL administrator of a tier is nobody's substitute: who may not look is said.
    """
    access, target = load_access(manifest.access), manifest.caches[cache]
    spaces = spaces_of(access, cache, clustered=target.cluster_mode)
    if not target.has_users:
        return Entry(nodes=cache_nodes(manifest, cache, ""), spaces=spaces, allowed=Everything())
    who = identity or key_lister(access, cache)
    rules = access.cache_users(cache).get(who or "")
    if who is None or rules is None:
        whose = f"`{who}` has no rules for" if who else "no identity may look at the keys of"
        raise NobodyError(
            f"{whose} `{cache}`: write `redis: {{{cache}: inventory}}` for one in access.yaml (names, types, lives and "
            "sizes of all keys, no value), then `datatier access apply`"
        )
    return Entry(
        nodes=cache_nodes(manifest, cache, who), spaces=spaces, allowed=Declared(listable(parse(access_string(rules))))
    )


def of_url(url: Secret, access: Access | None, cache: str | None) -> Entry:
    """The server of a URL, with the key spaces that access.yaml has for `cache`; without them where either is missing.

    Raise UrlError.
    """
    spaces = spaces_of(access, cache) if access and cache else Spaces({}, cache=cache or "")
    rules = access.cache_users(cache).get(redis_user(url)) if access and cache else None
    allowed: Allowed = Declared(listable(parse(access_string(rules)))) if rules else Tried()
    return Entry(nodes=redis_nodes(url), spaces=spaces, allowed=allowed)
