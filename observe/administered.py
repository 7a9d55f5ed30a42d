"""The nodes of a cache as its ACL administrator: for what no identity of the declaration may do."""

from __future__ import annotations

from bootstrap.errors import AskedError
from bootstrap.manifest import Manifest
from bootstrap.redis.server import admin_login
from bootstrap.secrets import AwsStore, Credential, LoginError, SecretStore
from observe.node import RedisNode
from observe.nodes import cache_nodes_by


def administered(manifest: Manifest, cache: str, store: SecretStore | None = None) -> tuple[RedisNode, ...]:
    """The nodes of a cache of a stack as its ACL administrator. Raise AskedError where it has none.

    A copy reads every value, a restore writes them, MEMORY PURGE has everybody wait: no identity of access.yaml may do
    that, and one that could would be a second administrator whose secret lies about.
    """
    target = manifest.caches.get(cache)
    if target is None:
        raise AskedError(f"the stack {manifest.stack} has no cache `{cache}`: {', '.join(manifest.caches) or 'none'}")
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
