"""Lambda's entry point of the scheduled look: what the servers say (`observe.scheduled`), and the place of the copies.

It has the manifest from a secret of its own (`bootstrap/own_manifest.py`). It is here, since `observe` knows nothing of
places.
"""

from __future__ import annotations

import os

from pydantic import JsonValue

from bootstrap.manifest import Manifest
from bootstrap.own_manifest import own_manifest
from keep.watch.kept import reader
from observe.metrics.own.recovery import recovery_source
from observe.metrics.source import Source
from observe.scheduled import look


def handler(event: dict[str, JsonValue], context: object) -> dict[str, JsonValue]:  # noqa: ARG001 - Lambda's signature
    """Look once and write what was found; return how many lines."""
    manifest = own_manifest()
    insights = os.environ["DATATIER_INSIGHTS"] == "on"
    return {"lines": look(manifest, os.environ["DATATIER_NAMESPACE"], insights=insights, also=sources(manifest))}


def sources(manifest: Manifest) -> tuple[Source, ...]:
    """What is known of a stack's copies; nothing where it declares none."""
    kept = manifest.kept
    read = reader(manifest, kept.place if kept else None)
    if read is None or kept is None:
        return ()
    due = manifest.drills.drill_seconds if manifest.drills else None
    return (recovery_source(read, kept.backup_seconds, drill_limit=due),)
