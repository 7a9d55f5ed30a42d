"""The scheduled look of a stack whose copies are known: what the servers say, and what the place of its copies says.

Lambda's entry point, in the place of `observe.handler`: that room knows nothing of places.
"""

from __future__ import annotations

import os

from pydantic import JsonValue

from bootstrap.manifest import Manifest
from bootstrap.own_manifest import own_manifest
from keep.watch.kept import reader
from observe.handler import look
from observe.metrics.own.recovery import recovery_source
from observe.metrics.source import Source


def handler(event: dict[str, JsonValue], context: object) -> dict[str, JsonValue]:  # noqa: ARG001 - Lambda's signature
    """Look once and write what was found; return how many lines."""
    manifest = own_manifest()
    insights = os.environ["DATATIER_INSIGHTS"] == "on"
    return {"lines": look(manifest, os.environ["DATATIER_NAMESPACE"], insights=insights, also=sources(manifest))}


def sources(manifest: Manifest) -> tuple[Source, ...]:
    """What is known of a stack's copies; nothing where it declares none."""
    kept = manifest.kept
    read = reader(manifest, kept.place if kept else None)
    return (recovery_source(read, kept.backup_seconds),) if read and kept else ()
