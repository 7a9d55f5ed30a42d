"""What a cache of a stack holds, by its declaration."""

from __future__ import annotations

from bootstrap.access import load_access
from bootstrap.manifest import Manifest
from keep.errors import AskedError
from observe.keys.spaces import Spaces, spaces_of


def declared(manifest: Manifest, cache: str) -> Spaces:
    """The key spaces of a cache of a stack. Raise AskedError for a cache that it has not."""
    found = manifest.caches.get(cache)
    if found is None:
        raise AskedError(f"the stack {manifest.stack} has no cache `{cache}`: {', '.join(manifest.caches) or 'none'}")
    return spaces_of(load_access(manifest.access), cache, clustered=found.cluster_mode)
