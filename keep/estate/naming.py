"""Names of what drills make: known by sight, never anybody's choice, and within what AWS allows."""

from __future__ import annotations

import re

from bootstrap.manifest import Manifest
from knowledge import names

_PARTS = re.compile(r".+-drill-(?P<run>[0-9a-f]{6})(-(?P<part>[a-z0-9]+))?")


def copy_name(prefix: str, run: str, part: str = "") -> str:
    """Return `PREFIX-drill-HEX`, or `PREFIX-drill-HEX-PART` where a drill makes several; `run` is the drill's id.

    ElastiCache's names are the shorter ones (`knowledge.names`), so the prefix is cut to what they leave.
    """
    ending = f"-drill-{run[-6:]}" + (f"-{part}" if part else "")
    return prefix[: names.LONGEST_CACHE - len(ending)].rstrip("-") + ending


def is_copy_of(prefix: str, identifier: str) -> bool:
    """Whether a drill of this stack gave that name: nothing else is ever deleted."""
    found = _PARTS.fullmatch(identifier)
    return found is not None and identifier == copy_name(prefix, found["run"], found["part"] or "")


def primary_instance(manifest: Manifest) -> str:
    """Return the DB instance identifier of a stack's primary: that of the manifest, or as the stack names it."""
    return manifest.postgres.instance or manifest.prefix


def cache_group(manifest: Manifest, cache: str) -> str:
    """Return the replication group of a stack's cache: that of the manifest, or as the stack names it."""
    return manifest.caches[cache].replication_group or names.server(manifest.prefix, cache)
