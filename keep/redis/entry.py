"""Who copies a cache and where: somebody who may read every key, which is more than any identity of an application."""

from __future__ import annotations

from bootstrap.access import load_access
from bootstrap.manifest import CacheTarget, Manifest
from bootstrap.redis.server import admin_login
from bootstrap.secrets import AwsStore, Credential, LoginError, SecretStore
from keep.errors import AskedError
from observe.keys.spaces import Spaces, spaces_of
from observe.node import RedisNode
from observe.nodes import cache_nodes_by


def administered(manifest: Manifest, cache: str, store: SecretStore | None = None) -> tuple[RedisNode, ...]:
    """The nodes of a cache of a stack as its ACL administrator. Raise AskedError where it has none.

    A copy reads every value and a restore writes them: no identity of access.yaml may do that, and one that could would
    be a second administrator whose secret lies about.
    """
    target = _target(manifest, cache)
    arn = target.admin_secret
    if not arn:
        raise AskedError(f"{cache} has no administrator to log in as: name a server with --redis-url")

    def read() -> Credential:
        version = (store or AwsStore(manifest.region, manifest.aws_endpoint)).get(arn)
        if version is None:
            raise LoginError(f"the secret of {cache}'s administrator is empty: `datatier up` fills it", refused=False)
        user, password = admin_login(cache, version.credential)
        return Credential(redis_username=user, redis_password=password)

    return cache_nodes_by(manifest, cache, read)


def _target(manifest: Manifest, cache: str) -> CacheTarget:
    found = manifest.caches.get(cache)
    if found is None:
        raise AskedError(f"the stack {manifest.stack} has no cache `{cache}`: {', '.join(manifest.caches) or 'none'}")
    return found


def declared(manifest: Manifest, cache: str) -> Spaces:
    """The key spaces of a cache of a stack."""
    return spaces_of(load_access(manifest.access), cache, clustered=_target(manifest, cache).cluster_mode)
